"""Disparate impact: the ratio between the least and the most selected group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.metric import metric
from assay.inference.differences import least_ratio
from assay.metrics.fairness.disparity import Compared, DisparityMetric
from assay.metrics.fairness.groups import SELECTION, Label, MinGroup, Sensitive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.inference.interval import Interval


@metric(
    "fairness.demographic_parity_ratio",
    unit="",
    higher_is_better=True,
    formula="least / greatest selection rate over the groups",
    interval="mover-ratio-pairs",
    reference="fairlearn.metrics.demographic_parity_ratio; 29 CFR 1607.4 D (four-fifths rule)",
    example={"sensitive": ("sex", "race")},
)
class DemographicParityRatio(DisparityMetric):
    """How much less often the least selected group is predicted positive than the most selected.

    The four-fifths rule speaks of the favourable outcome: where the model's positive label is the
    unfavourable one (a denial), name the other as ``positive``.
    """

    sensitive: Sensitive
    min_group: MinGroup = 30
    positive: Label = None
    kinds = (SELECTION,)

    def value(self, compared: Sequence[Compared]) -> float | str:
        rates = compared[0].rates
        if max(rates) == 0:
            return "no row of any group is predicted positive, so the ratio is 0 / 0"
        return min(rates) / max(rates)

    def limits(self, compared: Sequence[Compared], level: float) -> Interval:
        return least_ratio(compared[0].shares, level)
