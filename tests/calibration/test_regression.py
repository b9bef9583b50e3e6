"""The stated interval covers, for errors with light and heavy tails."""

from __future__ import annotations

import numpy as np
import pytest
from tests.calibration.coverage import least_count

from assay.core.measurement import Estimation, Measurement
from assay.inference.means import explained_share, mean, root_mean

RUNS = 3_000


@pytest.mark.parametrize(("tail", "n"), [("normal", 30), ("normal", 300), ("t5", 300)])
def test_root_mean_square(tail, n):
    rng = np.random.default_rng(n)
    errors = rng.normal(0.3, 1, (RUNS, n)) if tail == "normal" else rng.standard_t(5, (RUNS, n))
    truth = np.sqrt(1.09) if tail == "normal" else np.sqrt(5 / 3)
    held = 0
    for row in errors**2:
        low, high, _ = root_mean(row.mean(), row.var(ddof=1), n, 0.95)
        held += low <= truth <= high
    assert held >= least_count(RUNS, 0.93 if tail == "normal" else 0.915)


@pytest.mark.parametrize(("strength", "n"), [(0.2, 40), (0.8, 40), (0.8, 400)])
def test_explained_share(strength, n):
    """Normal targets and errors: R² is 1 - error variance / target variance."""
    rng = np.random.default_rng([n, int(10 * strength)])
    held = 0
    for _ in range(RUNS):
        signal = rng.normal(0, np.sqrt(strength), n)
        error = rng.normal(0, np.sqrt(1 - strength), n)
        _, (low, high, _) = explained_share(signal + error, -error, 0.95)
        held += low <= strength <= high
    assert held >= least_count(RUNS, 0.93)


@pytest.mark.parametrize(("skewed", "n", "expected"), [(False, 8, 0.95), (True, 100, 0.93)])
def test_means(skewed, n, expected):
    rng = np.random.default_rng(n)
    rows = rng.exponential(1, (RUNS, n)) if skewed else rng.normal(1, 1, (RUNS, n))
    held = 0
    for row in rows:
        found = mean(row.mean(), row.var(ddof=1), n, Estimation())
        assert isinstance(found, Measurement)
        held += found.low <= 1 <= found.high
    assert held >= least_count(RUNS, expected)
