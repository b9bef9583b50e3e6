"""Many quantiles of columns with few different values, from counts of these.

``quantile_disc`` selects anew for each probability: 200 of them, of 15 columns and 500,000 rows,
take 1.1 s of CPU. Most columns of a table have some thousand different values at most; counting
those takes a tenth of that, and the order statistics are the same.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, ClassVar

from sqlglot import exp

from assay.engines.sql.typed import cast, function, project
from assay.states import Quantiles, QuantilesState

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Key
    from assay.core.expr import Expr
    from assay.engines.sql.expressions import Compiler

    Rows = Callable[[exp.Select], list[tuple[Any, ...]]]

MOST_VALUES = 8_000
"""Different values of a column that is counted, by an estimate (HyperLogLog, within some 5 %)."""

WIDEST_SPAN = 32_000
"""Distance of the least and the greatest of whole numbers that are counted whatever they are: to
find these two takes a tenth of the time of an estimate."""

_MANY = 50
_TOGETHER = 60
"""Of one query: GROUPING takes no more than 64."""
_KEY = "assay.key"
_ZERO = exp.Literal.number(0)


@dataclass(frozen=True, slots=True)
class CountedQuantiles:
    """Quantiles of whole tables, at many probabilities each.

    Attributes:
        always: whether all of them are folded; those of many different values are not.
    """

    aggregates: tuple[Quantiles, ...]
    always: ClassVar[bool] = False

    def query(self, compiler: Compiler) -> exp.Select:
        """At most, or about, how many values each has."""
        trees = [
            _span(a, compiler) if _whole(a, compiler) else _estimate(a, compiler)
            for a in self.aggregates
        ]
        return exp.Select(expressions=trees).from_(compiler.source())

    def run(self, rows: Rows, compiler: Compiler) -> dict[Aggregate[Any], dict[Key, Any]]:
        """The states of those with few different values."""
        [found] = rows(self.query(compiler))
        values = dict(zip(self.aggregates, found, strict=True))
        few = [
            a
            for a, n in values.items()
            if n <= (WIDEST_SPAN if _whole(a, compiler) else MOST_VALUES)
        ]
        if wide := [a for a in self.aggregates if a not in few and _whole(a, compiler)]:
            trees = [_estimate(a, compiler) for a in wide]
            [found] = rows(exp.Select(expressions=trees).from_(compiler.source()))
            few += [a for a, n in zip(wide, found, strict=True) if n <= MOST_VALUES]
        if not few:
            return {}
        several = list(dict.fromkeys(a.of for a in few))
        counts = _by_value(several, rows(_counts(several, compiler)))
        return {a: {(): _state(a, counts[a.of])} for a in few}


def counted_quantiles(
    aggregates: Iterable[Aggregate[Any]], *, mergeable: bool
) -> Iterator[CountedQuantiles]:
    """Those that ask for many probabilities, as many as one query takes."""
    found = [
        a
        for a in aggregates
        if isinstance(a, Quantiles)
        and len(a.probabilities) >= _MANY
        and not (a.by or a.where is not None or mergeable)
    ]
    for start in range(0, len(found), _TOGETHER):
        yield CountedQuantiles(tuple(found[start : start + _TOGETHER]))


def _whole(aggregate: Quantiles, compiler: Compiler) -> bool:
    return compiler.compile(aggregate.of).kind == "integer"


def _span(aggregate: Quantiles, compiler: Compiler) -> exp.Expr:
    """How far apart the least and the greatest of whole numbers are; 0 where there are none."""
    value = compiler.compile(aggregate.of).tree
    # as doubles: the difference of integers may be none
    ends = (cast(kind(this=value.copy()), "DOUBLE") for kind in (exp.Max, exp.Min))
    return exp.Coalesce(this=exp.Sub(this=next(ends), expression=next(ends)), expressions=[_ZERO])


def _estimate(aggregate: Quantiles, compiler: Compiler) -> exp.Expr:
    return function("approx_count_distinct", compiler.finite_number(aggregate.of))


def _counts(several: Sequence[Expr], compiler: Compiler) -> exp.Select:
    """One row for each different value of each: which (as GROUPING says), it, how often it occurs.

    Groupings of one scan: ``histogram`` of each takes twice the time.
    """
    names = [exp.column(exp.to_identifier(f"{_KEY}.{i}", quoted=True)) for i in range(len(several))]
    source = project(compiler.source(), [compiler.number(e) for e in several], _KEY)
    sets = exp.GroupingSets(expressions=[exp.Tuple(expressions=[n.copy()]) for n in names])
    # of the values that a row is not grouped by all are null
    value = exp.Coalesce(this=names[0].copy(), expressions=[n.copy() for n in names[1:]])
    grouped = exp.Select(
        expressions=[
            exp.alias_(compiler.dialect.grouping(names), "code"),
            exp.alias_(value, "value"),
            exp.alias_(exp.Count(this=exp.Star()), "n"),
        ]
    )
    grouped = grouped.from_(source).group_by(sets)
    columns = [exp.column(exp.to_identifier(name)) for name in ("code", "value", "n")]
    alias = exp.TableAlias(this=exp.to_identifier("g"))
    return (
        exp.Select(expressions=columns)
        .from_(exp.Subquery(this=grouped, alias=alias))
        .where(compiler.dialect.is_finite(columns[1]))
    )


def _by_value(
    several: Sequence[Expr], rows: Sequence[tuple[Any, ...]]
) -> dict[Expr, list[tuple[float, int]]]:
    """Values, ascending, and how often each occurs."""
    found: dict[Expr, list[tuple[float, int]]] = {e: [] for e in several}
    every = (1 << len(several)) - 1
    codes = {every ^ 1 << (len(several) - 1 - i): e for i, e in enumerate(several)}
    for code, value, n in rows:
        found[codes[code]].append((value, n))
    for counts in found.values():
        counts.sort()
    return found


def _state(aggregate: Quantiles, counts: Sequence[tuple[float, int]]) -> QuantilesState:
    """The order statistics: the smallest value whose rank is at least ``p n``."""
    if not counts:
        return QuantilesState()
    ranks = list(accumulate(n for _, n in counts))
    n = ranks[-1]
    at = (bisect_left(ranks, max(1, math.ceil(p * n))) for p in aggregate.probabilities)
    return QuantilesState(n, aggregate.probabilities, tuple(float(counts[i][0]) for i in at))
