"""Metrics of predicted labels: scikit-learn's figures, and what to say where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from statsmodels.stats.proportion import proportion_confint
from tests.metrics.observations import Observed

from assay.core.measurement import Measurement
from assay.metrics.classification.accuracy import Accuracy, BalancedAccuracy
from assay.metrics.classification.confusion import CONFUSION
from assay.metrics.classification.f_beta import FBeta
from assay.metrics.classification.mcc import Mcc
from assay.metrics.classification.precision import Precision
from assay.metrics.classification.recall import Recall
from assay.metrics.classification.specificity import Specificity

ALL = (Accuracy(), BalancedAccuracy(), Mcc(), Precision(), Recall(), Specificity(), FBeta())


def labelled(rng: np.random.Generator, n: int, classes: list[str], right: float = 0.6):
    truth = rng.choice(classes, n, p=np.arange(1, len(classes) + 1) / sum(range(len(classes) + 1)))
    answer = np.where(rng.random(n) < right, truth, rng.choice(classes, n))
    return truth, answer


def test_all_share_one_fold():
    seen = Observed(["yes", "no"], ["yes", "yes"])
    assert {m.aggregates(seen.schema) for m in ALL} == {(CONFUSION,)}


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), beta=st.sampled_from([0.5, 1.0, 2.0]))
def test_binary_agrees_with_scikit_learn(seed, beta):
    truth, answer = labelled(np.random.default_rng(seed), 200, ["no", "yes"])
    seen = Observed(truth, answer)
    yes = {"pos_label": "yes"}
    expected = {
        Accuracy(): sk.accuracy_score(truth, answer),
        BalancedAccuracy(): sk.balanced_accuracy_score(truth, answer),
        Mcc(): sk.matthews_corrcoef(truth, answer),
        Precision(): sk.precision_score(truth, answer, **yes),
        Recall(): sk.recall_score(truth, answer, **yes),
        Specificity(): sk.recall_score(truth, answer, pos_label="no"),
        FBeta(beta=beta): sk.fbeta_score(truth, answer, beta=beta, **yes),
    }
    for metric, value in expected.items():
        assert seen.one(metric).value == pytest.approx(value, abs=1e-12), metric


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_averages_agree_with_scikit_learn(average):
    truth, answer = labelled(np.random.default_rng(5), 400, ["a", "b", "c", "d"])
    seen = Observed(truth, answer, task="multiclass", labels=("a", "b", "c", "d"))
    for metric, reference in (
        (Precision(average=average), sk.precision_score),
        (Recall(average=average), sk.recall_score),
        (FBeta(average=average), sk.f1_score),
    ):
        expected = reference(truth, answer, average=average)
        assert seen.one(metric).value == pytest.approx(expected, abs=1e-12)
    assert seen.one(Mcc()).value == pytest.approx(sk.matthews_corrcoef(truth, answer), abs=1e-12)
    tables = sk.multilabel_confusion_matrix(truth, answer)
    true_negative, false_positive = tables[:, 0, 0], tables[:, 0, 1]
    ratios = true_negative / (true_negative + false_positive)
    weights = {"macro": None, "weighted": tables[:, 1].sum(axis=1)}
    expected = (
        true_negative.sum() / (true_negative + false_positive).sum()
        if average == "micro"
        else np.average(ratios, weights=weights[average])
    )
    assert seen.one(Specificity(average=average)).value == pytest.approx(expected, abs=1e-12)


def test_multiclass_default_is_macro_and_binary_is_the_positive_class():
    truth, answer = labelled(np.random.default_rng(6), 300, ["a", "b", "c"])
    seen = Observed(truth, answer, task="multiclass", labels=("a", "b", "c"))
    assert seen.one(Recall()) == seen.one(Recall(average="macro"))
    binary = Observed(["yes", "no", "yes", "no"], ["yes", "no", "no", "no"])
    assert binary.one(Recall()).value == 0.5
    assert binary.one(Recall(average="macro")).value == 0.75


def test_per_class_gives_one_measurement_each():
    truth, answer = labelled(np.random.default_rng(7), 300, ["a", "b", "c"])
    seen = Observed(truth, answer, task="multiclass", labels=("a", "b", "c"))
    expected = dict(zip("abc", sk.f1_score(truth, answer, average=None), strict=True))
    found = seen.by_key(FBeta(average="per_class"), "class")
    assert {k: m.value for k, m in found.items()} == pytest.approx(expected, abs=1e-12)


def test_wilson_intervals_are_statsmodels():
    truth, answer = labelled(np.random.default_rng(8), 250, ["no", "yes"])
    seen = Observed(truth, answer)
    hit = int(((truth == "yes") & (answer == "yes")).sum())
    rows = {
        Accuracy(): (int((truth == answer).sum()), 250),
        Recall(): (hit, int((truth == "yes").sum())),
        Precision(): (hit, int((answer == "yes").sum())),
    }
    for metric, (successes, n) in rows.items():
        found = seen.one(metric, level=0.9)
        expected = proportion_confint(successes, n, alpha=0.1, method="wilson")
        assert (found.low, found.high) == pytest.approx(expected, abs=1e-12)
        assert (found.n, found.method, found.level) == (n, "wilson", 0.9)


def test_same_seed_same_interval_and_census_has_none():
    truth, answer = labelled(np.random.default_rng(9), 250, ["no", "yes"])
    seen = Observed(truth, answer)
    assert seen.one(Mcc(), seed=3) == seen.one(Mcc(), seed=3)
    assert seen.one(Mcc(), seed=3).low != seen.one(Mcc(), seed=4).low
    exact = seen.one(Mcc(), census=True)
    assert (exact.low, exact.high, exact.method) == (exact.value, exact.value, "census")


@pytest.mark.parametrize(
    ("truth", "positive", "labels"),
    [
        ([1, 0, 1, 1], True, (False, True)),
        ([True, False, True, True], 1, (0, 1)),
        (["1", "0", "1", "1"], 1, (0, 1)),
        ([1.0, 0.0, 1.0, 1.0], "1", ("0", "1")),
        (["true", "false", "true", "true"], True, (False, True)),
    ],
)
def test_labels_compare_by_their_text(truth, positive, labels):
    seen = Observed(truth, [True, False, False, True], labels=labels, positive=positive)
    assert seen.one(Accuracy()).value == 0.75
    assert seen.one(Recall()).value == pytest.approx(2 / 3)
    (matrix,) = seen.evidence(Recall())
    assert matrix.values == [[1, 0], [1, 2]]


def test_a_label_the_model_does_not_know_is_a_row_of_its_own():
    seen = Observed(["yes", "maybe", "no"], ["yes", "yes", "no"])
    (matrix,) = seen.evidence(Accuracy())
    assert matrix.rows == ["no", "yes", "maybe"]
    assert matrix.values == [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    assert seen.one(Accuracy()).value == pytest.approx(2 / 3)
    assert seen.one(Precision()).value == 0.5


def test_rows_without_a_target_are_left_out_and_counted():
    seen = Observed(["yes", None, "no"], ["yes", "yes", "no"])
    assert seen.one(Accuracy()).n == 2
    (matrix,) = seen.evidence(Accuracy())
    assert "1 rows without a target" in matrix.title


def test_a_row_without_a_prediction_is_no_success():
    seen = Observed(["yes", "no", "no"], ["yes", None, "no"])
    for metric in ALL:
        assert seen.reason(metric) == "the model gave no label for 1 of 3 rows"


@pytest.mark.parametrize(
    ("metric", "truth", "answer", "reason"),
    [
        (Precision(), ["yes", "no"], ["no", "no"], "no row is predicted to be 'yes'"),
        (Recall(), ["no", "no"], ["no", "yes"], "no row has the target 'yes'"),
        (Specificity(), ["yes", "yes"], ["no", "yes"], "every row has the target 'yes'"),
        (FBeta(), ["no", "no"], ["no", "no"], "no row has the target 'yes' or is predicted to be"),
        (BalancedAccuracy(), ["no", "no"], ["no", "yes"], "every row has the target 'no'"),
        (Mcc(), ["no", "no"], ["no", "yes"], "every row has the target 'no'"),
        (Accuracy(), [None, None], ["no", "yes"], "there are no rows with a target"),
        (
            Precision(average="macro"),
            ["yes", "no"],
            ["no", "no"],
            "no row is predicted to be 'yes', so there is no macro average",
        ),
    ],
)
def test_nothing_to_measure_has_a_reason(metric, truth, answer, reason):
    import pyarrow as pa

    seen = Observed(pa.array(truth, pa.string()), answer)
    assert seen.reason(metric) == reason


def test_constant_predictions_have_mcc_zero():
    seen = Observed(["yes", "no", "no", "yes"], ["no"] * 4)
    assert seen.one(Mcc()).value == 0 == sk.matthews_corrcoef([1, 0, 0, 1], [0] * 4)


def test_perfect_predictions_leave_room_below():
    """Twenty of twenty right is not certainty, whichever interval is used."""
    seen = Observed(["yes", "no"] * 10, ["yes", "no"] * 10)
    for metric in ALL:
        found = seen.one(metric)
        assert found.value == 1 == found.high
        assert 0.5 < found.low < 0.95, metric


def test_one_row_is_enough_for_what_it_defines():
    seen = Observed(["yes"], ["yes"])
    found = seen.one(FBeta())
    assert (found.value, found.n) == (1, 1)
    assert 0 < found.low < 0.9


def test_a_regression_model_has_no_accuracy():
    seen = Observed([1.0], [2.0], task="regression")
    for metric in ALL:
        assert metric.applicable(seen.schema) == "the model predicts a number, not a class"


def test_many_rows_do_not_overflow():
    """Products of counts pass 2^63 from about three million rows on."""
    from assay.core.aggregate import Fold
    from assay.core.measurement import Estimation
    from assay.states import FrequenciesState

    seen = Observed(["yes", "no"], ["yes", "no"])
    cells = {("yes", "yes"): 4_000_000_000, ("no", "no"): 5_000_000_000, ("no", "yes"): 10**9}
    state = FrequenciesState.of(cells)
    (found,) = Mcc().estimate(Fold(seen.schema, {CONFUSION: {(): state}}), Estimation())
    assert isinstance(found, Measurement)
    assert found.value == pytest.approx(0.816497, abs=1e-6)
