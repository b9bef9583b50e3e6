"""How much a column's values differ."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.collection import Groups
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import Interval, census, measured
from assay.metrics.data.groups import SIZE, added, rows_where, total
from assay.metrics.data.parameters import ColumnName, missing_columns
from assay.states import Count, Moments

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_LOG = call("ln", SIZE)
_FIRST = Moments(of=call("mul", SIZE, _LOG))
_SECOND = Moments(of=call("mul", SIZE, call("mul", _LOG, _LOG)))
_ONCE, _TWICE = (Count(where=call("eq", SIZE, rows)) for rows in (1, 2))


@metric(
    "entropy",
    formula="-sum over values of share * log(share)",
    interval="miller-madow-delta",
    reference="Shannon 1948, Bell System Technical Journal 27:379; scipy.stats.entropy",
    example={"column": "city"},
    claim="batch",
    dimension="accuracy",
)
class Entropy(Metric):
    """Shannon entropy of a column's non-null values: 0 where all are the same, in bits by default.

    k values that are equally common have log2(k). The value is that of the rows at hand, which
    falls short of that of the process behind them by about (values - 1) / (2 rows) nats; the
    interval allows for it. Where most rows hold a value of their own, no sample tells the entropy.
    The values stay in the engine, however many there are.
    """

    column: ColumnName
    base: Annotated[float, Meta(gt=1, description="Base of the logarithm; 2 gives bits.")] = 2.0

    def __post_init__(self) -> None:
        if not 1 < self.base < math.inf:
            raise ValueError(f"the base must be a number above 1, not {self.base}")

    def applicable(self, schema: Schema) -> str | None:
        return missing_columns(schema, (self.column,))

    def collection(self) -> Groups:
        column = Column(self.column)
        return Groups(keys=((self.column, column),), where=call("not_null", column))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return rows_where(), _FIRST, _SECOND, _ONCE, _TWICE

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        values, n = added(fold, rows_where())
        if n == 0:
            return (Unmeasured(reason="there are no non-null values"),)
        first, second = total(fold, _FIRST) / n, total(fold, _SECOND) / n
        nats = max(0.0, math.log(n) - first) if values > 1 else 0.0
        unit = math.log(self.base)
        if how.census:
            return (census(nats / unit, n=n),)
        from assay.inference.information import entropy_interval

        once, twice = fold[_ONCE].n, fold[_TWICE].n
        unseen = once * (once - 1) / (2 * (twice + 1))
        variance = max(0.0, second - first * first)
        low, high, method = entropy_interval(nats, variance, n, values, unseen, how.level)
        ends = Interval(low / unit, high / unit, method)
        return (measured(nats / unit, ends, n=n, how=how),)
