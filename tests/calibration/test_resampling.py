"""Do resampled, clustered, stratified and ratio intervals cover? Seeded simulation.

Each world has a coverage that is declared here: 95 %, or what a larger simulation (20,000 runs)
found where the method falls short. Too many misses of it, or, where 95 % are declared,
too few (an interval that is too wide), speak against the interval.
"""

from __future__ import annotations

import numpy as np
import pytest
from tests.calibration.coverage import least_count

from assay.inference.clustered import clustered_mean
from assay.inference.finite_population import of_finite
from assay.inference.means import student_t
from assay.inference.ratios import pair_of_rows, ratio_by_delta, ratio_by_fieller
from assay.inference.resampling import (
    Design,
    Mean,
    RocArea,
    TrimmedMean,
    acceleration,
    bca,
    bootstrap_t,
    percentile,
    resample,
    studentise,
)
from assay.inference.stratified import Stratum, stratified_mean, stratified_proportion
from assay.states import ComomentsState

LEVEL = 0.95
RUNS = 1_500


def held(hits: int, runs: int, declared: float) -> None:
    """The number of hits is one that the declared coverage gives, but once in ten thousand."""
    assert hits >= least_count(runs, declared), hits / runs
    if declared == LEVEL:
        assert runs - hits >= least_count(runs, 1 - 0.975), hits / runs


def covers(interval, true: float) -> bool:
    return bool(interval.low <= true <= interval.high)


def by(method, statistic, design, rng):
    """The interval of 1,000 resamples."""
    if method == "bootstrap-t":
        return bootstrap_t(studentise(statistic, design, rng=rng, resamples=1_000), LEVEL)
    found = resample(statistic, design, rng=rng, resamples=1_000)
    if method == "percentile":
        return percentile(found, LEVEL)
    return bca(found, acceleration(statistic, design), LEVEL)


@pytest.mark.parametrize(
    ("method", "n", "declared"),
    [
        ("percentile", 20, 0.905),
        ("bca", 20, 0.912),
        ("bootstrap-t", 20, LEVEL),
        ("bootstrap-t", 60, LEVEL),
        ("bca", 60, 0.935),
    ],
)
def test_mean_of_exponential_values(method, n, declared):
    rng = np.random.default_rng(n)
    hits = sum(
        covers(by(method, Mean(rng.exponential(size=n)), Design.of(n), rng), 1.0)
        for _ in range(RUNS)
    )
    held(hits, RUNS, declared)


@pytest.mark.parametrize(("n", "declared"), [(8, 0.932), (16, 0.9385), (40, 0.944)])
def test_interquartile_mean(n, declared):
    rng = np.random.default_rng(n)
    hits = sum(
        covers(by("percentile", TrimmedMean(rng.normal(size=n)), Design.of(n), rng), 0.0)
        for _ in range(RUNS)
    )
    held(hits, RUNS, declared)


@pytest.mark.parametrize(("method", "declared"), [("percentile", 0.942), ("bca", LEVEL)])
def test_area_under_the_roc_curve(method, declared):
    rng = np.random.default_rng(5)
    positive = np.arange(80) < 30
    true = 0.7602499  # of normal scores one standard deviation apart: Phi(1 / sqrt(2))
    hits = 0
    for _ in range(RUNS // 2):
        roc = RocArea(positive, rng.normal(size=80) + positive)
        hits += covers(by(method, roc, Design.of(80, strata=positive), rng), true)
    held(hits, RUNS // 2, declared)


def clustered_rows(rng, groups: int = 10, size: int = 6, rho: float = 0.3):
    """Clusters of equal size, whose rows correlate."""
    clusters = np.repeat(np.arange(groups), size)
    shared = rng.normal(0, rho**0.5, groups)[clusters]
    return clusters, shared + rng.normal(0, (1 - rho) ** 0.5, groups * size)


def test_ten_clusters():
    rng = np.random.default_rng(10)
    runs = 2_000
    robust = naive = 0
    for _ in range(runs):
        clusters, x = clustered_rows(rng)
        robust += covers(clustered_mean(x, clusters).interval(LEVEL), 0.0)
        naive += covers(student_t(x.mean(), x.var(ddof=1), len(x), LEVEL), 0.0)
    held(robust, runs, LEVEL)
    assert naive < 0.85 * runs  # what the rows' own t interval makes of such data


@pytest.mark.parametrize("groups", [5, 10, 30])
def test_clusters_of_different_sizes(groups):
    """The degrees of freedom know it; with the clusters less one it would be 91 % of five."""
    rng, runs = np.random.default_rng(groups), 2_000
    hits = 0
    for _ in range(runs):
        clusters = np.repeat(np.arange(groups), rng.integers(1, 40, groups))
        x = rng.normal(0, 0.3**0.5, groups)[clusters] + rng.normal(0, 0.7**0.5, len(clusters))
        hits += covers(clustered_mean(x, clusters).interval(LEVEL), 0.0)
    held(hits, runs, LEVEL)


def test_one_cluster_that_holds_half_of_the_rows():
    rng, runs = np.random.default_rng(1), 2_000
    clusters = np.repeat(np.arange(6), [50, 10, 10, 10, 10, 10])
    hits = few = 0
    for _ in range(runs):
        x = rng.normal(0, 0.3**0.5, 6)[clusters] + rng.normal(0, 0.7**0.5, 100)
        found = clustered_mean(x, clusters)
        hits += covers(found.interval(LEVEL), 0.0)
        few += covers(found._replace(df=5).interval(LEVEL), 0.0)
    assert hits >= least_count(runs, LEVEL), hits / runs
    assert few < 0.9 * runs


@pytest.mark.parametrize(("method", "declared"), [("percentile", 0.8975), ("bootstrap-t", LEVEL)])
def test_bootstrap_of_ten_clusters(method, declared):
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(RUNS):
        clusters, x = clustered_rows(rng)
        hits += covers(by(method, Mean(x), Design.of(60, clusters=clusters), rng), 0.0)
    held(hits, RUNS, declared)


@pytest.mark.parametrize("mean", [0.3, 0.7, 4.0])
def test_ratio_of_means(mean):
    """Fieller's covers whatever the denominator; the delta method needs a strong one."""
    rng, runs, n = np.random.default_rng(12), 3_000, 20
    x = rng.normal(mean, 1, (runs, n))
    y = 2 * x + rng.normal(1, 1, (runs, n))
    dx, dy = (v - v.mean(axis=1, keepdims=True) for v in (x, y))
    delta = fieller = unbounded = 0
    for k in range(runs):
        pair = pair_of_rows(
            ComomentsState(n, y[k].mean(), x[k].mean(), dy[k] @ dy[k], dx[k] @ dx[k], dy[k] @ dx[k])
        )
        true = 2 + 1 / mean
        delta += covers(ratio_by_delta(pair, LEVEL), true)
        found = ratio_by_fieller(pair, LEVEL)
        fieller += covers(found, true)
        unbounded += np.isinf(found.high)
    assert fieller >= least_count(runs, LEVEL), fieller / runs
    if mean == 4.0:
        held(fieller, runs, LEVEL)
        held(delta, runs, LEVEL)
        assert unbounded == 0
    if mean == 0.3:
        assert delta < 0.9 * runs  # 1.3 standard errors from 0: this is what it is not for
        assert unbounded > 0.5 * runs


def test_stratified_mean():
    rng, runs = np.random.default_rng(13), 3_000
    sizes, ns, means = (0.5, 0.3, 0.2), (10, 15, 20), (0.0, 3.0, 9.0)
    hits = 0
    for _ in range(runs):
        drawn = [rng.normal(m, 1 + m, n) for m, n in zip(means, ns, strict=True)]
        strata = [
            Stratum(size, len(v), v.mean(), v.var(ddof=1))
            for size, v in zip(sizes, drawn, strict=True)
        ]
        hits += covers(stratified_mean(strata).interval(LEVEL), float(np.dot(sizes, means)))
    held(hits, runs, LEVEL)


@pytest.mark.parametrize(
    ("shares", "declared"),
    [((0.1, 0.5, 0.9), LEVEL), ((0.01, 0.2, 0.5), LEVEL), ((0.01, 0.02, 0.05), 0.902)],
    ids=["common", "mixed", "rare: 1.6 successes expected"],
)
def test_stratified_proportion(shares, declared):
    rng, runs = np.random.default_rng(14), 2_000
    sizes = (50, 30, 20)
    true = float(np.average(shares, weights=sizes))
    hits = 0
    for _ in range(runs):
        strata = [
            Stratum(size, 20, rng.binomial(20, p) / 20)
            for size, p in zip(sizes, shares, strict=True)
        ]
        hits += covers(stratified_proportion(strata, LEVEL)[1], true)
    held(hits, runs, declared)


def test_a_finite_population():
    """Of 60 invoices 40 are seen: the corrected interval holds the mean of the 60."""
    rng, runs = np.random.default_rng(15), 3_000
    population = rng.normal(100, 15, 60)
    drawn = rng.permuted(np.tile(population, (runs, 1)), axis=1)[:, :40]
    hits = wide = 0
    for sample in drawn:
        mean = float(sample.mean())
        plain = student_t(mean, float(sample.var(ddof=1)), 40, LEVEL)
        hits += covers(of_finite(plain, mean, n=40, population=60), float(population.mean()))
        wide += covers(plain, float(population.mean()))
    held(hits, runs, LEVEL)
    assert wide > 0.99 * runs
