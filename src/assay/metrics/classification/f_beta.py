"""The F measure: precision and recall in one figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from assay.core.metric import metric
from assay.metrics.classification.ratios import Average, Outcomes, RatioMetric

if TYPE_CHECKING:
    from numpy.typing import NDArray


@metric(
    "classification.f_beta",
    unit="",
    higher_is_better=True,
    formula="(1 + beta²) TP / ((1 + beta²) TP + beta² FN + FP)",
    interval="dirichlet; wilson for the micro average",
    reference="sklearn.metrics.fbeta_score",
    example={"beta": 1.0},
)
class FBeta(RatioMetric):
    """Weighted harmonic mean of precision and recall; 0 where both are 0."""

    beta: Annotated[
        float, msgspec.Meta(gt=0, description="weight of recall; above 1 favours it")
    ] = 1.0
    average: Average | None = None
    binomial = False
    undefined = "no row has the target {label!r} or is predicted to be"

    def parts(self, outcomes: Outcomes) -> tuple[NDArray[Any], NDArray[Any]]:
        weight = self.beta**2
        top = (1 + weight) * outcomes.tp
        return top, top + weight * outcomes.fn + outcomes.fp
