"""What all metrics of a predicted number share: which rows count, and the base classes."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from assay.core.collection import Predictions
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric
from assay.core.schema import NUMERIC, PREDICTION, TARGET
from assay.inference.means import mean
from assay.metrics.regression.charts import residual_charts
from assay.states import Count, Moments, Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

TRUTH = call("number", Column(TARGET))
ANSWER = call("number", Column(PREDICTION))
ERROR = call("sub", ANSWER, TRUTH)
KNOWN = call("finite", Column(TARGET))
LABELLED = Count(where=KNOWN)
PAIRS = Sample(of=(TRUTH, ANSWER), where=KNOWN)


class RegressionMetric(Metric):
    """Base of the metrics of regression models."""

    def collection(self) -> Predictions:
        return Predictions()

    def applicable(self, schema: Schema) -> str | None:
        prediction = schema.prediction
        if prediction is None:
            return "this is a table, not a model: there are no predictions to judge"
        if prediction.task != "regression":
            return "the model predicts a class, not a number"
        target = schema.find(TARGET)
        if target is not None and target.kind not in NUMERIC | {"boolean"}:
            return f"the target is of type {target.native}, not a number"
        return None


def problem(labelled: int, answered: int) -> str | None:
    """Why nothing can be measured, or None: every row with a target needs a finite prediction."""
    if labelled == 0:
        return "there are no rows with a finite target"
    if answered < labelled:
        missing = labelled - answered
        return f"{missing:,} of {labelled:,} predictions are missing, NaN or infinite"
    return None


class MeanMetric(RegressionMetric):
    """Base of the metrics that are a mean over rows of ``loss``.

    Attributes:
        reach: least and greatest value of the mean.
        shows_residuals: folds the rows too, for the residual charts.
    """

    reach: ClassVar[tuple[float, float]]
    shows_residuals: ClassVar[bool] = False

    @abstractmethod
    def loss(self) -> Expr:
        """What one row costs."""

    def _moments(self) -> Moments:
        return Moments(of=self.loss(), where=KNOWN)

    def aggregates(self, schema: Schema) -> tuple[Count | Moments | Sample, ...]:
        rows = (PAIRS,) if self.shows_residuals else ()
        return (LABELLED, self._moments(), *rows)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        labelled, state = fold[LABELLED].n, fold[self._moments()]
        reason = problem(labelled, state.n)
        if reason:
            return (Unmeasured(reason=reason, n=labelled, fault=state.n < labelled),)
        return (mean(state.mean, state.variance, state.n, how, unit=self.unit, ends=self.reach),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        return residuals(fold) if self.shows_residuals else ()


def pairs(fold: Fold) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Targets and predictions of the rows with a finite target, shape (n,) each."""
    truth, answer = fold[PAIRS].arrays()
    return truth, answer


def residuals(fold: Fold) -> tuple[Evidence, ...]:
    """Residual charts, where every row has a finite prediction."""
    import numpy as np

    truth, answer = pairs(fold)
    with np.errstate(over="ignore", invalid="ignore"):
        residual = answer - truth
    if len(truth) == 0 or not np.isfinite(residual).all():
        return ()
    return residual_charts(answer, residual)
