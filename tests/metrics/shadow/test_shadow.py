"""Metrics of a paired log against SciPy and statsmodels, and what they answer to rough logs."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from tests.metrics.data.measuring import CENSUS, evidence, measure, not_applicable, reason

from assay.inference.paired_quantiles import paired_quantile_difference
from assay.inference.proportions import wilson
from assay.metrics.shadow.accuracy_difference import AccuracyDifference
from assay.metrics.shadow.agreement import Agreement
from assay.metrics.shadow.error_difference import ErrorDifference
from assay.metrics.shadow.latency_difference import LatencyDifference
from assay.metrics.shadow.score_difference import ScoreDifference

MODELS = {"primary": "a", "candidate": "b"}
RNG = np.random.default_rng(0)
HARD = RNG.normal(size=400)
A, B = HARD + RNG.normal(0, 0.3, 400), HARD + RNG.normal(0.1, 0.3, 400)
TRUTH = HARD + RNG.normal(0, 0.5, 400)


def log(a, b, **more):
    return pa.table({"a": a, "b": b, **more})


def test_agreement_is_a_proportion():
    labels = np.array(["x", "y", "z"])
    a, b = labels[RNG.integers(0, 3, 300)], labels[RNG.integers(0, 3, 300)]
    found = measure(Agreement(**MODELS), log(a, b))
    interval = wilson(int((a == b).sum()), 300, 0.95)
    assert (found.value, found.low, found.high) == ((a == b).mean(), interval.low, interval.high)
    assert measure(Agreement(**MODELS), log(a, b), CENSUS).level is None


def test_an_answer_that_is_missing_is_no_agreement():
    table = log([1, 2, None, None, 5], [1, None, 3, None, 6])
    found = measure(Agreement(**MODELS), table)
    assert (found.value, found.n) == (0.25, 4)
    (note,) = evidence(Agreement(**MODELS), table)
    assert note.text == (
        "'b' alone is missing in 1 row, 'a' alone is missing in 1 row: they count as disagreement."
    )


def test_numbers_agree_within_a_tolerance():
    table = log([1.0, 2.0, math.inf, math.nan, 5.0], [1.05, 2.2, math.inf, 1.0, 5.0])
    assert measure(Agreement(**MODELS), table).value == pytest.approx(2 / 5)
    assert measure(Agreement(**MODELS, tolerance=0.1), table).value == pytest.approx(3 / 5)
    said = not_applicable(Agreement(**MODELS, tolerance=0.1), log(["x"], ["x"]))
    assert said == "tolerance is for numbers; column 'a' holds string (VARCHAR)"
    for bad in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="tolerance is a number of at least 0"):
            Agreement(**MODELS, tolerance=bad)


def test_outputs_of_other_kinds_never_agree():
    said = not_applicable(Agreement(**MODELS), log([1], ["1"]))
    assert said == "column 'a' holds integer (BIGINT) and 'b' string (VARCHAR): they never agree"
    assert not_applicable(Agreement(**MODELS), log([1], [1.0])) is None
    assert not_applicable(Agreement(primary="a", candidate="c"), log([1], [1])) == (
        "there is no column 'c'"
    )


def test_a_score_difference_is_the_paired_t():
    found = measure(ScoreDifference(**MODELS), log(A, B))
    known = stats.ttest_rel(B, A).confidence_interval(0.95)
    assert found.value == pytest.approx((B - A).mean())
    assert (found.low, found.high) == pytest.approx((known.low, known.high), rel=1e-9)
    assert found.method == "student-t"


def test_decisions_are_pairs():
    a, b = A > 0, B > 0
    found = measure(ScoreDifference(**MODELS), log(a, b))
    assert found.value == pytest.approx(b.mean() - a.mean())
    assert found.method == "newcombe-paired"
    whole = log([True] * 20, [True] * 20)
    found = measure(ScoreDifference(**MODELS), whole)
    assert found.value == 0
    assert found.low < 0 < found.high  # twenty equal decisions do not prove that all will be
    assert reason(ScoreDifference(**MODELS), log(pa.array([None], pa.bool_()), [True])) == (
        "no request has decisions of both models"
    )


def test_scores_that_are_not_finite_are_left_out():
    table = log([1.0, math.nan, 3.0, 4.0, math.inf], [2.0, 2.0, None, 6.0, 1.0])
    found = measure(ScoreDifference(**MODELS), table)
    assert (found.value, found.n) == (1.5, 2)
    assert reason(ScoreDifference(**MODELS), log([math.nan], [1.0])) == (
        "no request has finite values of both models"
    )


@pytest.mark.parametrize("error", ["absolute", "squared"])
def test_an_error_difference_is_the_paired_t_of_errors(error):
    cost = {"absolute": np.abs, "squared": np.square}[error]
    metric = ErrorDifference(**MODELS, truth="t", error=error)
    found = measure(metric, log(A, B, t=TRUTH))
    known = stats.ttest_rel(cost(B - TRUTH), cost(A - TRUTH))
    interval = known.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_an_accuracy_difference_rests_on_the_four_counts():
    """Table III (a) of Newcombe (1998b), Statistics in Medicine 17:2635: 36, 12, 2, 0."""
    t = [1] * 50
    a = [1] * 48 + [0] * 2
    b = [1] * 36 + [0] * 12 + [1] * 2
    metric = AccuracyDifference(**MODELS, truth="t")
    found = measure(metric, log(a, b, t=t))
    assert found.value == pytest.approx(-0.2)
    assert (-found.high, -found.low) == pytest.approx((0.0569, 0.3404), abs=5e-5)
    (table,) = evidence(metric, log(a, b, t=t))
    assert table.rows == [["candidate right", 36, 2], ["candidate wrong", 12, 0]]
    exact = mcnemar([[36, 12], [2, 0]], exact=True).pvalue
    mid = exact - stats.binom.pmf(2, 14, 0.5)
    assert f"p = {mid:.3g}" in table.title


def test_truth_that_has_not_come_yet_is_left_out_and_no_answer_is_wrong():
    table = log([1, 1, None, 1], [1, None, 0, 0], t=[1, 1, 0, None])
    found = measure(AccuracyDifference(**MODELS, truth="t"), table)
    assert (found.value, found.n) == (0, 3)
    assert reason(AccuracyDifference(**MODELS, truth="t"), log([1], [1], t=[None])) == (
        "the truth is not known of any request"
    )


def test_latencies_are_compared_at_a_quantile():
    rng = np.random.default_rng(4)
    load = rng.normal(size=4_000)
    a, b = np.exp(load + rng.normal(0, 0.3, 4_000)), np.exp(load + rng.normal(0.1, 0.3, 4_000))
    metric = LatencyDifference(**MODELS, quantile=0.9)
    found = measure(metric, log(a, b))
    at = [np.quantile(x, 0.9, method="inverted_cdf") for x in (a, b)]
    assert found.value == at[1] - at[0]

    def differ(x, y, axis):
        return np.quantile(y, 0.9, axis=axis) - np.quantile(x, 0.9, axis=axis)

    known = stats.bootstrap(
        (a, b), differ, paired=True, n_resamples=1_000, method="percentile", rng=rng, batch=100
    )
    low, high = known.confidence_interval
    width = found.high - found.low
    assert width == pytest.approx(high - low, rel=0.1)
    assert (found.low, found.high) == pytest.approx((low, high), abs=width / 8)
    # paired, it is shorter than two samples of requests would make it
    _, alone = paired_quantile_difference(a, rng.permutation(b), 0.9, 0.95)
    assert width < 0.8 * (alone.high - alone.low)
    shown = evidence(metric, log(a, b))[0]
    assert [row[0] for row in shown.rows] == [0.5, 0.9, 0.95, 0.99]


@pytest.mark.parametrize(("q", "least"), [(0.95, 72), (0.99, 368)])
def test_a_tail_needs_enough_requests(q, least):
    times = np.random.default_rng(2).exponential(size=(2, 400))
    metric = LatencyDifference(**MODELS, quantile=q)
    few = measure(metric, log(*times[:, : least - 1]))
    assert (few.low, few.high) == (None, None)
    assert measure(metric, log(*times[:, :least])).high is not None


def test_equal_times_differ_by_nothing():
    times = np.random.default_rng(3).exponential(size=300)
    found = measure(LatencyDifference(**MODELS, quantile=0.5), log(times, times))
    assert found.value == 0
    assert found.low < 0 < found.high
    tied = measure(LatencyDifference(**MODELS, quantile=0.5), log([1.0] * 300, [2.0] * 300))
    assert (tied.low, tied.value, tied.high) == (1, 1, 1)


@pytest.mark.parametrize(
    ("a", "b", "q", "said"),
    [
        ([1.0], [1.0, 2.0], 0.5, "1 and 2 values are not paired"),
        ([], [], 0.5, "0 and 0 values are not paired"),
        ([1.0, math.nan], [1.0, 2.0], 0.5, "a value is not finite"),
        ([1.0, 2.0], [1.0, math.inf], 0.5, "a value is not finite"),
        ([1.0, 2.0], [1.0, 2.0], 1.0, "lies between 0 and 1, not 1.0"),
    ],
)
def test_what_is_no_pair_of_samples_is_refused(a, b, q, said):
    with pytest.raises(ValueError, match=said):
        paired_quantile_difference(np.array(a), np.array(b), q, 0.95)


def test_what_is_no_quantile_is_refused():
    with pytest.raises(ValueError, match="quantile lies between 0 and 1, not 1"):
        LatencyDifference(**MODELS, quantile=1.0)
