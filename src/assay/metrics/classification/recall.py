"""Recall, also called sensitivity or true positive rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.metric import metric
from assay.metrics.classification.ratios import Average, Outcomes, RatioMetric

if TYPE_CHECKING:
    from numpy.typing import NDArray


@metric(
    "classification.recall",
    unit="share",
    higher_is_better=True,
    formula="true positives / actual positives",
    interval="wilson; dirichlet for macro and weighted averages",
    reference="sklearn.metrics.recall_score",
    example={},
)
class Recall(RatioMetric):
    """Share of the rows of a class that are predicted to be of it."""

    average: Average | None = None
    undefined = "no row has the target {label!r}"

    def parts(self, outcomes: Outcomes) -> tuple[NDArray[Any], NDArray[Any]]:
        return outcomes.tp, outcomes.tp + outcomes.fn
