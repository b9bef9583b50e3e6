"""Whether a column, or a label, means the same over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.expr import Column, Expr, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.core.schema import TEMPORAL
from assay.inference.interval import census, measured
from assay.metrics.data.pairs import CATEGORIES, MOST_PAIRS, contingency, not_related
from assay.metrics.data.parameters import ColumnName, describe, not_null
from assay.metrics.features.over_time import MONDAY, means, over_time, shares
from assay.metrics.features.relation import Task
from assay.states import Frequencies, Moments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.states import MomentsState

_MOST_PERIODS = 10_000
_DAY = 86_400


@metric(
    "features.period_dependence",
    higher_is_better=False,
    formula="Cramér's V of value and period (texts, booleans, classes); correlation ratio of "
    "numbers by period",
    interval="chi-square-delta",
    reference="Bergsma 2013, J. Korean Statistical Society 42:323; Kelley 1935, PNAS 21:554",
    example={"column": "sex", "time": "signup", "days": 30},
)
class PeriodDependence(Metric):
    """How much a column's values depend on the period they are from: 0 not at all, 1 wholly.

    For labels: whether classes keep their shares; a rule that changed in March makes two data sets
    of one. For features: whether the mean stays. The value is free of the bias by which many
    periods seem to differ by chance. The evidence shows the share of each class, or the mean, by
    period with intervals, and where it is furthest from that of the other periods.

    Periods are ``days`` long and start on a Monday. Rows without a value or a time are left out. A
    change of spread or shape alone is seen by ``drift``, not here.
    """

    jackknife = False

    column: ColumnName
    time: Annotated[str, Meta(description="Column of dates or timestamps.")]
    days: Annotated[int, Meta(ge=1, description="Length of a period, in days.")] = 28
    task: Annotated[
        Task | None, Meta(description="Say classification where classes are whole numbers.")
    ] = None

    def __post_init__(self) -> None:
        if self.column == self.time:
            raise ValueError(f"{self.column!r} is both the column and the time")

    def columns(self) -> tuple[str, ...]:
        return self.column, self.time

    def applicable(self, schema: Schema) -> str | None:
        reason = not_related(schema, *self.columns())
        if reason:
            return reason
        column, time = (schema.find(name) for name in self.columns())
        if time is None or time.kind not in TEMPORAL:
            return f"column {self.time!r} holds {describe(time)}, no times" if time else None
        if column is not None and self.task == "classification" and column.kind == "float":
            return f"column {self.column!r} holds {describe(column)}, no classes"
        if column is not None and self.task == "regression" and column.kind in CATEGORIES:
            return f"column {self.column!r} holds {describe(column)}, not numbers"
        return None

    def _in_classes(self, schema: Schema) -> bool:
        info = schema.find(self.column)
        return self.task == "classification" or (info is not None and info.kind in CATEGORIES)

    def _period(self) -> Expr:
        since = call("sub", call("number", Column(self.time)), MONDAY)
        return call("floor", call("div", since, self.days * _DAY))

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        if self._in_classes(schema):
            return {(Column(self.column), self._period()): MOST_PAIRS}
        return {(self._period(),): _MOST_PERIODS}

    def _pairs(self) -> Frequencies:
        of = (Column(self.column), self._period())
        return Frequencies(of=of, where=not_null(self.columns()))

    def _moments(self) -> Moments:
        where = not_null(self.columns())
        return Moments(of=Column(self.column), order=4, by=(self._period(),), where=where)

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return (self._pairs(),) if self._in_classes(schema) else (self._moments(),)

    def _groups(self, fold: Fold) -> dict[int, MomentsState]:
        groups = fold.groups(self._moments()).items()
        return dict(sorted((int(float(p)), g) for (p,), g in groups if g.n and p is not None))

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        return (
            self._classes(fold, how) if self._in_classes(fold.schema) else self._mean(fold, how),
        )

    def _classes(self, fold: Fold, how: Estimation) -> Estimate:
        from assay.inference.association import cramers_v

        state = fold[self._pairs()]
        if not state.counts:
            return self._none()
        table = contingency(state)
        if len(table.columns) == 1:
            return self._one(state.n)
        if len(table.rows) == 1:
            return Unmeasured(reason=f"all values of {self.column!r} are the same", n=state.n)
        found = cramers_v(table)
        if how.census:
            return census(found.value, n=state.n)
        return measured(found.value, found.interval(how.level), n=state.n, how=how)

    def _mean(self, fold: Fold, how: Estimation) -> Estimate:
        from assay.inference.association import correlation_ratio

        groups = [*self._groups(fold).values()]
        n = sum(g.n for g in groups)
        if n == 0:
            return self._none()
        if len(groups) == 1:
            return self._one(n)
        if len(groups) == n:
            return Unmeasured(reason=f"no period of {self.days} days has two rows", n=n)
        mean = sum(g.n * g.mean for g in groups) / n
        square = sum(g.m2 + g.n * (g.mean - mean) ** 2 for g in groups)
        if square / n <= (1e-12 * mean) ** 2:
            return Unmeasured(reason=f"all values of {self.column!r} are the same", n=n)
        found = correlation_ratio(groups)
        if how.census:
            return census(found.value, n=n)
        return measured(found.value, found.interval(how.level), n=n, how=how)

    def _none(self) -> Unmeasured:
        return Unmeasured(reason="there is no row with a value and a time")

    def _one(self, n: int) -> Unmeasured:
        return Unmeasured(reason=f"all rows lie in one period of {self.days} days", n=n)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        if self._in_classes(fold.schema):
            points, figure = shares(fold[self._pairs()]), "share"
        else:
            points, figure = means(self._groups(fold), self.column), "mean"
        if len({p.period for p in points}) < 2:
            return ()
        return over_time(points, figure, column=self.column, days=self.days)
