"""Quantile loss, also called pinball loss."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import msgspec

from assay.core.expr import call
from assay.core.metric import metric
from assay.metrics.regression.errors import ANSWER, TRUTH, MeanMetric

if TYPE_CHECKING:
    from assay.core.expr import Expr


@metric(
    "regression.quantile_loss",
    unit="",
    higher_is_better=False,
    formula="mean of max(q (target - prediction), (q - 1)(target - prediction))",
    interval="student-t",
    reference="sklearn.metrics.mean_pinball_loss",
    example={"q": 0.9},
)
class QuantileLoss(MeanMetric):
    """Loss that is least where the prediction is the target's quantile at probability ``q``."""

    q: Annotated[
        float, msgspec.Meta(gt=0, lt=1, description="probability of the predicted quantile")
    ] = 0.5
    reach = (0.0, math.inf)

    def loss(self) -> Expr:
        short = call("sub", TRUTH, ANSWER)
        return call("greatest", call("mul", self.q, short), call("mul", self.q - 1, short))
