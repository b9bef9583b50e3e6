"""Cluster-robust standard errors, beside statsmodels and Cochran."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from assay.inference.clustered import RHO, cluster_degrees, clustered, clustered_mean
from assay.inference.resampling import Design
from assay.inference.stratified import Stratum, stratified_mean

RNG = np.random.default_rng(0)
CLUSTERS = RNG.integers(0, 12, 200)
X = RNG.normal(size=12)[CLUSTERS] + RNG.normal(size=200) + 3


@pytest.mark.parametrize("weighted", [False, True])
def test_statsmodels_agrees(weighted):
    weights = RNG.exponential(size=200) if weighted else None
    model = sm.WLS(X, np.ones(200), weights=1.0 if weights is None else weights)
    theirs = model.fit(cov_type="cluster", cov_kwds={"groups": CLUSTERS}, use_t=True)
    found = clustered_mean(X, CLUSTERS.astype(str), weights=weights)
    assert found.value == pytest.approx(theirs.params[0])
    assert found.error == pytest.approx(theirs.bse[0], rel=1e-10)
    assert (found.clusters, found.n) == (12, 200)
    assert 7 < found.df < 11


def test_with_clusters_of_one_size_the_interval_is_statsmodels():
    clusters = np.arange(200) % 8
    fit = sm.OLS(X, np.ones(200)).fit(cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True)
    found = clustered_mean(X, clusters)
    assert found.df == pytest.approx(7)
    low, high, method = found.interval(0.95)
    assert (low, high) == pytest.approx(tuple(fit.conf_int()[0]), rel=1e-10)
    assert method == "cluster-t"


def test_degrees_of_freedom_are_those_of_the_matrix():
    """tr(A)² / tr(A²) of the covariance of the clusters' totals, written out."""
    clusters = np.repeat([0, 1, 2, 3], [40, 3, 5, 9])
    weights = RNG.exponential(size=57)
    total, squares = (np.bincount(clusters, w) for w in (weights, weights**2))
    v = np.diag((1 - RHO) * squares + RHO * total**2)
    m = np.eye(4) - np.outer(total / total.sum(), np.ones(4))
    a = m @ v @ m.T
    found = cluster_degrees(Design.of(57, clusters=clusters), weights)
    assert found == pytest.approx(np.trace(a) ** 2 / np.trace(a @ a))
    assert 1 <= found < 3


def test_rows_alone_are_clusters_of_one():
    found = clustered_mean(X, np.arange(200))
    assert found.error == pytest.approx(X.std(ddof=1) / np.sqrt(200))
    assert found.design_effect == pytest.approx(1)
    assert found.effective_n == pytest.approx(200)


def test_copies_add_nothing():
    """Ten copies of each row: a design effect of ten, and an effective n of thirty."""
    once, copies = X[:30], np.repeat(X[:30], 10)
    found = clustered_mean(copies, np.repeat(np.arange(30), 10))
    assert found.error == pytest.approx(once.std(ddof=1) / np.sqrt(30))
    assert found.effective_n == pytest.approx(30, rel=0.04)


def test_kish_s_design_effect():
    """Equal clusters of m: 1 + (m - 1) times the intraclass correlation (Kish 1965, 5.4)."""
    groups, m, rho = 4_000, 5, 0.3
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(groups), m)
    x = rng.normal(0, rho**0.5, groups)[clusters] + rng.normal(0, (1 - rho) ** 0.5, groups * m)
    assert clustered_mean(x, clusters).design_effect == pytest.approx(1 + 4 * rho, rel=0.05)


def test_strata_of_rows_are_cochran_s():
    strata = np.repeat([0, 1, 2], [30, 50, 120])
    found = clustered_mean(X, np.arange(200), strata=strata)
    parts = [X[strata == h] for h in range(3)]
    known = stratified_mean([Stratum(len(p), len(p), p.mean(), p.var(ddof=1)) for p in parts])
    assert found.value == pytest.approx(known.value)
    assert found.error == pytest.approx(known.error, rel=1e-10)
    assert found.df == pytest.approx(200**2 / (30**2 / 29 + 50**2 / 49 + 120**2 / 119))


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda: clustered_mean(X, np.zeros(200)), "there is 1 cluster"),
        (lambda: clustered_mean(X, CLUSTERS[:-1]), "shape"),
        (lambda: clustered_mean(np.full(200, 2.5), CLUSTERS), "do not vary"),
        (lambda: clustered_mean([0.0, 1.0, 0.0, 1.0], [1, 1, 2, 2]), "do not vary"),
        (lambda: clustered_mean([], []), "not all 0"),
        (lambda: clustered_mean(np.append(X[1:], np.nan), CLUSTERS), "NaN or infinite"),
        (lambda: clustered_mean(X, CLUSTERS, weights=np.zeros(200)), "not all 0"),
        (lambda: clustered_mean(X, CLUSTERS, weights=-np.ones(200)), "at least 0"),
        (lambda: clustered_mean(X, CLUSTERS, weights=[1.0]), "weights of shape"),
        (lambda: clustered(np.nan, X, CLUSTERS), "NaN or infinite"),
        (
            lambda: cluster_degrees(Design.of(3, clusters=[1, 1, 2]), np.array([1.0, 1.0, 0.0])),
            "holds all the weight",
        ),
    ],
)
def test_what_is_refused(attempt, words):
    with pytest.raises(ValueError, match=words):
        attempt()
