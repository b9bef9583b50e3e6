"""Wilson's interval: its exact coverage, summed over the binomial."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from assay.inference.proportions import clopper_pearson, wilson


@pytest.mark.parametrize("n", [10, 50, 300])
def test_wilson_covers_on_average_and_clopper_pearson_always(n):
    counts = np.arange(n + 1)
    limits = np.array([wilson(int(k), n, 0.95)[:2] for k in counts])
    exact = np.array([clopper_pearson(int(k), n, 0.95)[:2] for k in counts])
    coverage, strict = [], []
    for p in np.linspace(0.02, 0.98, 193):
        chance = stats.binom.pmf(counts, n, p)
        coverage.append(chance[(limits[:, 0] <= p) & (p <= limits[:, 1])].sum())
        strict.append(chance[(exact[:, 0] <= p) & (p <= exact[:, 1])].sum())
    assert np.mean(coverage) == pytest.approx(0.95, abs=0.01)
    assert min(coverage) > 0.83  # Wilson's known dips near 0 and 1
    assert min(strict) >= 0.95 - 1e-9
