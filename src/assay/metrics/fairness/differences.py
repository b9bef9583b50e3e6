"""Differences between groups: parity of selection, of errors, of precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.metric import metric
from assay.inference.differences import greatest_difference
from assay.metrics.fairness.disparity import Compared, DisparityMetric
from assay.metrics.fairness.groups import (
    FALSE_POSITIVES,
    PRECISION,
    SELECTION,
    TRUE_POSITIVES,
    Label,
    MinGroup,
    Sensitive,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.inference.interval import Interval


class DifferenceMetric(DisparityMetric):
    """Base: greatest rate minus least, in the kind of rate where that is worst."""

    def value(self, compared: Sequence[Compared]) -> float | str:
        return max(max(c.rates) - min(c.rates) for c in compared)

    def limits(self, compared: Sequence[Compared], level: float) -> Interval:
        return greatest_difference([c.shares for c in compared], level)


@metric(
    "fairness.demographic_parity_difference",
    unit="",
    higher_is_better=False,
    formula="greatest minus least selection rate over the groups",
    interval="newcombe-pairs",
    reference="fairlearn.metrics.demographic_parity_difference",
    example={"sensitive": ("sex", "race")},
)
class DemographicParityDifference(DifferenceMetric):
    """How far apart groups are in the share of rows predicted positive."""

    sensitive: Sensitive
    min_group: MinGroup = 30
    positive: Label = None
    kinds = (SELECTION,)


@metric(
    "fairness.equal_opportunity_difference",
    unit="",
    higher_is_better=False,
    formula="greatest minus least true positive rate over the groups",
    interval="newcombe-pairs",
    reference="fairlearn.metrics.equal_opportunity_difference",
    example={"sensitive": ("sex",)},
)
class EqualOpportunityDifference(DifferenceMetric):
    """How far apart groups are in the share of actual positives that are predicted positive."""

    sensitive: Sensitive
    min_group: MinGroup = 30
    positive: Label = None
    kinds = (TRUE_POSITIVES,)


@metric(
    "fairness.equalized_odds_difference",
    unit="",
    higher_is_better=False,
    formula="the greater of: greatest minus least true positive rate over the groups; the same "
    "of the false positive rate",
    interval="newcombe-pairs",
    reference="fairlearn.metrics.equalized_odds_difference",
    example={"sensitive": ("sex",)},
)
class EqualizedOddsDifference(DifferenceMetric):
    """How far apart groups are in how often the model is right about positives and negatives."""

    sensitive: Sensitive
    min_group: MinGroup = 30
    positive: Label = None
    kinds = (TRUE_POSITIVES, FALSE_POSITIVES)


@metric(
    "fairness.predictive_parity_difference",
    unit="",
    higher_is_better=False,
    formula="greatest minus least precision over the groups",
    interval="newcombe-pairs",
    reference="Chouldechova 2017, Fair prediction with disparate impact (Big Data 5:153)",
    example={"sensitive": ("sex",)},
)
class PredictiveParityDifference(DifferenceMetric):
    """How far apart groups are in the share of predicted positives that are positive."""

    sensitive: Sensitive
    min_group: MinGroup = 30
    positive: Label = None
    kinds = (PRECISION,)
