"""Metrics of class scores: scikit-learn's figures, and what to say where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from tests.metrics.observations import Observed

from assay.core.measurement import Unmeasured
from assay.metrics.classification.average_precision import AveragePrecision
from assay.metrics.classification.brier import Brier
from assay.metrics.classification.expected_calibration_error import ExpectedCalibrationError
from assay.metrics.classification.log_loss import LogLoss
from assay.metrics.classification.roc_auc import RocAuc

ALL = (RocAuc(), AveragePrecision(), Brier(), LogLoss(), ExpectedCalibrationError())


def binary(seed: int, n: int = 200, digits: int = 2):
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.3
    y[:2] = True, False
    p = np.round(1 / (1 + np.exp(-rng.normal(0, 1, n) - 1.5 * y + 0.5)), digits)
    truth = np.where(y, "yes", "no")
    answer = np.where(p >= 0.5, "yes", "no")
    return y, p, Observed(truth, answer, scores=np.column_stack([1 - p, p]))


def multiclass(seed: int = 3, n: int = 400):
    rng = np.random.default_rng(seed)
    y = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    logits = rng.normal(0, 1, (n, 3))
    logits[np.arange(n), y] += 1.2
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    names = np.array(["a", "b", "c"])
    seen = Observed(
        names[y], names[p.argmax(axis=1)], scores=p, task="multiclass", labels=("a", "b", "c")
    )
    return y, p, seen


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), digits=st.sampled_from([1, 2, 8]))
def test_binary_agrees_with_scikit_learn(seed, digits):
    y, p, seen = binary(seed, digits=digits)
    expected = {
        RocAuc(): sk.roc_auc_score(y, p),
        AveragePrecision(): sk.average_precision_score(y, p),
        Brier(): sk.brier_score_loss(y, p),
        LogLoss(): sk.log_loss(y, np.column_stack([1 - p, p])),
    }
    for metric, value in expected.items():
        assert seen.one(metric).value == pytest.approx(value, rel=1e-9), metric


@pytest.mark.parametrize("average", ["macro", "weighted", "micro"])
def test_averages_agree_with_scikit_learn(average):
    y, p, seen = multiclass()
    auc = sk.roc_auc_score(y, p, multi_class="ovr", average=average)
    assert seen.one(RocAuc(average=average)).value == pytest.approx(auc, rel=1e-9)
    precision = sk.average_precision_score(np.eye(3)[y], p, average=average)
    found = seen.one(AveragePrecision(average=average))
    assert found.value == pytest.approx(precision, rel=1e-9)


def test_multiclass_losses_agree_with_scikit_learn():
    y, p, seen = multiclass()
    assert seen.one(LogLoss()).value == pytest.approx(sk.log_loss(y, p), rel=1e-9)
    assert seen.one(Brier()).value == pytest.approx(sk.brier_score_loss(y, p), rel=1e-9)


def test_per_class_is_one_against_the_rest():
    y, p, seen = multiclass()
    for metric, reference in (
        (RocAuc(average="per_class"), sk.roc_auc_score),
        (AveragePrecision(average="per_class"), sk.average_precision_score),
    ):
        found = seen.by_key(metric, "class")
        assert {k: m.value for k, m in found.items()} == pytest.approx(
            {c: reference(y == i, p[:, i]) for i, c in enumerate("abc")}, rel=1e-9
        )


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_calibration_error_agrees_with_scikit_learns_curve(strategy):
    from sklearn.calibration import calibration_curve

    y, p, seen = binary(11, n=500, digits=8)
    frequency, confidence = calibration_curve(y, p, n_bins=10, strategy=strategy)
    edges = np.linspace(0, 1, 11) if strategy == "uniform" else np.quantile(p, np.arange(11) / 10)
    weight = np.bincount(np.searchsorted(edges[1:-1], p), minlength=10)
    expected = weight[weight > 0] @ np.abs(frequency - confidence) / 500
    metric = ExpectedCalibrationError(bins=10, strategy=strategy)
    assert seen.one(metric).value == pytest.approx(expected, rel=1e-9)


def test_multiclass_calibration_is_of_the_highest_score():
    y, p, seen = multiclass()
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    at = np.minimum((confidence * 15).astype(int), 14)
    gaps = [abs((right[at == b] - confidence[at == b]).sum()) for b in range(15)]
    found = seen.one(ExpectedCalibrationError())
    assert found.value == pytest.approx(sum(gaps) / len(y), rel=1e-9)


def test_targets_of_another_type_are_the_same_labels():
    y, p, seen = binary(4)
    scores = np.column_stack([1 - p, p])
    other = Observed(y.astype(float), y, scores=scores, labels=(0, 1), positive=1)
    for metric in ALL:
        assert other.one(metric).value == pytest.approx(seen.one(metric).value, rel=1e-12)


def test_positive_may_be_the_first_label():
    y, p, _ = binary(5)
    seen = Observed(
        np.where(y, "deny", "grant"),
        np.where(p >= 0.5, "deny", "grant"),
        scores=np.column_stack([p, 1 - p]),
        labels=("deny", "grant"),
        positive="deny",
    )
    assert seen.one(RocAuc()).value == pytest.approx(sk.roc_auc_score(y, p))
    assert seen.one(Brier()).value == pytest.approx(sk.brier_score_loss(y, p))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None])
def test_a_score_that_is_no_number_is_not_left_out_in_silence(bad):
    seen = Observed(
        ["yes", "no", "no", "yes"], ["yes"] * 4, scores=[[0.1, 0.9], [0.5, 0.5], [bad, bad], [0, 1]]
    )
    for metric in ALL:
        assert seen.reason(metric).startswith("1 of 4 rows have no usable score"), metric
    assert seen.evidence(RocAuc()) == ()


def test_rows_without_a_target_are_left_out():
    seen = Observed(
        ["yes", None, "no", "yes"],
        ["yes"] * 4,
        scores=[[0.1, 0.9], [float("nan")] * 2, [0.8, 0.2], [0.4, 0.6]],
    )
    for metric in ALL:
        assert seen.one(metric).n == 3


@pytest.mark.parametrize("label", ["yes", "no"])
def test_one_class_only(label):
    seen = Observed([label] * 3, ["yes"] * 3, scores=[[0.1, 0.9], [0.5, 0.5], [0.3, 0.7]])
    said = "every row has" if label == "yes" else "no row has"
    assert seen.reason(RocAuc()) == f"{said} the target 'yes'"
    assert seen.reason(AveragePrecision()) == f"{said} the target 'yes'"
    assert seen.one(Brier()).n == 3


def test_a_class_that_does_not_occur_spoils_the_average_alone():
    y, p, _ = multiclass()
    names = np.array(["a", "b", "c"])
    keep = y < 2
    seen = Observed(
        names[y[keep]], names[y[keep]], scores=p[keep], task="multiclass", labels=("a", "b", "c")
    )
    assert seen.reason(RocAuc()) == "no row has the target 'c', so there is no macro average"
    found = seen.by_key(RocAuc(average="per_class"), "class")
    assert isinstance(found["c"], Unmeasured)
    assert found["a"].value == pytest.approx(sk.roc_auc_score(y[keep] == 0, p[keep, 0]))


def test_scores_that_are_no_probabilities_have_a_ranking_only():
    y, p, _ = binary(6)
    margin = np.column_stack([-p * 9, p * 9])
    seen = Observed(np.where(y, "yes", "no"), ["yes"] * len(y), scores=margin)
    assert seen.one(RocAuc()).value == pytest.approx(sk.roc_auc_score(y, p))
    for metric in (Brier(), LogLoss(), ExpectedCalibrationError()):
        assert "no probabilities" in seen.reason(metric)


def test_certain_and_wrong_costs_as_much_as_in_scikit_learn():
    seen = Observed(["yes", "no"], ["no", "no"], scores=[[1.0, 0.0], [1.0, 0.0]])
    assert seen.one(LogLoss()).value == pytest.approx(sk.log_loss([1, 0], [[1.0, 0.0], [1.0, 0.0]]))


def test_labels_only_and_wrong_tasks_have_reasons():
    labels_only = Observed(["yes"], ["yes"])
    numbers = Observed([1.0], [2.0], task="regression")
    for metric in ALL:
        assert metric.applicable(labels_only.schema) == "the model gives labels only, no scores"
        assert metric.applicable(numbers.schema) == "the model predicts a number, not a class"


def test_perfect_separation_leaves_room_below():
    y = np.arange(40) % 2 == 0
    p = np.where(y, 0.9, 0.1)
    seen = Observed(np.where(y, "yes", "no"), ["yes"] * 40, scores=np.column_stack([1 - p, p]))
    for metric in (RocAuc(), AveragePrecision(), RocAuc(average="macro"), RocAuc(average="micro")):
        found = seen.one(metric)
        assert found.value == 1
        assert 0.7 < found.low < 0.99
