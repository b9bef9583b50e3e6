"""Brier score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.expr import Column, call
from assay.core.metric import metric
from assay.core.schema import score_column
from assay.metrics.classification.probability import ProbabilityMetric
from assay.metrics.classification.scores import is_label, positive_position

if TYPE_CHECKING:
    from assay.core.expr import Expr
    from assay.core.schema import Prediction


@metric(
    "classification.brier",
    unit="",
    higher_is_better=False,
    formula="mean squared gap between the positive class's probability and 1 or 0; summed over "
    "the classes where there are more than two",
    interval="student-t",
    reference="sklearn.metrics.brier_score_loss",
    example={},
)
class Brier(ProbabilityMetric):
    """Mean squared error of the probabilities: from 0 to 1 for two classes, to 2 for more."""

    def loss(self, prediction: Prediction) -> Expr:
        if prediction.task == "binary":
            return _squared_gap(prediction, positive_position(prediction))
        total: Expr = _squared_gap(prediction, 0)
        for i in range(1, len(prediction.labels)):
            total = call("add", total, _squared_gap(prediction, i))
        return total

    def greatest(self, prediction: Prediction) -> float:
        return 1.0 if prediction.task == "binary" else 2.0


def _squared_gap(prediction: Prediction, position: int) -> Expr:
    """Of the class at a position, for each row."""
    happened = call("case", is_label(prediction.labels, position), 1.0, 0.0)
    gap = call("sub", Column(score_column(position)), happened)
    return call("mul", gap, gap)
