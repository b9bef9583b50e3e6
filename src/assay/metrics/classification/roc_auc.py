"""Area under the receiver operating characteristic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.metric import metric
from assay.inference.delong import area, area_interval
from assay.metrics.classification.charts import roc_chart
from assay.metrics.classification.ranking import RankingMetric
from assay.metrics.classification.ratios import Average

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.evidence import Chart
    from assay.inference.interval import Interval
    from assay.inference.ranks import Ranked, Ranking


@metric(
    "classification.roc_auc",
    unit="",
    higher_is_better=True,
    formula="share of (positive, negative) pairs in which the positive scores higher, ties half",
    interval="delong-logit; newcombe where a class has under 10 rows or the area is 1",
    reference="sklearn.metrics.roc_auc_score (multi_class='ovr')",
    example={},
)
class RocAuc(RankingMetric):
    """Area under the ROC curve: how well the scores separate a class from the rest."""

    average: Average | None = None

    def statistic(self, ranking: Ranking) -> Ranked:
        return area(ranking)

    def limits(self, ranked: Ranked, ranking: Ranking, level: float) -> Interval:
        return area_interval(ranked, ranking, level)

    def chart(self, curves: Sequence[tuple[str, Ranking, float]], n: int) -> Chart:
        return roc_chart(curves, n=n)
