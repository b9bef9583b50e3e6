"""How many rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


@metric(
    "row_count",
    unit="rows",
    formula="rows",
    interval="census",
    reference="ISO/IEC 25012:2008, completeness",
    example={},
    claim="batch",
    dimension="completeness",
)
class RowCount(Metric):
    """Number of rows.

    An empty table has a row count, 0: the table is the one unit that is measured (n = 1), so an
    empty delivery fails ``at_least: 1``. A count has no sampling interval.
    """

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        return (Count(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        return (census(fold[Count()].n, n=1, unit=self.unit),)
