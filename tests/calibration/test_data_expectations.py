"""Does the interval for the share of outliers cover? Seeded simulation."""

from __future__ import annotations

import numpy as np
import pytest
from tests.calibration.coverage import least_count

from assay.inference.fences import fences, outlier_share
from assay.inference.proportions import wilson

RUNS = 1_500
LEVEL = 0.95
USUAL = {"iqr": 1.5, "zscore": 3.0, "mad": 3.5}
DRAWS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "exponential": lambda rng, n: rng.exponential(size=n),
    "t3": lambda rng, n: rng.standard_t(3, size=n),
    "contaminated": lambda rng, n: rng.normal(size=n) * np.where(rng.random(n) < 0.05, 10, 1),
}


def share(values, method):
    return fences(values, method, USUAL[method]).count(values) / len(values)


def hits(method, name, n, interval) -> int:
    rng = np.random.default_rng(n)
    true = share(np.sort(DRAWS[name](np.random.default_rng(7), 4_000_000)), method)
    count = 0
    for _ in range(RUNS):
        found = interval(np.sort(DRAWS[name](rng, n)), method)
        count += found.low <= true <= found.high
    return count


def stated(values, method):
    found = fences(values, method, USUAL[method])
    return outlier_share(values, found, method, USUAL[method], LEVEL)


def fixed(values, method):
    return wilson(fences(values, method, USUAL[method]).count(values), len(values), LEVEL)


@pytest.mark.parametrize("n", [100, 1_000])
@pytest.mark.parametrize("name", list(DRAWS))
@pytest.mark.parametrize("method", list(USUAL))
def test_the_share_of_outliers_is_covered(method, name, n):
    # 0.05 % of normal values lie beyond 3.5 by the MAD: less than one is to be expected
    rare = method == "mad" and name == "normal"
    coverage = 0.88 if rare else 0.93
    assert hits(method, name, n, stated) >= least_count(RUNS, coverage)


def test_fences_taken_as_fixed_would_not_cover():
    assert hits("iqr", "normal", 1_000, fixed) < least_count(RUNS, 0.93)
