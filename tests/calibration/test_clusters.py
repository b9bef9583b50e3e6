"""Coverage of cluster-robust intervals, where independent rows would cover far less."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.calibration.coverage import least_count

from assay.inference.cluster_jackknife import cluster_interval
from assay.inference.interval import Interval
from assay.inference.means import student_t
from assay.inference.paired import paired_difference
from assay.inference.proportions import wilson


def sizes_of(rng, clusters: int, size: int, spread: float) -> np.ndarray:
    if not spread:
        return np.full(clusters, size)
    return np.maximum(1, rng.lognormal(math.log(size), spread, clusters).astype(int))


@pytest.mark.parametrize(
    ("clusters", "size", "within", "p", "spread", "least"),
    [
        (5, 50, 0.05, 0.5, 0.0, 0.94),
        (10, 20, 0.1, 0.9, 0.0, 0.94),
        (10, 20, 0.1, 0.5, 1.0, 0.94),
        (30, 20, 0.2, 0.9, 0.0, 0.93),
        (30, 20, 0.2, 0.9, 0.5, 0.93),
        (30, 20, 0.2, 0.9, 1.0, 0.915),  # few large clusters hold most rows
        (50, 10, 0.1, 0.98, 0.5, 0.93),
        (100, 5, 0.3, 0.95, 0.0, 0.93),
        (30, 20, 0.0, 0.9, 0.0, 0.945),
    ],
)
def test_shares(clusters, size, within, p, spread, least):
    rng = np.random.default_rng(clusters + size)
    runs, covered, naive = 1200, 0, 0
    for _ in range(runs):
        sizes = sizes_of(rng, clusters, size, spread)
        rates = np.full(clusters, p)
        if within:
            scale = (1 - within) / within
            rates = rng.beta(p * scale, (1 - p) * scale, clusters)
        y = rng.binomial(sizes, rates)
        total, n = int(y.sum()), int(sizes.sum())
        own = wilson(total, n, 0.95)
        left = (total - y) / (n - sizes)
        low, high, _ = cluster_interval(total / n, left, sizes, own, level=0.95, share=True)
        covered += low <= p <= high
        naive += own.low <= p <= own.high
    assert covered >= least_count(runs, least)
    if within >= 0.1:
        assert naive < 0.92 * runs


@pytest.mark.parametrize(("clusters", "spread"), [(6, 0.0), (20, 0.0), (20, 0.7), (60, 0.7)])
def test_means(clusters, spread):
    rng = np.random.default_rng(clusters)
    runs, covered, naive = 1200, 0, 0
    for _ in range(runs):
        sizes = sizes_of(rng, clusters, 15, spread)
        cluster = np.repeat(np.arange(clusters), sizes)
        x = rng.normal(size=clusters)[cluster] + rng.normal(size=len(cluster))
        own = student_t(x.mean(), x.var(ddof=1), len(x), 0.95)
        left = (x.sum() - np.bincount(cluster, x)) / (len(x) - sizes)
        low, high, _ = cluster_interval(x.mean(), left, sizes, Interval(*own), level=0.95)
        covered += low <= 0 <= high
        naive += own.low <= 0 <= own.high
    assert covered >= least_count(runs, 0.935)
    assert naive < 0.75 * runs


@pytest.mark.parametrize(("clusters", "size"), [(12, 20), (40, 10), (40, 50)])
def test_paired_shares(clusters, size):
    """Two models that differ by whole clusters."""
    rng = np.random.default_rng(clusters * size)
    runs, covered, naive = 1000, 0, 0
    sizes = np.full(clusters, size)
    for _ in range(runs):
        rate = rng.beta(1, 9, clusters)[:, None]  # of rows on which they differ, 0.1 on average
        differ = rng.random((clusters, size)) < rate
        a = rng.random((clusters, size)) < 0.8
        gains = (rng.random(clusters) < 0.6)[:, None]  # all of a cluster's go one way
        b = np.where(differ, gains, a)
        a = np.where(differ, ~gains, a)
        true = 0.1 * (0.6 - 0.4)
        left = [(x.sum() - x.sum(1)) / (x.size - size) for x in (a.astype(float), b.astype(float))]
        robust, alike = (
            paired_difference(a.mean(), b.mean(), *left, sizes, clusters=c)
            for c in (clusters, None)
        )
        assert robust is not None
        assert alike is not None
        low, high, _ = robust.interval(0.95)
        covered += low <= true <= high
        rows = (b.astype(float) - a).ravel()
        half = 1.96 * rows.std(ddof=1) / math.sqrt(rows.size)
        naive += abs(rows.mean() - true) <= half
    assert covered >= least_count(runs, 0.94)
    assert naive < 0.9 * runs
