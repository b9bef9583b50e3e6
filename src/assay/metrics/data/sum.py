"""The total of a column."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.metrics.data.parameters import ColumnName, infinite, left_out, needs_numbers
from assay.states import Moments

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_EXACT = 2**53


@metric(
    "sum",
    formula="sum of values",
    interval="census",
    reference="SQL SUM, ISO/IEC 9075-2",
    example={"column": "income"},
    claim="batch",
    dimension="accuracy",
)
class Sum(Metric):
    """Sum of a column's finite values; true counts as 1 and false as 0.

    Nulls, NaN and infinities are left out; how many infinities, the evidence says. A total grows
    with the number of rows, and how many there will be another time is not sampled: it speaks of
    the table at hand (``mean`` has an interval). It is correct to 15 digits; of whole numbers, to
    the last one up to 2^53.
    """

    column: ColumnName

    def applicable(self, schema: Schema) -> str | None:
        return needs_numbers(schema, self.column)

    def _moments(self) -> Moments:
        return Moments(of=Column(self.column))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return self._moments(), *infinite(schema, self.column)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        moments = fold[self._moments()]
        if moments.n == 0:
            return (Unmeasured(reason="there are no finite values"),)
        total = moments.mean * moments.n
        if not math.isfinite(total):
            return (Unmeasured(reason="the sum is too large for a double", n=moments.n),)
        info = fold.schema.find(self.column)
        if info is not None and info.kind in ("integer", "boolean") and abs(total) < _EXACT:
            total = float(round(total))
        return (census(total, n=moments.n),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        return left_out(fold, self.column)
