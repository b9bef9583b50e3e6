"""Root mean squared error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.core.expr import call
from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.interval import census, measured
from assay.inference.means import root_mean
from assay.metrics.regression.errors import (
    ERROR,
    KNOWN,
    LABELLED,
    PAIRS,
    RegressionMetric,
    problem,
    residuals,
)
from assay.states import Moments

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.states import Count, Sample

_SQUARED = Moments(of=call("mul", ERROR, ERROR), where=KNOWN)


@metric(
    "regression.rmse",
    unit="",
    higher_is_better=False,
    formula="√ mean of (prediction - target)²",
    interval="delta-log",
    reference="sklearn.metrics.root_mean_squared_error",
    example={},
)
class Rmse(RegressionMetric):
    """Root mean squared error, in the unit of the target; large errors weigh most."""

    def aggregates(self, schema: Schema) -> tuple[Count | Moments | Sample, ...]:
        return LABELLED, _SQUARED, PAIRS

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        labelled, state = fold[LABELLED].n, fold[_SQUARED]
        reason = problem(labelled, state.n)
        if reason:
            return (Unmeasured(reason=reason, n=labelled, fault=state.n < labelled),)
        value = math.sqrt(state.mean)
        if how.census:
            return (census(value, n=state.n),)
        interval = root_mean(state.mean, state.variance, state.n, how.level)
        return (measured(value, interval, n=state.n, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        return residuals(fold)
