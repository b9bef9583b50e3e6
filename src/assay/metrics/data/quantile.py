"""A quantile of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.inference.quantiles import grid, order_statistics
from assay.metrics.data.parameters import ColumnName, infinite, left_out, needs_numbers
from assay.states import Quantiles

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


@metric(
    "quantile",
    formula="smallest value with at least a share q of the values at or below it",
    interval="order-statistics",
    reference="Hyndman & Fan 1996, The American Statistician 50:361, type 1",
    example={"column": "income", "q": 0.5},
    claim="batch",
    dimension="accuracy",
)
class Quantile(Metric):
    """The ``q`` quantile of a column's finite values; 0.5 is the median.

    Nulls, NaN and infinities are left out. The interval runs between order statistics, whatever
    the distribution; all of them come from the same scan, as a grid of quantiles around ``q``.
    """

    column: ColumnName
    q: Annotated[float, Meta(ge=0, le=1, description="Probability, from 0 to 1.")]

    def __post_init__(self) -> None:
        if not 0 <= self.q <= 1:
            raise ValueError(f"q is a probability from 0 to 1, not {self.q}")

    def applicable(self, schema: Schema) -> str | None:
        return needs_numbers(schema, self.column)

    def _quantiles(self) -> Quantiles:
        return Quantiles(of=Column(self.column), probabilities=grid(self.q))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return self._quantiles(), *infinite(schema, self.column)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        state = fold[self._quantiles()]
        if state.n == 0:
            return (Unmeasured(reason="there are no finite values"),)
        value = state.value(self.q)
        if how.census:
            return (census(value, n=state.n),)
        return (measured(value, order_statistics(state, self.q, how.level), n=state.n, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        return left_out(fold, self.column)
