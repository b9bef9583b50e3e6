"""Mean absolute percentage error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.core.evidence import Text
from assay.core.expr import call
from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.means import mean
from assay.metrics.regression.errors import (
    ERROR,
    KNOWN,
    LABELLED,
    TRUTH,
    RegressionMetric,
    problem,
)
from assay.states import Count, Moments

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_NOT_ZERO = call("and", KNOWN, call("ne", TRUTH, 0.0))
_COUNTED = Count(where=_NOT_ZERO)
_LOSS = Moments(of=call("div", call("abs", ERROR), call("abs", TRUTH)), where=_NOT_ZERO)


@metric(
    "regression.mape",
    unit="share",
    higher_is_better=False,
    formula="mean of |prediction - target| / |target|, over rows whose target is not 0",
    interval="student-t",
    reference="sklearn.metrics.mean_absolute_percentage_error",
    example={},
)
class Mape(RegressionMetric):
    """Mean absolute error as a share of the target (0.1 is 10 %).

    A target of 0 has no percentage: such rows are left out, and the evidence says how many.
    """

    def aggregates(self, schema: Schema) -> tuple[Count | Moments, ...]:
        return LABELLED, _COUNTED, _LOSS

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        labelled, counted, state = fold[LABELLED].n, fold[_COUNTED].n, fold[_LOSS]
        reason = problem(labelled, labelled) or problem(counted, state.n)
        if labelled and not counted:
            reason = "every target is 0: there is nothing that an error could be a share of"
        if reason:
            return (Unmeasured(reason=reason, n=labelled, fault=state.n < counted),)
        ends = (0.0, math.inf)
        return (mean(state.mean, state.variance, state.n, how, unit=self.unit, ends=ends),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        zero, labelled = fold[LABELLED].n - fold[_COUNTED].n, fold[LABELLED].n
        if not zero:
            return ()
        said = f"{zero:,} of {labelled:,} rows have the target 0 and are left out."
        return (Text(title="Rows left out", text=said),)
