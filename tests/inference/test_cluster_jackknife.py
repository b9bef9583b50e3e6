"""Cluster-robust intervals against another library, a closed form, and what nobody can know."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm

from assay.inference.cluster_jackknife import cluster_interval
from assay.inference.interval import Interval
from assay.inference.jackknife import delete_cluster, delete_group
from assay.inference.paired import paired_difference
from assay.inference.proportions import wilson

OWN = Interval(-1.0, 1.0, "student-t")


def without_each(x: np.ndarray, cluster: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean without each cluster, and their sizes."""
    sizes = np.bincount(cluster)
    return (x.sum() - np.bincount(cluster, x)) / (len(x) - sizes), sizes


@pytest.mark.parametrize(("clusters", "size"), [(5, 20), (30, 7), (200, 2)])
def test_equal_clusters_are_statsmodels_sandwich(clusters, size):
    rng = np.random.default_rng(clusters)
    cluster = np.repeat(np.arange(clusters), size)
    x = rng.normal(size=len(cluster)) + rng.normal(size=clusters)[cluster]
    left, sizes = without_each(x, cluster)
    found = delete_cluster(x.mean(), left, sizes)
    fit = sm.OLS(x, np.ones(len(x))).fit(cov_type="cluster", cov_kwds={"groups": cluster})
    assert math.sqrt(found.variance) == pytest.approx(fit.bse[0], rel=1e-9)
    assert found.df == pytest.approx(clusters - 1)


def test_unequal_clusters_vary_as_their_totals_do():
    """Two hundred clusters of 1 to 40 rows that are all alike: the grouped jackknife is far off."""
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 40, 200)
    value = rng.normal(size=200)
    x, cluster = np.repeat(value, sizes), np.repeat(np.arange(200), sizes)
    true = (sizes**2).sum() / sizes.sum() ** 2  # the values have variance 1
    left, m = without_each(x, cluster)
    assert delete_cluster(x.mean(), left, m).variance == pytest.approx(true, rel=0.25)
    assert delete_group(x.mean(), left, m).variance < 0.85 * true


def test_degrees_of_freedom_are_those_of_the_effective_clusters():
    sizes = np.array([90, 1, 1, 1, 1, 1, 1, 1, 1, 2])
    left = np.linspace(0, 1, 10)
    assert delete_cluster(0.5, left, sizes).df == 1
    assert delete_cluster(0.5, left, np.full(10, 3)).df == pytest.approx(9)


def test_one_cluster_is_no_variance():
    with pytest.raises(ValueError, match="at least two"):
        delete_cluster(0.5, np.array([0.5]), np.array([10]))
    found = cluster_interval(0.5, np.array([np.nan]), np.array([10]), OWN, level=0.95)
    assert found == (-math.inf, math.inf, "cluster-jackknife")
    none = cluster_interval(0.5, np.array([]), np.array([], dtype=int), OWN, level=0.95)
    assert none[:2] == (-math.inf, math.inf)


def test_a_value_that_rests_on_one_cluster_has_no_interval():
    left, sizes = np.array([0.5, np.nan, 0.4]), np.array([5, 5, 5])
    assert cluster_interval(0.5, left, sizes, OWN, level=0.95)[:2] == (-math.inf, math.inf)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_no_event_counts_clusters_as_rows(value):
    own = wilson(int(value * 1000), 1000, 0.95)
    left, sizes = np.full(10, value), np.full(10, 100)
    low, high, _ = cluster_interval(value, left, sizes, own, level=0.95, share=True)
    assert (low, high) != pytest.approx(own[:2])
    assert 0 <= low <= value <= high <= 1
    assert high - low > wilson(int(value * 10), 10, 0.95).high - wilson(0, 10, 0.95).low - 1
    assert high - low > 0.25  # ten clusters, not a thousand rows


def test_rounding_is_no_variance():
    """Ten clusters of the same rows: leaving one out changes the last bit at most."""
    x = np.tile(np.random.default_rng(1).random(33), 10)
    cluster = np.repeat(np.arange(10), 33)
    left, sizes = without_each(x, cluster)
    own = Interval(x.mean() - 0.03, x.mean() + 0.03, "student-t")
    low, high, _ = cluster_interval(x.mean(), left, sizes, own, level=0.95)
    assert high - low == pytest.approx(33 * 0.06)  # as if each cluster were one row


def test_paired_difference_over_clusters():
    rng = np.random.default_rng(2)
    cluster = np.repeat(np.arange(40), 10)
    effect = rng.normal(size=40)[cluster]
    a = rng.normal(size=400) + 0.0
    b = a + 0.2 * effect + 0.1
    (left_a, sizes), (left_b, _) = without_each(a, cluster), without_each(b, cluster)
    alike = paired_difference(a.mean(), b.mean(), left_a, left_b, sizes)
    robust = paired_difference(a.mean(), b.mean(), left_a, left_b, sizes, clusters=40)
    assert alike is not None
    assert robust is not None
    assert robust.method == "paired-cluster-jackknife"
    d = (b - a).reshape(40, 10).mean(1)
    added = 4 * sum(x.reshape(40, 10).mean(1).var(ddof=1) / 40 for x in (a, b)) / 40
    assert robust.variance == pytest.approx(d.var(ddof=1) / 40 + added, rel=1e-9)
    assert robust.variance > alike.variance


def test_paired_clusters_that_do_not_vary():
    left, sizes = np.full(5, 1.0), np.full(5, 3)
    assert paired_difference(1.0, 1.0, left, left, sizes, clusters=5) is None


def test_a_difference_seen_from_elsewhere():
    from scipy.special import stdtr

    from assay.inference.paired import PairedDifference

    found = PairedDifference(-0.004, 0.002**2, 49)
    assert found.about(-0.01).p_value == pytest.approx(2 * stdtr(49, -3))
    low = found.interval(1 - found.about(-0.01).p_value).low
    assert low == pytest.approx(-0.01)
