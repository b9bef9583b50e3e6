"""Do the intervals of mean, std, quantile and correlation cover? Seeded simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import bdtr, bdtrik, ndtri

from assay.inference.correlation import bonett_wright, fisher
from assay.inference.interval import Interval
from assay.inference.means import student_t
from assay.inference.moments import bonett
from assay.inference.quantiles import grid, order_statistics, ranks
from assay.states import QuantilesState

RUNS = 2_000
LEVEL = 0.95


def misses(rate: float) -> int:
    """Most misses to expect of an interval with this rate (one chance in ten thousand of more)."""
    return int(np.ceil(bdtrik(1 - 1e-4, RUNS, rate)))


def missed(interval: Interval, true: float) -> bool:
    return not interval.low <= true <= interval.high


@pytest.mark.parametrize(
    ("draw", "true", "rate"),
    [
        (lambda rng, n: rng.normal(0, 2, n), 2.0, 0.05),
        (lambda rng, n: rng.uniform(0, 1, n), 12**-0.5, 0.05),
        # tails as of an exponential: the kurtosis of a sample falls short of the true one
        (lambda rng, n: rng.exponential(1, n), 1.0, 0.085),
    ],
    ids=["normal", "uniform", "exponential"],
)
@pytest.mark.parametrize("n", [30, 500])
def test_std(draw, true, rate, n):
    rng = np.random.default_rng(n)
    count = 0
    for _ in range(RUNS):
        x = draw(rng, n)
        d = x - x.mean()
        m2, m4 = (d**2).sum(), (d**4).sum()
        count += missed(bonett(m2 / (n - 1), n * m4 / m2**2, n, LEVEL), true)
    assert count <= misses(rate + (0.05 if rate > 0.05 and n == 30 else 0)), count / RUNS


def test_mean():
    rng = np.random.default_rng(1)
    x = rng.exponential(1, (RUNS, 200))
    count = sum(missed(student_t(r.mean(), r.var(ddof=1), 200, LEVEL), 1.0) for r in x)
    assert count <= misses(0.06), count / RUNS


@pytest.mark.parametrize(("n", "q"), [(15, 0.5), (200, 0.9), (3_000, 0.25), (3_000, 0.99)])
def test_quantile(n, q):
    rng = np.random.default_rng(n)
    true, points = float(ndtri(q)), grid(q)
    at = np.maximum(1, np.ceil(np.array(points) * n - 1e-9)).astype(int) - 1
    count = 0
    for _ in range(RUNS):
        values = np.sort(rng.normal(size=n))[at]
        state = QuantilesState(n, points, tuple(values.tolist()))
        count += missed(order_statistics(state, q, LEVEL), true)
    assert count <= misses(0.05), count / RUNS


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


@pytest.mark.parametrize("method", ["pearson", "spearman"])
@pytest.mark.parametrize("r", [0.0, 0.6])
def test_correlation(method, r):
    n = 60
    rng = np.random.default_rng(n)
    # Spearman's rho of a normal pair (Pearson 1907)
    true = r if method == "pearson" else 6 / np.pi * np.arcsin(r / 2)
    count = 0
    for _ in range(RUNS):
        x = rng.normal(size=n)
        y = r * x + np.sqrt(1 - r * r) * rng.normal(size=n)
        if method == "spearman":
            x, y = x.argsort().argsort(), y.argsort().argsort()
        found = float(np.corrcoef(x, y)[0, 1])
        interval = (fisher if method == "pearson" else bonett_wright)(found, n, LEVEL)
        count += missed(interval, true)
    assert count <= misses(0.055), count / RUNS
