"""Ratios of means and interquartile means of columns: values, intervals, and what is answered."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from tests.metrics.data.measuring import CENSUS, evidence, measure, not_applicable, reason

from assay.core.binding import bind
from assay.core.measurement import Estimation
from assay.inference.ratios import pair_of_clusters, ratio_by_delta, ratio_by_fieller
from assay.metrics.data.interquartile_mean import InterquartileMean
from assay.metrics.data.ratio_of_means import RatioOfMeans

RNG = np.random.default_rng(0)
VIEWS = RNG.poisson(20, 300).astype(float)
CLICKS = RNG.binomial(VIEWS.astype(int), 0.1).astype(float)
VISITS = pa.table({"clicks": CLICKS, "views": VIEWS, "site": RNG.choice(["a", "b"], 300)})
RATIO = RatioOfMeans(numerator="clicks", denominator="views")


@pytest.mark.parametrize("method", ["delta", "fieller"])
def test_a_ratio_of_means(method):
    metric = RatioOfMeans(numerator="clicks", denominator="views", method=method)
    found = measure(metric, VISITS)
    interval = {"delta": ratio_by_delta, "fieller": ratio_by_fieller}[method]
    pair = pair_of_clusters(CLICKS, VIEWS, np.arange(300))._replace(df=299)
    known = interval(pair, 0.95)
    assert found.value == pytest.approx(CLICKS.sum() / VIEWS.sum())
    assert (found.low, found.high) == pytest.approx((known.low, known.high), rel=1e-9)
    assert (found.n, found.method) == (300, method)
    assert measure(metric, VISITS, CENSUS).level is None


def test_only_rows_with_both_values_count():
    table = pa.table({"clicks": [1.0, None, 5.0, math.inf], "views": [2.0, 3.0, 8.0, 1.0]})
    assert measure(RATIO, table).value == pytest.approx(0.6)
    assert [part.text for part in evidence(RATIO, table)] == [
        "1 infinite value is not part of this measurement."
    ]


def test_a_weak_denominator_is_unbounded_by_fieller_alone():
    x = np.array([-1.0, 1.5, -2.0, 2.5, 0.3])
    table = pa.table({"clicks": [1.0, 2.0, 1.5, 2.5, 2.0], "views": x})
    unbounded = measure(bind(RatioOfMeans, dict(RATIO.parameters(), method="fieller")), table)
    assert (unbounded.low, unbounded.high) == (None, None)
    assert measure(RATIO, table).high is not None


def test_ratios_that_have_no_answer():
    def of(clicks, views):
        table = pa.table({"clicks": pa.array(clicks), "views": pa.array(views, pa.float64())})
        return reason(RATIO, table)

    assert of([1.0], [None]) == "there is no row in which both values are finite"
    assert of([1.0, 2.0], [1.0, -1.0]) == "the mean of 'views' is 0"
    assert "same ratio" in of([1.0, 2.0], [2.0, 4.0])
    assert "at least two rows" in of([1.0], [2.0])
    assert "not numbers" in (
        not_applicable(RatioOfMeans(numerator="site", denominator="views"), VISITS) or ""
    )


@pytest.mark.parametrize("strata", [None, "site"])
def test_an_interquartile_mean(strata):
    metric = InterquartileMean(column="views", strata=strata)
    found = measure(metric, VISITS)
    assert found.value == pytest.approx(stats.trim_mean(VIEWS, 0.25))
    assert (found.n, found.method) == (300, "bootstrap-percentile")
    assert found.low < found.value < found.high
    assert measure(metric, VISITS, CENSUS).value == found.value
    assert measure(metric, VISITS, Estimation(seed=2)).low != found.low


def test_strata_take_what_differs_between_them_out_of_the_interval():
    rng = np.random.default_rng(1)
    score = np.concatenate([rng.normal(task, 0.1, 10) for task in range(5)])
    table = pa.table({"score": score, "task": np.repeat(list("abcde"), 10)})
    apart = measure(InterquartileMean(column="score", strata="task"), table)
    pooled = measure(InterquartileMean(column="score"), table)
    assert apart.high - apart.low < 0.5 * (pooled.high - pooled.low)


def test_many_values_are_not_resampled():
    values = RNG.lognormal(size=30_000)
    found = measure(InterquartileMean(column="x"), pa.table({"x": values}))
    assert found.method == "winsorised-t"
    assert found.low < stats.trim_mean(values, 0.25) < found.high


def test_interquartile_means_that_have_no_answer():
    def of(table, **parameters):
        return reason(InterquartileMean(column="x", **parameters), pa.table(table))

    assert of({"x": pa.array([None, math.nan], pa.float64())}) == "there are no finite values"
    assert "there is 1 row" in of({"x": [1.0]})
    assert "a stratum has 1 row" in of({"x": [1.0, 2.0, 3.0], "g": ["a", "a", "b"]}, strata="g")
    assert "nothing is known of the spread" in of({"x": [2.0] * 40})
    missing = not_applicable(InterquartileMean(column="views", strata="task"), VISITS)
    assert missing == "there is no column 'task'"
