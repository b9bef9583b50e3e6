"""Scores by row: one sample that all metrics of rankings and calibration share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assay.core.collection import Predictions
from assay.core.expr import Column, call
from assay.core.labels import label_positions, label_text
from assay.core.metric import Metric
from assay.core.schema import TARGET, score_column
from assay.metrics.classification.confusion import not_a_classifier
from assay.states import Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.core.expr import Expr, Scalar
    from assay.core.schema import Prediction, Schema
    from assay.states import SampleState

PROBABILITY_SLACK = 1e-6
"""How far beyond 0 and 1 a score may lie and still be a probability (single precision)."""


def is_label(labels: tuple[Scalar, ...], position: int) -> Expr:
    """True where the target is the label at a position, however it is spelt."""
    spelt = [text for text, at in label_positions(labels).items() if at == position]
    return call("in", call("text", Column(TARGET)), *spelt)


def positive_position(prediction: Prediction) -> int:
    """Position of the positive label among the labels of a binary model."""
    assert prediction.positive is not None  # by `applicable`
    return label_positions(prediction.labels)[label_text(prediction.positive)]


@dataclass(frozen=True, eq=False)
class Contest:
    """One class against the rest: ``positive`` and ``score`` have shape (n,)."""

    label: str
    positive: NDArray[np.bool_]
    score: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """Rows that have a target, with their scores.

    Attributes:
        contests: the positive class of a binary model, or every class against the rest.
        n: rows with a target.
        unlabelled: rows without one, left out.
        unusable: rows with a target for which a score is missing, NaN or infinite.
    """

    contests: tuple[Contest, ...]
    n: int
    unlabelled: int
    unusable: int

    def problem(self, *, probabilities: bool = False) -> str | None:
        """Why nothing can be measured with these scores, or None."""
        if self.n == 0:
            return "there are no rows with a target"
        if self.unusable:
            return unusable_scores(self.unusable, self.n)
        if probabilities:
            low = min(float(c.score.min()) for c in self.contests)
            high = max(float(c.score.max()) for c in self.contests)
            if low < -PROBABILITY_SLACK or high > 1 + PROBABILITY_SLACK:
                return f"the scores are no probabilities: they reach from {low:.4g} to {high:.4g}"
        return None


def unusable_scores(rows: int, total: int) -> str:
    """The reason where some rows have no finite score."""
    return (
        f"{rows:,} of {total:,} rows have no usable score: "
        "it is missing, NaN or infinite, or their target is a class that the model does not know"
    )


def sample_of(prediction: Prediction, *, every_class: bool) -> Sample:
    """Target and scores by row: a class's position (-1: unknown, null: no target), then scores.

    A binary model whose positive class alone is asked for has 1 or 0, and that class's score.
    """
    labels, target = prediction.labels, Column(TARGET)
    if every_class:
        cases: list[Expr | Scalar] = []
        for i in range(len(labels)):
            cases += [is_label(labels, i), float(i)]
        code = call("case", call("is_null", target), None, *cases, -1.0)
        return Sample(of=(code, *(Column(score_column(i)) for i in range(len(labels)))))
    at = positive_position(prediction)
    code = call("case", call("is_null", target), None, is_label(labels, at), 1.0, 0.0)
    return Sample(of=(code, Column(score_column(at))))


def read_scores(state: SampleState, prediction: Prediction, *, every_class: bool) -> Scores:
    """The scores in the state of :func:`sample_of`."""
    code, *scores = state.arrays()
    labelled = ~np.isnan(code)
    n = int(labelled.sum())
    if n < len(code):
        code, scores = code[labelled], [s[labelled] for s in scores]
    usable = np.isfinite(scores[0])
    for score in scores[1:]:
        usable &= np.isfinite(score)
    if every_class:
        labels = [label_text(label) for label in prediction.labels]
        contests = tuple(
            Contest(label, code == i, s)
            for i, (label, s) in enumerate(zip(labels, scores, strict=True))
        )
    else:
        contests = (Contest(label_text(prediction.positive), code == 1, scores[0]),)
    return Scores(contests, n, state.n - n, n - int(usable.sum()))


class ScoreMetric(Metric):
    """Base of the metrics that need class scores."""

    def collection(self) -> Predictions:
        return Predictions()

    def applicable(self, schema: Schema) -> str | None:
        reason = not_a_classifier(schema)
        if reason is None and schema.prediction is not None and not schema.prediction.has_scores:
            return "the model gives labels only, no scores"
        return reason


def prediction_of(schema: Schema) -> Prediction:
    """How to read the observations of a metric that applies to them."""
    assert schema.prediction is not None  # by `applicable`
    return schema.prediction
