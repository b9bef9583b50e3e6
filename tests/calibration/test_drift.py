"""Do the intervals of drift cover, and do they cry wolf? Seeded simulation.

A limit stands where a method of true rate p would break it about once in ten thousand runs.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import bdtrik

from assay.inference.distribution import Distribution
from assay.inference.drift import CellMethod, Sides, interval
from assay.inference.ordered_drift import (
    kolmogorov_smirnov,
    smirnov,
    wasserstein,
    wasserstein_error,
)
from assay.inference.quantile_grid import GRID
from assay.states import QuantilesState

METHODS: tuple[CellMethod, ...] = (
    "total_variation", "hellinger", "jensen_shannon", "psi", "kl", "chi_square",
)  # fmt: skip
RUNS = 100
EVEN = np.full(10, 0.1)
RARE = np.array([0.3, 0.2, 0.1, 0.1] + [0.3 / 26] * 26)


def at_most(runs: int, rate: float) -> int:
    """How often an event of this rate may be seen (one chance in ten thousand of more)."""
    return int(np.ceil(bdtrik(1 - 1e-4, runs, rate)))


def quantiles(values: np.ndarray) -> QuantilesState:
    """The state that an engine folds."""
    ordered, n = np.sort(values), len(values)
    ranks = np.maximum(1, np.ceil(np.array(GRID) * n)).astype(int)
    return QuantilesState(n, GRID, tuple(ordered[ranks - 1].tolist()))


def distribution(values: np.ndarray) -> Distribution:
    found = Distribution.of(quantiles(values))
    assert found is not None
    return found


def draw(rng: np.random.Generator, p: np.ndarray, q: np.ndarray, n: int, m: int) -> Sides:
    a, b = rng.multinomial(n, p) / n, rng.multinomial(m, q) / m
    seen = (a + b) > 0
    return Sides(a[seen], b[seen], n, m)


@pytest.mark.parametrize(("n", "m"), [(100, 100), (10_000, 100), (1_000, 1_000), (10_000, 10_000)])
@pytest.mark.parametrize("shares", [EVEN, RARE], ids=["even", "rare"])
def test_equal_distributions_are_not_called_drifted(n, m, shares):
    """Lower ends above 0 in 5 % of runs, or 15 % where cells expect about one row; never above 0.1
    in more than 1 %: that is where a check with the usual limit would fail."""
    rng = np.random.default_rng(n + m)
    rate = 0.15 if shares is RARE and m == 100 else 0.05
    above_zero = dict.fromkeys(METHODS, 0)
    above_limit = dict.fromkeys(METHODS, 0)
    for seed in range(RUNS):
        sides = draw(rng, shares, shares, n, m)
        for method in METHODS:
            low = interval(sides, method, level=0.95, seed=seed).low
            above_zero[method] += low > 0
            above_limit[method] += low > 0.1
    assert max(above_zero.values()) <= at_most(RUNS, rate), above_zero
    assert max(above_limit.values()) <= at_most(RUNS, 0.01), above_limit


@pytest.mark.parametrize(("n", "m"), [(100, 100), (10_000, 100), (1_000, 2_000)])
@pytest.mark.parametrize("kind", ["continuous", "whole"])
def test_distances_along_the_axis_cover(n, m, kind):
    """Kolmogorov-Smirnov and Wasserstein: no drift, and a shift of known size."""
    rng = np.random.default_rng(n + 7 * m)

    def sample(size: int) -> np.ndarray:
        values = rng.normal(0, 1, size)
        return values if kind == "continuous" else np.floor(values * 4)

    missed = {"ks": 0, "wasserstein": 0, "wasserstein shifted": 0}
    for seed in range(RUNS):
        a, b = distribution(sample(n)), distribution(sample(m))
        resolution = max(a.resolution, b.resolution)
        ks = smirnov(kolmogorov_smirnov(a, b), n, m, 0.95, resolution=resolution)
        missed["ks"] += ks.low > 0
        error = wasserstein_error(a, b, reference_n=n, current_n=m, level=0.95, seed=seed)
        missed["wasserstein"] += wasserstein(a, b) > error
        moved = Distribution(b.knots + 2.0, b.before, b.upto, b.resolution)
        # the area between equal distributions two apart is 2, less the outer percent
        missed["wasserstein shifted"] += not abs(wasserstein(a, moved) - 2) <= error + 0.02
    assert max(missed.values()) <= at_most(RUNS, 0.05), missed


def test_the_distribution_function_is_known_within_its_resolution():
    rng = np.random.default_rng(3)
    for values in (
        rng.normal(size=5_000),
        rng.poisson(2, 5_000).astype(float),
        np.repeat([0.0, 1.0], [4_990, 10]),
        rng.lognormal(0, 2, 300),
        np.round(rng.normal(size=777), 1),
        rng.integers(0, 3, 200).astype(float),
        np.array([4.0]),
    ):
        found = distribution(values)
        t = np.unique(
            np.concatenate([values, rng.uniform(values.min() - 1, values.max() + 1, 500)])
        )
        ordered = np.sort(values)
        upto = np.searchsorted(ordered, t, side="right") / len(values)
        before = np.searchsorted(ordered, t, side="left") / len(values)
        tolerance = found.resolution + 1e-12
        assert found.resolution <= 1 / 200 + 1 / len(values) * (len(values) > 200)
        assert np.abs(found.share_upto(t) - upto).max() <= tolerance
        assert np.abs(found.share_before(t) - before).max() <= tolerance
