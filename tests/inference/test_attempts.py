"""pass@k and pass^k: their published form, and what they are estimates of."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest

from assay.inference.attempts import all_of, any_of


@pytest.mark.parametrize("k", range(1, 8))
@pytest.mark.parametrize("right", range(8))
def test_they_count_the_choices_of_k_attempts(k: int, right: int) -> None:
    n = 7
    choices = list(combinations([1] * right + [0] * (n - right), k))
    assert any_of(k, right, n) == pytest.approx(sum(map(any, choices)) / len(choices))
    assert all_of(k, right, n) == pytest.approx(sum(map(all, choices)) / len(choices))


def test_the_published_form() -> None:
    n, c, k = 200, 37, 100  # as the code beside the paper multiplies
    product = 1 - np.prod(1 - k / np.arange(n - c + 1, n + 1))
    assert any_of(k, c, n) == pytest.approx(product)
    assert any_of(10, c, n) == pytest.approx(1 - comb(n - c, 10) / comb(n, 10))


def test_they_are_unbiased() -> None:
    rng = np.random.default_rng(1)
    rate, n, k = 0.3, 6, 3
    right = rng.binomial(n, rate, 20_000)
    assert np.mean([any_of(k, c, n) for c in right]) == pytest.approx(1 - 0.7**3, abs=0.01)
    assert np.mean([all_of(k, c, n) for c in right]) == pytest.approx(0.3**3, abs=0.005)


@pytest.mark.parametrize("what", [(0, 1, 3), (4, 1, 3), (1, 4, 3), (1, -1, 3)])
def test_what_cannot_be(what: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        any_of(*what)
