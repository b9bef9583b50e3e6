"""Log loss, also called cross-entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.expr import Column, call
from assay.core.metric import metric
from assay.core.schema import score_column
from assay.metrics.classification.probability import ProbabilityMetric
from assay.metrics.classification.scores import is_label

if TYPE_CHECKING:
    from assay.core.expr import Expr, Scalar
    from assay.core.schema import Prediction

EPSILON = 2.220446049250313e-16
"""Probabilities are kept this far from 0 and 1, as scikit-learn does (doubles)."""


@metric(
    "classification.log_loss",
    unit="",
    higher_is_better=False,
    formula="mean of -ln(probability given to the true class)",
    interval="student-t",
    reference="sklearn.metrics.log_loss",
    example={},
)
class LogLoss(ProbabilityMetric):
    """Mean negative logarithm of the probability that the model gave to what was true, in nats."""

    def loss(self, prediction: Prediction) -> Expr:
        cases: list[Expr | Scalar] = []
        for i in range(len(prediction.labels)):
            cases += [is_label(prediction.labels, i), Column(score_column(i))]
        given = call("case", *cases, None)
        inside = call("least", call("greatest", given, EPSILON), 1 - EPSILON)
        return call("sub", 0.0, call("ln", inside))

    def greatest(self, prediction: Prediction) -> float:
        return float("inf")
