"""Mean error: whether a model predicts too much or too little."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.core.metric import metric
from assay.metrics.regression.errors import ERROR, MeanMetric

if TYPE_CHECKING:
    from assay.core.expr import Expr


@metric(
    "regression.mean_error",
    unit="",
    formula="mean of prediction - target",
    interval="student-t",
    reference="ISO 5725-1:1994, bias (trueness)",
    example={},
)
class MeanError(MeanMetric):
    """Mean of prediction minus target: above 0 the model predicts too much."""

    reach = (-math.inf, math.inf)

    def loss(self) -> Expr:
        return ERROR
