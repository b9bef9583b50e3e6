"""How often intervals of label errors, of imbalance and of single features cover."""

from __future__ import annotations

import numpy as np
import pytest
from tests.calibration.coverage import least_count

from assay.inference.labels.balance import imbalance_ratio
from assay.inference.labels.confident import confident
from assay.inference.quantile_area import areas
from assay.inference.quantile_grid import GRID
from assay.states import QuantilesState


def world(n, k, noise, rng):
    y = rng.integers(0, k, n)
    z = rng.normal(0, 1, (n, k))
    z[np.arange(n), y] += 2.5
    p = np.exp(z)
    p /= p.sum(axis=1, keepdims=True)
    return np.where(rng.random(n) < noise, (y + rng.integers(1, k, n)) % k, y), p


@pytest.mark.parametrize(
    ("n", "k", "noise"), [(300, 2, 0.1), (1000, 3, 0.05), (1000, 5, 0.2), (200, 2, 0.02)]
)
def test_label_errors(n, k, noise):
    """What is covered is the share that the same model finds in very many rows."""
    rng = np.random.default_rng(42)
    truth = confident(*world(300_000, k, noise, rng)).error_share
    runs = 300
    hits = 0
    for _ in range(runs):
        low, high, _ = confident(*world(n, k, noise, rng)).interval(0.95)
        hits += low <= truth <= high
    assert hits >= least_count(runs, 0.94)


@pytest.mark.parametrize("shares", [(0.9, 0.1), (0.5, 0.5), (0.7, 0.2, 0.1), (0.25,) * 4])
def test_imbalance(shares):
    rng = np.random.default_rng(7)
    truth, runs = max(shares) / min(shares), 1000
    hits = 0
    for counts in rng.multinomial(400, shares, runs):
        low, high = imbalance_ratio(counts.tolist(), 0.95)[1][:2]
        hits += low <= truth + 1e-12 and truth - 1e-12 <= high
    assert hits >= least_count(runs, 0.95)


@pytest.mark.parametrize(("shift", "area"), [(0.0, 0.5), (0.3, 0.583999), (1.0, 0.760250)])
def test_power_of_a_number(shift, area):
    """Normals a shift apart: the area is the normal distribution function at shift / sqrt 2."""
    rng = np.random.default_rng(3)
    runs, hits = 400, 0
    for _ in range(runs):
        states = []
        for size, mean in ((150, 0.0), (60, shift)):
            x = np.sort(rng.normal(mean, 1, size))
            at = np.maximum(np.ceil(np.array(GRID) * size), 1).astype(int) - 1
            states.append(QuantilesState(size, GRID, tuple(x[at])))
        low, high, _ = areas(states)[1].interval(0.95)
        hits += low <= abs(2 * area - 1) <= high
    assert hits >= least_count(runs, 0.94)
