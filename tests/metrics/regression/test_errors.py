"""Metrics of a predicted number: scikit-learn's figures, and what to say where there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk
from tests.metrics.observations import Observed

from assay.metrics.regression.mae import Mae
from assay.metrics.regression.mape import Mape
from assay.metrics.regression.mean_error import MeanError
from assay.metrics.regression.quantile_loss import QuantileLoss
from assay.metrics.regression.r2 import R2
from assay.metrics.regression.rmse import Rmse

ALL = (Mae(), Rmse(), Mape(), R2(), MeanError(), QuantileLoss())


def observed(truth, answer, **columns):
    return Observed(truth, answer, task="regression", **columns)


def example(seed: int = 0, n: int = 150):
    rng = np.random.default_rng(seed)
    y = rng.lognormal(1, 0.7, n)
    return y, y + rng.normal(0.2, 0.8, n)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), q=st.sampled_from([0.1, 0.5, 0.9]))
def test_agrees_with_scikit_learn(seed, q):
    y, p = example(seed)
    seen = observed(y, p)
    expected = {
        Mae(): sk.mean_absolute_error(y, p),
        Rmse(): sk.root_mean_squared_error(y, p),
        Mape(): sk.mean_absolute_percentage_error(y, p),
        R2(): sk.r2_score(y, p),
        MeanError(): np.mean(p - y),
        QuantileLoss(q=q): sk.mean_pinball_loss(y, p, alpha=q),
    }
    for metric, value in expected.items():
        assert seen.one(metric).value == pytest.approx(value, rel=1e-9, abs=1e-12), metric


def test_means_have_students_interval():
    y, p = example()
    seen = observed(y, p)
    for metric, loss in ((Mae(), abs(p - y)), (MeanError(), p - y), (Mape(), abs(p - y) / y)):
        low, high = stats.t.interval(0.9, len(y) - 1, loss.mean(), stats.sem(loss))
        found = seen.one(metric, level=0.9)
        assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)


def test_an_error_is_never_below_zero():
    found = observed([1.0, 2.0, 3.0], [1.0, 2.0, 9.0]).one(Mae())
    assert found.low == 0
    assert found.high > found.value


def test_whole_numbers_are_numbers():
    seen = observed([1, 2, 4], [1.5, 2.0, 3.0])
    assert seen.one(Mae()).value == 0.5


def test_rows_whose_target_is_zero_have_no_percentage():
    seen = observed([0.0, 2.0, 4.0, 0.0], [1.0, 1.0, 5.0, 0.0])
    found = seen.one(Mape())
    assert (found.value, found.n) == (0.375, 2)
    (said,) = seen.evidence(Mape())
    assert said.text == "2 of 4 rows have the target 0 and are left out."
    assert observed([2.0], [1.0]).evidence(Mape()) == ()
    assert observed([0.0, 0.0], [1.0, 1.0]).reason(Mape()).startswith("every target is 0")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None])
def test_a_prediction_that_is_no_number_is_not_left_out_in_silence(bad):
    seen = observed([1.0, 2.0, 3.0], [1.0, bad, 3.5])
    for metric in ALL:
        assert seen.reason(metric) == "1 of 3 predictions are missing, NaN or infinite", metric
        assert seen.evidence(metric) == ()


def test_rows_without_a_target_are_left_out():
    seen = observed([1.0, None, 3.0, float("nan")], [1.5, 9.0, 3.5, 9.0])
    for metric in ALL:
        assert seen.one(metric).n == 2
    nothing = observed([float("nan")] * 2, [1.0, 2.0])
    for metric in ALL:
        assert nothing.reason(metric) == "there are no rows with a finite target"


def test_equal_targets_have_no_variance_to_explain():
    assert observed([2.0, 2.0], [1.0, 3.0]).reason(R2()).startswith("all targets are equal")


def test_one_row_says_nothing_about_spread():
    seen = observed([2.0], [3.0])
    assert (seen.one(Mae()).low, seen.one(Mae()).high) == (0, None)
    assert (seen.one(Rmse()).low, seen.one(Rmse()).high) == (0, None)
    assert (seen.one(MeanError()).low, seen.one(MeanError()).high) == (None, None)


def test_perfect_predictions():
    seen = observed([1.0, 2.0, 4.0], [1.0, 2.0, 4.0])
    assert seen.one(R2()).value == 1
    assert seen.one(Rmse()).value == 0


def test_worse_than_the_mean_is_below_zero():
    found = observed([1.0, 2.0, 3.0, 4.0], [9.0, -3.0, 8.0, -9.0]).one(R2())
    assert found.high is not None
    assert found.value < 0


def test_a_classifier_has_no_mean_error():
    seen = Observed(["yes"], ["no"])
    for metric in ALL:
        assert metric.applicable(seen.schema) == "the model predicts a class, not a number"
    text = observed(["a", "b"], [1.0, 2.0])
    assert "not a number" in Mae().applicable(text.schema)


@pytest.mark.parametrize("spread", [1.0, 0.0])
def test_residual_charts_draw_and_hold_every_row(spread):
    rng = np.random.default_rng(0)
    y = rng.normal(10, 3, 5_000)
    cells, bars = observed(y, y + spread * rng.normal(0, 1, 5_000)).evidence(R2())
    for chart in (cells, bars):
        assert vl_convert.vegalite_to_svg(chart.spec).startswith("<svg")
    assert len(cells.spec["layer"][0]["data"]["values"]) <= 400
    assert sum(v["rows"] for v in cells.spec["layer"][0]["data"]["values"]) == 5_000
    assert sum(v["rows"] for v in bars.spec["data"]["values"]) == 5_000


def test_huge_numbers_do_not_break_the_charts():
    seen = observed([1e308, -1e308], [-1e308, 1e308])
    assert seen.evidence(Mae()) == ()
    assert math.isfinite(observed([1e154, 2e154], [1e154, 3e154]).one(Mae()).value)
