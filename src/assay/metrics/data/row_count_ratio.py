"""How many rows, beside a reference table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.evidence import Text
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


@metric(
    "row_count_ratio",
    unit="rows per reference row",
    formula="rows / rows of the reference table",
    interval="census",
    reference="ISO/IEC 25012:2008, completeness",
    example={},
    claim="batch",
    compares=True,
    dimension="completeness",
)
class RowCountRatio(Metric):
    """Number of rows as a multiple of the reference table's; 1 where both have as many.

    An empty table has the ratio 0: the pair of tables is the one unit that is measured (n = 1), so
    an empty delivery fails ``at_least: 0.9``. A count has no sampling interval.
    """

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        return (Count(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        rows, reference = fold[Count()].n, fold.reference[Count()].n
        if reference == 0:
            return (Unmeasured(reason="the reference table has no rows"),)
        return (census(rows / reference, n=1, unit=self.unit),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        rows, reference = fold[Count()].n, fold.reference[Count()].n
        return (Text(title="Rows", text=f"{rows:,} here, {reference:,} in the reference table."),)
