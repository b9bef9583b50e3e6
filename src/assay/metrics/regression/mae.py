"""Mean absolute error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.core.expr import call
from assay.core.metric import metric
from assay.metrics.regression.errors import ERROR, MeanMetric

if TYPE_CHECKING:
    from assay.core.expr import Expr


@metric(
    "regression.mae",
    unit="",
    higher_is_better=False,
    formula="mean of |prediction - target|",
    interval="student-t",
    reference="sklearn.metrics.mean_absolute_error",
    example={},
)
class Mae(MeanMetric):
    """Mean absolute error, in the unit of the target."""

    reach = (0.0, math.inf)
    shows_residuals = True

    def loss(self) -> Expr:
        return call("abs", ERROR)
