"""Area under the precision-recall curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.metric import metric
from assay.inference.average_precision import average_precision, average_precision_interval
from assay.metrics.classification.charts import precision_recall_chart
from assay.metrics.classification.ranking import RankingMetric
from assay.metrics.classification.ratios import Average

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.evidence import Chart
    from assay.inference.interval import Interval
    from assay.inference.ranks import Ranked, Ranking


@metric(
    "classification.average_precision",
    unit="",
    higher_is_better=True,
    formula="mean over the positives of the precision at their score",
    interval="logit, from influences; boyd-logit with under 20 positives; wilson at 1",
    reference="sklearn.metrics.average_precision_score",
    example={},
)
class AveragePrecision(RankingMetric):
    """Average precision: the area under the precision-recall curve, in steps.

    A model that ranks at random has the share of positives, not 1/2.
    """

    average: Average | None = None

    def statistic(self, ranking: Ranking) -> Ranked:
        return average_precision(ranking)

    def limits(self, ranked: Ranked, ranking: Ranking, level: float) -> Interval:
        return average_precision_interval(ranked, ranking, level)

    def chart(self, curves: Sequence[tuple[str, Ranking, float]], n: int) -> Chart:
        return precision_recall_chart(curves, n=n)
