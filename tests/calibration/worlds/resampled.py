"""Resampling, clusters, strata, finite populations, ratios, cross-validation."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtr
from tests.calibration.worlds.world import LEVEL, World, cautious, short

from assay.inference.cluster_jackknife import cluster_interval
from assay.inference.cluster_regression import regress
from assay.inference.clustered import clustered_mean
from assay.inference.cross_validation import fold_mean
from assay.inference.finite_population import of_finite
from assay.inference.means import student_t
from assay.inference.proportions import wilson
from assay.inference.ratios import pair_of_rows, ratio_by_delta, ratio_by_fieller
from assay.inference.resampling import (
    Design,
    Mean,
    RocArea,
    TrimmedMean,
    interquartile_mean,
    resampled_interval,
)
from assay.inference.stratified import Stratum, stratified_mean, stratified_proportion
from assay.states import ComomentsState


def resampled(draw: Any, method: Any) -> Any:
    """``draw`` gives a statistic and its design."""

    def simulate(rng, runs):
        for _ in range(runs):
            statistic, design = draw(rng)
            found = resampled_interval(
                statistic, design, method=method, level=LEVEL, rng=rng, resamples=1_000
            )
            yield float(statistic.values(np.ones((1, design.n)))[0]), found

    return simulate


def exponential(n: int) -> Any:
    return lambda rng: (Mean(rng.exponential(size=n)), Design.of(n))


def middle(n: int) -> Any:
    return lambda rng: (TrimmedMean(rng.normal(size=n)), Design.of(n))


def roc(rng: np.random.Generator) -> Any:
    positive = np.arange(80) < 30
    return RocArea(positive, rng.normal(size=80) + positive), Design.of(80, strata=positive)


def ten_clusters(rng: np.random.Generator) -> Any:
    clusters, x = clustered_rows(rng, np.full(10, 6))
    return Mean(x), Design.of(60, clusters=clusters)


def winsorised(rng: np.random.Generator, runs: int) -> Any:
    for _ in range(runs):
        yield interquartile_mean(rng.standard_t(3, 20_000), level=LEVEL, rng=rng)


def clustered_rows(
    rng: np.random.Generator, sizes: np.ndarray, rho: float = 0.3
) -> tuple[np.ndarray, np.ndarray]:
    """Labels of clusters, and normal values that correlate within them."""
    clusters = np.repeat(np.arange(len(sizes)), sizes)
    shared = rng.normal(0, rho**0.5, len(sizes))[clusters]
    return clusters, shared + rng.normal(0, (1 - rho) ** 0.5, len(clusters))


def clustered(draw_sizes: Any, *, respected: bool = True) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            clusters, x = clustered_rows(rng, draw_sizes(rng))
            if respected:
                found = clustered_mean(x, clusters)
                yield found.value, found.interval(LEVEL)
            else:
                yield x.mean(), student_t(x.mean(), x.var(ddof=1), len(x), LEVEL)

    return simulate


def jackknifed(groups: int, share: bool) -> Any:
    """What the runner does for any metric of a table with clusters."""

    def simulate(rng, runs):
        sizes = np.full(groups, 8)
        for _ in range(runs):
            clusters, x = clustered_rows(rng, sizes)
            if share:
                x = (x > 1.0).astype(float)
            total, by = x.sum(), np.bincount(clusters, x)
            n, value = len(x), float(x.mean())
            left = (total - by) / (n - sizes)
            own = (
                wilson(float(total), n, LEVEL)
                if share
                else student_t(value, x.var(ddof=1), n, LEVEL)
            )
            yield value, cluster_interval(value, left, sizes, own, level=LEVEL, share=share)

    return simulate


def slopes(groups: int) -> Any:
    """A treatment given to whole clusters, half of them."""

    def simulate(rng, runs):
        for _ in range(runs):
            clusters, x = clustered_rows(rng, rng.integers(5, 40, groups))
            treated = (clusters % 2).astype(float)
            (found,) = regress(
                x + 0.5 * treated, np.column_stack([np.ones(len(x)), treated]), clusters, of=[1]
            )
            yield found.value, found.interval(LEVEL)

    return simulate


def strata_of_means(rng: np.random.Generator, runs: int) -> Any:
    sizes, ns, means = (0.5, 0.3, 0.2), (10, 15, 20), (0.0, 3.0, 9.0)
    for _ in range(runs):
        drawn = [rng.normal(m, 1 + m, n) for m, n in zip(means, ns, strict=True)]
        strata = [
            Stratum(size, len(v), float(v.mean()), float(v.var(ddof=1)))
            for size, v in zip(sizes, drawn, strict=True)
        ]
        found = stratified_mean(strata)
        yield found.value, found.interval(LEVEL)


def strata_of_shares(shares: tuple[float, ...]) -> Any:
    def simulate(rng, runs):
        for counts in (rng.binomial(20, shares, (runs, 3)) / 20).tolist():
            strata = [Stratum(size, 20, p) for size, p in zip((50, 30, 20), counts, strict=True)]
            value, interval = stratified_proportion(strata, LEVEL)
            yield (value if isinstance(value, float) else value.value), interval

    return simulate


def invoices(share: bool) -> Any:
    """40 of 60 are seen; the interval speaks of the 60."""

    def simulate(rng, runs):
        population = rng.normal(100, 15, 60)
        if share:
            population = (population > 105).astype(float)
        for sample in rng.permuted(np.tile(population, (runs, 1)), axis=1)[:, :40]:
            mean = float(sample.mean())
            plain = (
                wilson(float(sample.sum()), 40, LEVEL)
                if share
                else student_t(mean, float(sample.var(ddof=1)), 40, LEVEL)
            )
            found = of_finite(plain, mean, n=40, population=60)
            yield mean, found, float(population.mean())

    return simulate


def ratios(mean: float, between: Any) -> Any:
    n = 20

    def simulate(rng, runs):
        x = rng.normal(mean, 1, (runs, n))
        y = 2 * x + rng.normal(1, 1, (runs, n))
        dx, dy = (v - v.mean(axis=1, keepdims=True) for v in (x, y))
        for k in range(runs):
            pair = pair_of_rows(
                ComomentsState(
                    n, y[k].mean(), x[k].mean(), dy[k] @ dy[k], dx[k] @ dx[k], dy[k] @ dx[k]
                )
            )
            yield pair.value, between(pair, LEVEL)

    return simulate


def ridge(rng: np.random.Generator, runs: int) -> Any:
    """Mean squared error of ridge regressions in ten folds; true is that of such models."""
    n, k, folds = 60, 5, 10
    beta = np.full(k, 0.3)

    def fitted(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.linalg.solve(x.T @ x + np.eye(k), x.T @ y)

    fresh = [rng.normal(size=(n - n // folds, k)) for _ in range(400)]
    risk = []
    for x in fresh:
        b = fitted(x, x @ beta + rng.normal(size=len(x)))
        risk.append(1 + float((b - beta) @ (b - beta)))
    true = float(np.mean(risk))
    for _ in range(runs):
        x = rng.normal(size=(n, k))
        y = x @ beta + rng.normal(size=n)
        scores = []
        for part in np.array_split(rng.permutation(n), folds):
            rest = np.setdiff1d(np.arange(n), part)
            error = y[part] - x[part] @ fitted(x[rest], y[rest])
            scores.append(float((error**2).mean()))
        found = fold_mean(np.array(scores))
        yield found.value, found.interval(LEVEL), true


R, C = "Resampling", "Clusters, strata, ratios"
EQUAL, UNEQUAL = (lambda rng: np.full(10, 6)), (lambda rng: rng.integers(1, 40, 10))
FEW = "resamples of few rows vary too little and are not skewed enough"
WORLDS = [
    World(R, "bootstrap-t", "skew, exponential", "20", resampled(exponential(20), "bootstrap-t"),
          1.0, effort=5),
    World(R, "bca", "skew, exponential", "20", resampled(exponential(20), "bca"), 1.0,
          short(0.90), FEW, effort=5),
    World(R, "bca", "skew, exponential", "60", resampled(exponential(60), "bca"), 1.0,
          short(0.925), FEW, effort=5),
    World(R, "bootstrap-percentile", "skew, exponential", "20",
          resampled(exponential(20), "percentile"), 1.0, short(0.89), FEW, effort=5),
    World(R, "bootstrap-percentile", "area under the ROC curve", "30 + 50",
          resampled(roc, "percentile"), float(ndtr(1 / 2**0.5)), effort=5),
    World(R, "bca", "area under the ROC curve", "30 + 50", resampled(roc, "bca"),
          float(ndtr(1 / 2**0.5)), effort=5),
    World(R, "bootstrap-percentile", "interquartile mean, normal", "40",
          resampled(middle(40), "percentile"), 0.0, effort=5),
    World(R, "winsorised-t", "interquartile mean, heavy tails", "20,000", winsorised,
          0.0, effort=10),
    World(R, "bootstrap-t", "clusters, ten of six rows", "60",
          resampled(ten_clusters, "bootstrap-t"), 0.0, effort=5),
    World(R, "bootstrap-percentile", "clusters, ten of six rows", "60",
          resampled(ten_clusters, "percentile"), 0.0, short(0.885), FEW, effort=5),
    World(C, "cluster-t", "clusters, ten of six rows", "60", clustered(EQUAL), 0.0),
    World(C, "cluster-t", "clusters, ten of 1 to 39 rows", "200", clustered(UNEQUAL), 0.0),
    World(C, "student-t", "clusters taken for independent rows, ten of six", "60",
          clustered(EQUAL, respected=False), 0.0, short(0.75),
          "what ignoring clusters does: name the cluster column"),
    World(C, "cluster-jackknife", "clusters: a mean", "12 × 8", jackknifed(12, share=False), 0.0),
    World(C, "cluster-jackknife", "clusters: a share of 16 %", "25 × 8",
          jackknifed(25, share=True), float(ndtr(-1.0)), effort=2),
    World(C, "cr2-t", "clusters, half of them treated", "10", slopes(10), 0.5, effort=4),
    World(C, "stratified-t", "three strata", "45", strata_of_means, 2.7),
    World(C, "stratified-wilson", "shares of 0.1, 0.5 and 0.9", "3 × 20",
          strata_of_shares((0.1, 0.5, 0.9)), 0.38),
    World(C, "stratified-wilson", "rare events: 1.6 expected", "3 × 20",
          strata_of_shares((0.01, 0.02, 0.05)), 0.021, short(0.89),
          "no event in one run of five"),
    World(C, "student-t-finite", "40 of 60 invoices, a mean", "40 of 60", invoices(share=False)),
    World(C, "wilson-finite", "40 of 60 invoices, a share", "40 of 60", invoices(share=True),
          None, (0.92, 0.995), "few different values of the share are possible"),
    World(C, "delta", "a denominator 18 standard errors from 0", "20",
          ratios(4.0, ratio_by_delta), 2.25),
    World(C, "fieller", "a denominator 18 standard errors from 0", "20",
          ratios(4.0, ratio_by_fieller), 2.25),
    World(C, "fieller", "a denominator 3 standard errors from 0", "20",
          ratios(0.7, ratio_by_fieller), 2 + 1 / 0.7, cautious(),
          "where nothing excludes a denominator of 0, it is the whole line"),
    World(C, "delta", "a denominator 1.3 standard errors from 0", "20",
          ratios(0.3, ratio_by_delta), 2 + 1 / 0.3, short(0.82), "take Fieller's there"),
    World(C, "corrected-resampled-t", "mean squared error of a ridge regression", "10 folds of 6",
          ridge, None, cautious(), "folds are taken to depend on each other more than they do",
          effort=5),
]  # fmt: skip
