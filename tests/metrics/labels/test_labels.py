"""Metrics of labels over real observations and tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from tests.metrics.data.measuring import (
    CENSUS,
    evidence,
    failing,
    measure,
    not_applicable,
    reason,
)
from tests.metrics.observations import Observed

from assay.core.evidence import Examples, Matrix, Table, Text
from assay.core.schema import UNIT
from assay.metrics.labels.error_share import ErrorShare
from assay.metrics.labels.gold_accuracy import GoldAccuracy
from assay.metrics.labels.imbalance import Imbalance

FLIPPED = (3, 20, 47, 55, 70, 99, 101, 120, 140)


def irises(**columns):
    """150 irises with nine wrong labels, scored out of sample."""
    x, y = load_iris(return_X_y=True)
    y[list(FLIPPED)] = (y[list(FLIPPED)] + 1) % 3
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    scores = cross_val_predict(GaussianNB(), x, y, cv=folds, method="predict_proba")
    names = np.array(["a", "b", "c"])
    return Observed(
        names[y], names[scores.argmax(axis=1)], scores=scores, task="multiclass", labels=names,
        **columns,
    )  # fmt: skip


def test_finds_planted_errors_and_names_the_rows():
    observed = irises(**{UNIT: list(range(1_000, 1_150))})
    found = observed.one(ErrorShare())
    assert found.low < 9 / 150 < found.high
    assert found.value == pytest.approx(9 / 150, abs=0.03)
    joint, examples, note = observed.evidence(ErrorShare())
    assert isinstance(joint, Matrix)
    assert np.array(joint.values).sum() == pytest.approx(150, abs=0.5)
    assert isinstance(examples, Examples)
    assert examples.columns[0] == "row"
    named = [row[0] - 1_000 for row in examples.rows]
    assert set(named[:6]) <= set(FLIPPED)
    assert len(set(FLIPPED) & set(named)) >= 7
    assert all(row[3] < row[4] for row in examples.rows)
    assert isinstance(note, Text)


def test_rows_whose_unit_is_no_number_are_shown_without_it():
    _, examples, _ = irises().evidence(ErrorShare())
    assert examples.columns[0] == "label"
    _, named, _ = irises(**{UNIT: [f"r{i}" for i in range(150)]}).evidence(ErrorShare())
    assert named.columns == examples.columns


def test_binary_models_have_errors_too():
    rng = np.random.default_rng(0)
    truth = rng.random(800) < 0.4
    wrong = rng.random(800) < 0.1
    p = np.clip(np.where(truth, 0.9, 0.1) + rng.normal(0, 0.05, 800), 0, 1)
    observed = Observed(
        np.where(truth ^ wrong, "yes", "no"), np.where(p > 0.5, "yes", "no"),
        scores=np.column_stack([1 - p, p]),
    )  # fmt: skip
    found = observed.one(ErrorShare())
    assert found.low < wrong.mean() < found.high


@pytest.mark.parametrize(
    ("truth", "scores", "words"),
    [
        (["yes", "no", "no"], [[0.5, 0.5], [float("nan"), 0.1], [1, 0]], "1 of 3 rows have no"),
        (["yes", "no", "no"], [[0.5, 0.5], [3.5, 0.1], [1, 0]], "no probabilities"),
        (["yes", "what", "no"], [[0.5, 0.5], [0.1, 0.9], [1, 0]], "does not know"),
        (["no", "no", "no"], [[0.5, 0.5], [0.1, 0.9], [1, 0]], "every row has the target 'no'"),
        ([None, None, None], [[0.5, 0.5], [0.1, 0.9], [1, 0]], "no rows with a target"),
    ],
)
def test_scores_and_labels_that_say_nothing(truth, scores, words):
    observed = Observed(np.array(truth, dtype=object), ["no"] * 3, scores=scores)
    assert words in observed.reason(ErrorShare())
    assert observed.evidence(ErrorShare()) == ()


def test_a_class_with_one_row_and_rows_without_label_are_answered():
    truth = np.array(["yes", *["no"] * 40, None, None], dtype=object)
    scores = [[0.2, 0.8], *[[0.9, 0.1]] * 40, [0.5, 0.5], [0.5, 0.5]]
    observed = Observed(truth, ["no"] * 43, scores=scores)
    found = observed.one(ErrorShare())
    assert (found.value, found.n) == (0, 41)
    assert found.high > 0.05
    assert "2 rows without a label" in observed.evidence(ErrorShare())[-1].text


GOLD = pd.DataFrame(
    {
        "label": ["a", "b", "a", None, "b", "a", "c", "a"],
        "gold": ["a", "b", "b", "a", "b", None, "a", "a"],
    }
)


def test_gold_accuracy_counts_rows_with_gold_labels():
    metric = GoldAccuracy(label="label", gold="gold")
    found = measure(metric, GOLD)
    assert (found.value, found.n, found.method) == (4 / 7, 7, "wilson")
    rows, total = failing(metric, GOLD)
    assert total == 3
    assert {tuple(row) for row in rows} == {("a", "b"), (None, "a"), ("c", "a")}
    (matrix,) = evidence(metric, GOLD)
    assert (matrix.rows, matrix.columns) == (["a", "b"], ["(none)", "a", "b", "c"])
    assert matrix.values == [[1, 2, 0, 1], [0, 1, 2, 0]]


def test_gold_labels_of_another_type_are_the_same_labels():
    table = pd.DataFrame({"label": ["1", "0", "1"], "gold": [1.0, 0.0, 0.0]})
    assert measure(GoldAccuracy(label="label", gold="gold"), table).value == 2 / 3


def test_gold_sets_that_say_nothing():
    empty = GOLD.assign(gold=pd.Series([None] * 8, dtype="string"))
    assert "no rows with a gold label" in reason(GoldAccuracy(label="label", gold="gold"), empty)
    assert "no column 'g'" in not_applicable(GoldAccuracy(label="label", gold="g"), GOLD)
    with pytest.raises(ValueError, match="both"):
        GoldAccuracy(label="gold", gold="gold")


def test_imbalance_with_the_classes_behind_it():
    table = pd.DataFrame({"y": ["a"] * 90 + ["b"] * 9 + ["c"] + [None] * 5})
    found = measure(Imbalance(label="y"), table)
    assert (found.value, found.n) == (90, 100)
    assert found.low < 20 < 500 < found.high  # one row of the rarest says little
    assert measure(Imbalance(label="y"), table, CENSUS).low == 90
    (shown,) = evidence(Imbalance(label="y"), table)
    assert isinstance(shown, Table)
    assert [row[:3] for row in shown.rows] == [["c", 1, 0.01], ["b", 9, 0.09], ["a", 90, 0.9]]


def test_imbalance_of_labels_that_have_none():
    table = pd.DataFrame({"y": [1, 1, 1], "x": [0.5, 1.5, 2.5]})
    assert "every row has the label '1'" in reason(Imbalance(label="y"), table)
    lacking = reason(Imbalance(label="y", classes=("0", "1")), table)
    assert "no row has the label '0'" in lacking
    assert "not labels" in not_applicable(Imbalance(label="x"), table)
    with pytest.raises(ValueError, match="two different"):
        Imbalance(label="y", classes=("a", "a"))
