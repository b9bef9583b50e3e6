"""Coefficient of determination."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.interval import census, measured
from assay.inference.means import explained_share
from assay.metrics.regression.errors import PAIRS, RegressionMetric, pairs, problem, residuals

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.states import Sample


@metric(
    "regression.r2",
    unit="",
    higher_is_better=True,
    formula="1 - Σ(prediction - target)² / Σ(target - mean target)²",
    interval="delta-log",
    reference="sklearn.metrics.r2_score",
    example={},
)
class R2(RegressionMetric):
    """Share of the target's variance that the predictions explain.

    0 is as good as always predicting the mean; below 0 is worse than that.
    """

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        return (PAIRS,)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        truth, answer = pairs(fold)
        n = len(truth)
        answered = int(np.isfinite(answer).sum())
        reason = problem(n, answered)
        if reason is None and np.ptp(truth) == 0:
            reason = "all targets are equal: there is no variance to explain"
        if reason:
            return (Unmeasured(reason=reason, n=n, fault=answered < n),)
        value, interval = explained_share(truth, answer - truth, how.level)
        if how.census:
            return (census(value, n=n),)
        return (measured(value, interval, n=n, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        return residuals(fold)
