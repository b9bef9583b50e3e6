"""Third and fourth moments, which PostgreSQL has no aggregates for.

One query reads the table twice: for the mean and the standard deviation of each column, and for
the sums of the second to fourth powers of ``z = (x - mean) / standard deviation``. The mean is
within rounding of the true one, so nothing cancels; what is left of it in the sums is taken out
as Pébay (2008) shifts moments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.engines.sql.recipes import scalar
from assay.engines.sql.typed import case, cast, function, literal, project
from assay.states import Moments, MomentsState

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Key
    from assay.core.expr import Expr
    from assay.engines.sql.expressions import Compiler

_KEY, _VALUE = "assay.key", "assay.x"
_PARTS = 7
_TINY = 1e-70  # of z: its fourth power is still no underflow, and it changes no sum


@dataclass(frozen=True, slots=True)
class ShapeQuery:
    """Moments of order 4, of one ``by``.

    Attributes:
        careful: leave out a z whose powers are too small for a double: PostgreSQL raises an error.
    """

    by: tuple[Expr, ...]
    aggregates: tuple[Moments, ...]
    careful: bool = False

    def query(self, compiler: Compiler) -> exp.Select:
        """The keys, then for each aggregate: rows, mean, standard deviation, sums of powers."""
        keys = [_named(f"{_KEY}.{i}") for i in range(len(self.by))]
        centre = exp.Select(expressions=_centre_columns(len(self.aggregates), keys))
        centre = centre.from_(self._values(compiler)).group_by(*(k.copy() for k in keys))
        selected: list[exp.Expr] = [k.copy() for k in keys]
        for i in range(len(self.aggregates)):
            z = exp.column(f"z{i}")
            powers = [z, *(_product(z, power) for power in (2, 3, 4))]
            once = (exp.column(f"{name}{i}") for name in "nms")
            selected += [*(exp.Min(this=c) for c in once), *(exp.Sum(this=p) for p in powers)]
        query = exp.Select(expressions=[exp.alias_(t, f"p{i}") for i, t in enumerate(selected)])
        query = query.from_(self._scores(compiler, keys))
        query = query.group_by(*(k.copy() for k in keys)) if keys else query
        return query.with_("centre", as_=centre, materialized=True)

    def _scores(self, compiler: Compiler, keys: Sequence[exp.Expr]) -> exp.Expr:
        """Each row with its keys, what is known of its group, and its z."""
        columns: list[exp.Expr] = [k.copy() for k in keys]
        for i in range(len(self.aggregates)):
            columns += [exp.column(f"{name}{i}", table="centre") for name in "nms"]
            columns.append(exp.alias_(self._score(i, compiler), f"z{i}"))
        values = exp.TableAlias(this=exp.to_identifier("v"))
        query = exp.Select(expressions=columns).from_(
            exp.Subquery(this=exp.select("*").from_(self._values(compiler)), alias=values)
        )
        own = exp.EQ(this=_row(keys), expression=exp.column("at", table="centre"))
        query = query.join(exp.to_table("centre"), on=own if keys else exp.true())
        # OFFSET 0 keeps the planner from computing z in each place of its use
        return exp.Subquery(this=query.offset(0), alias=exp.TableAlias(this=exp.to_identifier("z")))

    def _score(self, i: int, compiler: Compiler) -> exp.Expr:
        mean, spread = (exp.column(f"{n}{i}", table="centre") for n in "ms")
        dialect = compiler.dialect
        offset = exp.Paren(this=dialect.arithmetic("sub", _named(f"{_VALUE}.{i}"), mean))
        z = dialect.arithmetic("div", offset, function("nullif", spread, literal(0).tree))
        if not self.careful:
            return z
        large = exp.GTE(this=exp.Abs(this=exp.Paren(this=z)), expression=literal(_TINY).tree)
        return case([(large, z)])

    def _values(self, compiler: Compiler) -> exp.Expr:
        """The source with the keys, and each aggregate's finite values (null elsewhere)."""
        values = []
        for aggregate in self.aggregates:
            of = compiler.finite_number(aggregate.of)
            where = aggregate.where
            values.append(of if where is None else case([(compiler.filter(where), of)]))
        keyed = project(compiler.source(), [compiler.key(e) for e in self.by], _KEY)
        return project(keyed, values, _VALUE)

    def fold(self, rows: Sequence[tuple[Any, ...]]) -> dict[Aggregate[Any], dict[Key, Any]]:
        """States by aggregate and key; keys without rows are not among them."""
        width = len(self.by)
        folded: dict[Aggregate[Any], dict[Key, Any]] = {a: {} for a in self.aggregates}
        for row in rows:
            key = tuple(map(scalar, row[:width]))
            for i, aggregate in enumerate(self.aggregates):
                start = width + _PARTS * i
                folded[aggregate][key] = _state(*row[start : start + _PARTS])
        return folded

    def empty(self, aggregate: Aggregate[Any]) -> Any:
        """The state of no rows."""
        return MomentsState(m3=0.0, m4=0.0)


def shape_queries(aggregates: Sequence[Aggregate[Any]], *, careful: bool) -> list[ShapeQuery]:
    """One query for each ``by`` of the moments of order 4 among the aggregates."""
    together: dict[tuple[Expr, ...], list[Moments]] = {}
    for aggregate in aggregates:
        if isinstance(aggregate, Moments):
            together.setdefault(aggregate.by, []).append(aggregate)
    return [ShapeQuery(by, tuple(several), careful) for by, several in together.items()]


def _centre_columns(count: int, keys: Sequence[exp.Expr]) -> list[exp.Expr]:
    columns = [exp.alias_(_row(keys), "at")] if keys else []
    for i in range(count):
        value = _named(f"{_VALUE}.{i}")
        columns += [
            exp.alias_(exp.Count(this=value), f"n{i}"),
            exp.alias_(function("avg", value), f"m{i}"),
            exp.alias_(function("stddev_pop", value), f"s{i}"),
        ]
    return columns


def _product(z: exp.Expr, power: int) -> exp.Expr:
    tree = z.copy()
    for _ in range(power - 1):
        tree = exp.Mul(this=tree, expression=z.copy())
    return tree


def _row(keys: Sequence[exp.Expr]) -> exp.Expr:
    """Keys as one text, which is the same only where each is the same, also where it is null."""
    return cast(function("row", *keys), "TEXT", dialect="postgres")


def _state(n: int | None, mean: float, spread: float, *sums: float | None) -> MomentsState:
    if not n:
        return MomentsState(m3=0.0, m4=0.0)
    s1, s2, s3, s4 = (s or 0.0 for s in sums)
    d = s1 / n
    m2 = s2 - n * d * d
    m3 = s3 - 3 * d * s2 + 2 * n * d * d * d
    m4 = s4 - 4 * d * s3 + 6 * d * d * s2 - 3 * n * d * d * d * d
    square = spread * spread
    return MomentsState(
        n, mean + spread * d, square * m2, square * spread * m3, square * square * m4
    )


def _named(name: str) -> exp.Expr:
    return exp.column(exp.to_identifier(name, quoted=True))
