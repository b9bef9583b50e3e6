"""How strongly two columns hang together, whatever they hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.evidence import Text
from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.correlation import fisher
from assay.inference.interval import Interval, census, measured
from assay.metrics.data.pairs import (
    MOST_PAIRS,
    contingency,
    frequencies,
    in_categories,
    not_related,
)
from assay.metrics.data.parameters import ColumnName, not_null
from assay.states import Comoments, Moments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.association import Association as Strength
    from assay.states import Frequencies

_MOST_GROUPS = 10_000
_Measure = Literal["cramers_v", "correlation_ratio", "correlation"]
_WORDS: dict[_Measure, str] = {
    "cramers_v": "Cramér's V, of two columns of categories",
    "correlation_ratio": "the correlation ratio, of categories and numbers",
    "correlation": "Pearson's correlation without its sign, of two columns of numbers",
}


@metric(
    "association",
    formula="categories: Cramér's V; categories and numbers: correlation ratio; numbers: |Pearson|",
    interval="chi-square-delta (Cramér's V, correlation ratio), fisher-z (Pearson)",
    reference="Bergsma 2013, J. Korean Statistical Society 42:323; Kelley 1935, PNAS 21:554",
    example={"column": "city", "with_column": "income"},
    claim="batch",
    dimension="consistency",
)
class Association(Metric):
    """Strength of the association of two columns: from 0 (none) to 1 (one tells the other).

    * Two columns of categories (texts, booleans): Cramér's V.
    * Categories and numbers (dates and timestamps count as such): the correlation ratio, the root
      of the share of the variance that lies between the categories.
    * Two columns of numbers: Pearson's correlation without its sign.

    The first two are free of the bias by which many categories seem to tell something in few rows.
    Rows that lack either value, or in which a number is infinite, are left out. It applies to up to
    100,000 pairs of categories, and to 10,000 categories with a number.
    """

    jackknife = False

    column: ColumnName
    with_column: Annotated[str, Meta(description="The other column.")]

    def columns(self) -> tuple[str, ...]:
        return self.column, self.with_column

    def applicable(self, schema: Schema) -> str | None:
        return not_related(schema, *self.columns())

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        match self._measure(schema):
            case "cramers_v":
                return {(Column(self.column), Column(self.with_column)): MOST_PAIRS}
            case "correlation_ratio":
                return {(Column(self._ordered(schema)[0]),): _MOST_GROUPS}
            case "correlation":
                return {}

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        match self._measure(schema):
            case "cramers_v":
                return (self._pairs(),)
            case "correlation_ratio":
                return (self._moments(schema),)
            case "correlation":
                return (self._comoments(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        match self._measure(fold.schema):
            case "cramers_v":
                return (self._cramers_v(fold, how),)
            case "correlation_ratio":
                return (self._correlation_ratio(fold, how),)
            case "correlation":
                return (self._correlation(fold, how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        measure = self._measure(fold.schema)
        return (Text(title="Measure", text=f"The association is measured as {_WORDS[measure]}."),)

    def _measure(self, schema: Schema) -> _Measure:
        categories = sum(in_categories(schema, name) for name in self.columns())
        if categories == 2:
            return "cramers_v"
        return "correlation_ratio" if categories else "correlation"

    def _ordered(self, schema: Schema) -> tuple[str, str]:
        """Both columns, that of categories first."""
        first, second = self.column, self.with_column
        return (first, second) if in_categories(schema, first) else (second, first)

    def _pairs(self) -> Frequencies:
        return frequencies(self.column, self.with_column)

    def _moments(self, schema: Schema) -> Moments:
        category, number = self._ordered(schema)
        by = (Column(category),)
        return Moments(of=Column(number), order=4, by=by, where=not_null((category,)))

    def _comoments(self) -> Comoments:
        return Comoments(x=Column(self.column), y=Column(self.with_column))

    def _cramers_v(self, fold: Fold, how: Estimation) -> Estimate:
        from assay.inference.association import cramers_v

        pairs = fold[self._pairs()]
        if not pairs.counts:
            return _none()
        table = contingency(pairs)
        for name, margin in ((self.column, table.rows), (self.with_column, table.columns)):
            if len(margin) == 1:
                return _constant(name, pairs.n)
        return _strength(cramers_v(table), pairs.n, how)

    def _correlation_ratio(self, fold: Fold, how: Estimation) -> Estimate:
        from assay.inference.association import correlation_ratio

        categories, numbers = self._ordered(fold.schema)
        groups = [g for g in fold.groups(self._moments(fold.schema)).values() if g.n]
        n = sum(g.n for g in groups)
        if n == 0:
            return _none()
        if len(groups) == 1:
            return _constant(categories, n)
        if len(groups) == n:
            return Unmeasured(reason=f"no value of {categories!r} occurs twice", n=n)
        mean = sum(g.n * g.mean for g in groups) / n
        square = sum(g.m2 + g.n * (g.mean - mean) ** 2 for g in groups)
        # what rounding leaves of a constant column is no spread
        if math.sqrt(square / n) <= 1e-12 * abs(mean) or square == 0:
            return _constant(numbers, n)
        return _strength(correlation_ratio(groups), n, how)

    def _correlation(self, fold: Fold, how: Estimation) -> Estimate:
        pairs = fold[self._comoments()]
        if pairs.n == 0:
            return _none()
        spread = math.sqrt(pairs.m2_x) * math.sqrt(pairs.m2_y)
        if spread == 0:
            return _constant(self.column if pairs.m2_x == 0 else self.with_column, pairs.n)
        r = min(1.0, abs(pairs.cross) / spread)
        if how.census:
            return census(r, n=pairs.n)
        low, high, method = fisher(r, pairs.n, how.level)
        return measured(r, Interval(max(0.0, low), max(high, -low), method), n=pairs.n, how=how)


def _none() -> Unmeasured:
    return Unmeasured(reason="there is no row with both values")


def _constant(name: str, n: int) -> Unmeasured:
    return Unmeasured(reason=f"all values of {name!r} are the same", n=n)


def _strength(found: Strength, n: int, how: Estimation) -> Estimate:
    if how.census:
        return census(found.value, n=n)
    return measured(found.value, found.interval(how.level), n=n, how=how)
