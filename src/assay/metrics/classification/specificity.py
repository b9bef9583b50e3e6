"""Specificity, also called selectivity or true negative rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.metric import metric
from assay.metrics.classification.ratios import Average, Outcomes, RatioMetric

if TYPE_CHECKING:
    from numpy.typing import NDArray


@metric(
    "classification.specificity",
    unit="share",
    higher_is_better=True,
    formula="true negatives / actual negatives",
    interval="wilson; dirichlet for averages over classes",
    reference="imblearn.metrics.specificity_score",
    example={},
)
class Specificity(RatioMetric):
    """Share of the rows not of a class that are not predicted to be of it."""

    average: Average | None = None
    undefined = "every row has the target {label!r}"
    micro_is_accuracy = False

    def parts(self, outcomes: Outcomes) -> tuple[NDArray[Any], NDArray[Any]]:
        return outcomes.tn, outcomes.tn + outcomes.fp
