"""The ranks between which a quantile's interval runs have exactly the level that they need."""

from __future__ import annotations

import pytest
from scipy.special import bdtr

from assay.inference.quantiles import ranks


@pytest.mark.parametrize("n", [1, 2, 5, 6, 40, 1_000, 10_000_000])
@pytest.mark.parametrize("q", [0.0, 0.001, 0.5, 0.97, 1.0])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.9999])
def test_ranks_have_the_binomial_s_exact_level_and_no_more(n, q, level):
    lower, upper = ranks(n, q, level)
    tail = (1 - level) / 2

    def below(k: int) -> float:
        return 0.0 if k < 0 else 1.0 if k >= n else float(bdtr(k, n, q))

    assert 0 <= lower <= upper <= n + 1
    if lower:
        assert below(lower - 1) <= tail
    if upper <= n:
        assert 1 - below(upper - 1) <= tail + 1e-12
    # the next rank inward would not hold the level
    assert below(lower) > tail or lower == n
    assert upper <= 1 or 1 - below(upper - 2) > tail - 1e-12
