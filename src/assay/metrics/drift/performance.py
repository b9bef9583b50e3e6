"""What metrics of performance under drift share: rows of both sides, and scores over them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from msgspec import Meta

from assay.core.expr import Column, call
from assay.core.labels import label_positions
from assay.core.schema import NUMERIC, PREDICTION, TARGET, TEMPORAL, score_column
from assay.inference.shift.scores import area_score, mean_score, ratio_score, root_mean_score
from assay.metrics.classification.scores import PROBABILITY_SLACK, is_label, positive_position
from assay.states import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.expr import Expr, Scalar
    from assay.core.schema import ColumnInfo, Prediction, Schema
    from assay.inference.shift.impact import Score

ScoreName = Literal[
    "accuracy", "precision", "recall", "f1", "roc_auc", "log_loss", "brier", "mae", "rmse"
]
FEWEST = 30
"""Rows of a side, and rows that weighted ones are worth, below which nothing is estimated."""

_OF_NUMBERS = ("mae", "rmse")
_OF_SCORES = ("roc_auc", "log_loss", "brier")
_OF_TWO = ("precision", "recall", "f1", "roc_auc")
_SURE = 1e-15

Columns = Annotated[
    tuple[str, ...] | None,
    Meta(
        description="Columns whose shift is considered; those that the model is fed with if not "
        "given."
    ),
]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one side; arrays of shape (n,).

    Attributes:
        truth: position of the target's label, or the target itself; NaN where there is none.
        answer: the same of the prediction.
        scores: of each label, or of none.
        columns: by name; a text is a number that stands for it, a missing value is NaN.
        positive: position of the positive label (binary).
        group: that each row is in, where rows come in clusters; else None.
    """

    truth: NDArray[np.float64]
    answer: NDArray[np.float64]
    scores: tuple[NDArray[np.float64], ...]
    columns: dict[str, NDArray[np.float64]]
    positive: int | None
    group: NDArray[np.intp] | None = None

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.truth)

    def where(self, chosen: NDArray[np.bool_]) -> Rows:
        """Some of the rows."""
        return Rows(
            self.truth[chosen], self.answer[chosen], tuple(s[chosen] for s in self.scores),
            {name: column[chosen] for name, column in self.columns.items()}, self.positive,
            None if self.group is None else self.group[chosen],
        )  # fmt: skip

    @property
    def labelled(self) -> Rows:
        """Those with a target."""
        return self.where(~np.isnan(self.truth))

    @property
    def output(self) -> NDArray[np.float64]:
        """What the model says of each row, as one number."""
        if not self.scores:
            return self.answer
        if self.positive is not None:
            return self.scores[self.positive]
        greatest: NDArray[np.float64] = np.max(self.scores, axis=0)
        return greatest


def not_scored(schema: Schema, score: ScoreName) -> str | None:
    """Why such observations have no such score, or None."""
    prediction = schema.prediction
    if prediction is None:
        return "this is a table, not a model: there are no predictions to judge"
    if (prediction.task == "regression") != (score in _OF_NUMBERS):
        what = (
            "a number, not a class" if prediction.task == "regression" else "a class, not a number"
        )
        return f"the model predicts {what}, so it has no {score}"
    if score in _OF_TWO and prediction.task != "binary":
        return f"{score} is known here for two classes only"
    if prediction.task == "binary" and prediction.positive is None:
        return "the model's positive label is not stated: name it as `positive` of the subject"
    if score in _OF_SCORES and not prediction.has_scores:
        return "the model gives labels only, no scores"
    return None


def usable(schema: Schema, columns: tuple[str, ...] | None) -> list[ColumnInfo]:
    """Columns whose shift can be weighed: those named, or the model's features."""
    assert schema.prediction is not None  # by `applicable`
    names = schema.prediction.features if columns is None else columns
    found = (schema.find(name) for name in names)
    kinds = NUMERIC | TEMPORAL | {"boolean", "string"}
    return [info for info in found if info is not None and info.kind in kinds]


def sample(schema: Schema, columns: tuple[str, ...] | None) -> Sample:
    """Truth, answer, scores and columns of each row, in this order."""
    prediction = schema.prediction
    assert prediction is not None  # by `applicable`
    if prediction.task == "regression":
        roles: list[Expr] = [call("number", Column(TARGET)), call("number", Column(PREDICTION))]
    else:
        roles = [_position(TARGET, prediction), _position(PREDICTION, prediction)]
        if prediction.has_scores:
            roles += [Column(score_column(i)) for i in range(len(prediction.labels))]
    return Sample(of=(*roles, *(_number(info) for info in usable(schema, columns))))


def _position(column: str, prediction: Prediction) -> Expr:
    """The position of a row's label: -1 for one that the model does not know, null for none."""
    cases: list[Expr | Scalar] = []
    for i in range(len(prediction.labels)):
        if column == TARGET:
            cases += [is_label(prediction.labels, i), float(i)]
        else:
            spelt = [s for s, at in label_positions(prediction.labels).items() if at == i]
            cases += [call("in", call("text", Column(column)), *spelt), float(i)]
    return call("case", call("is_null", Column(column)), None, *cases, -1.0)


def _number(info: ColumnInfo) -> Expr:
    """A column's value as a number; of a text, one that is the same for equal texts."""
    column = Column(info.name)
    if info.kind == "string":
        return call("case", call("is_null", column), None, call("lot", column))
    return call("number", column)


def read(fold: Fold, columns: tuple[str, ...] | None) -> Rows:
    """The rows in the state of :func:`sample`; where they come in clusters, group by group."""
    schema = fold.schema
    prediction = schema.prediction
    assert prediction is not None  # by `applicable`
    wanted = sample(schema, columns)
    parts = [f[wanted].arrays() for f in ([fold] if fold.clusters is None else fold.clusters)]
    parts = [part for part in parts if part]
    group = None if fold.clusters is None else np.repeat(np.arange(len(parts)), _lengths(parts))
    arrays = tuple(np.concatenate(several) for several in zip(*parts, strict=True))
    names = [info.name for info in usable(schema, columns)]
    if not arrays:
        arrays = (np.array([]),) * len(wanted.of)
    scored = prediction.has_scores and prediction.task != "regression"
    k = len(prediction.labels) if scored else 0
    two = prediction.task == "binary"
    return Rows(
        arrays[0], arrays[1], arrays[2 : 2 + k], dict(zip(names, arrays[2 + k :], strict=True)),
        positive_position(prediction) if two else None, group,
    )  # fmt: skip


def _lengths(parts: Sequence[Sequence[NDArray[np.float64]]]) -> list[int]:
    return [len(part[0]) for part in parts]


def fault(rows: Rows, score: ScoreName) -> str | None:
    """Why the model's answers cannot be scored: some are missing, or are no probabilities."""
    needed = rows.scores if score in _OF_SCORES else (rows.answer,)
    bad = int((~np.all([np.isfinite(x) for x in needed], axis=0)).sum()) if rows.n else 0
    if bad:
        return f"{bad:,} of {rows.n:,} predictions are missing, NaN or infinite"
    if score in ("log_loss", "brier") and rows.n:
        low, high = np.min(rows.scores), np.max(rows.scores)
        if low < -PROBABILITY_SLACK or high > 1 + PROBABILITY_SLACK:
            return f"the scores are no probabilities: they reach from {low:.4g} to {high:.4g}"
    return None


def score_of(rows: Rows, name: ScoreName) -> Score:
    """The score of these labelled rows, as a function of weights that sum to 1."""
    if name in _OF_NUMBERS:
        gap = rows.answer - rows.truth
        return (
            partial(mean_score, np.abs(gap)) if name == "mae" else partial(root_mean_score, gap**2)
        )
    right = (rows.answer == rows.truth).astype(np.float64)
    if name == "accuracy":
        return partial(mean_score, right)
    if name == "log_loss":
        return partial(mean_score, -np.log(np.clip(_of_truth(rows), _SURE, 1.0)))
    if name == "brier":
        return partial(mean_score, _brier(rows))
    positive = (rows.truth == rows.positive).astype(np.float64)
    called = (rows.answer == rows.positive).astype(np.float64)
    match name:
        case "roc_auc":
            return partial(area_score, positive, rows.output)
        case "precision":
            return partial(ratio_score, positive * called, called)
        case "recall":
            return partial(ratio_score, positive * called, positive)
        case _:
            return partial(ratio_score, 2 * positive * called, positive + called)


def _of_truth(rows: Rows) -> NDArray[np.float64]:
    """The score of each row's own class; 0 where the model does not know it."""
    known = rows.truth >= 0
    at = np.where(known, rows.truth, 0).astype(np.intp)
    found: NDArray[np.float64] = np.stack(rows.scores)[at, np.arange(rows.n)]
    return np.where(known, found, 0.0)


def _brier(rows: Rows) -> NDArray[np.float64]:
    """Squared error of the positive class; of more classes, the sum over them."""
    if rows.positive is not None:
        gap: NDArray[np.float64] = rows.scores[rows.positive] - (rows.truth == rows.positive)
        return gap**2
    square = np.zeros(rows.n)
    for i, score in enumerate(rows.scores):
        square += (score - (rows.truth == i)) ** 2
    return square
