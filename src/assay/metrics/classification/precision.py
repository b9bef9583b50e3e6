"""Precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.metric import metric
from assay.metrics.classification.ratios import Average, Outcomes, RatioMetric

if TYPE_CHECKING:
    from numpy.typing import NDArray


@metric(
    "classification.precision",
    unit="share",
    higher_is_better=True,
    formula="true positives / predicted positives",
    interval="wilson; dirichlet for macro and weighted averages",
    reference="sklearn.metrics.precision_score",
    example={},
)
class Precision(RatioMetric):
    """Share of the rows predicted to be of a class that are of it."""

    average: Average | None = None
    undefined = "no row is predicted to be {label!r}"

    def parts(self, outcomes: Outcomes) -> tuple[NDArray[Any], NDArray[Any]]:
        return outcomes.tp, outcomes.tp + outcomes.fp
