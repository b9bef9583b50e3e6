"""Many aggregates, one query: planned as a tree, and its rows decoded into states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.core.expr import Call, Column, Expr
from assay.engines.sql.recipes import Operation, Part, Recipe, recipe, scalar
from assay.engines.sql.typed import case, project
from assay.states import Quantiles

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Key
    from assay.engines.sql.expressions import Compiler

_GROUPING = "assay.grouping"
_KEY = "assay.key"


@dataclass(slots=True)
class Plan:
    """One ``SELECT`` that folds aggregates over a table.

    Attributes:
        keys: the distinct expressions of all ``by``.
        sets: the groupings, as positions in ``keys``; ``()`` is the whole table.
        parts: the SQL aggregates, in the order of the select list.
        rest: aggregates that need the rows themselves (samples, sketches), or a query apart.
    """

    keys: list[Expr] = field(default_factory=list)
    sets: list[tuple[int, ...]] = field(default_factory=list)
    parts: dict[Part, int] = field(default_factory=dict)
    recipes: dict[Aggregate[Any], Recipe] = field(default_factory=dict)
    rest: list[Aggregate[Any]] = field(default_factory=list)
    _probabilities: dict[Part, list[float]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        aggregates: Iterable[Aggregate[Any]],
        *,
        mergeable: bool,
        sketched: bool = False,
        apart: frozenset[Operation] = frozenset(),
        sketches: bool = False,
    ) -> Plan:
        """Plan aggregates; equal ones, and equal parts of different ones, are folded once.

        Args:
            mergeable: the states must merge with those of other parts of the table.
            sketched: quantiles come from sketches, which need little memory.
            apart: operations that take no part in the common scan.
            sketches: the engine makes sketches of quantiles by itself.
        """
        plan = cls()
        in_scan = partial(recipe, mergeable=mergeable, sketches=sketches)
        for aggregate in dict.fromkeys(aggregates):
            sketch = sketched and isinstance(aggregate, Quantiles)
            made = None if sketch else in_scan(aggregate)
            if made is None or any(part.operation in apart for part in made.parts):
                plan.rest.append(aggregate)
                if not aggregate.by:
                    continue
            else:
                plan._add(aggregate, made)
            positions = tuple(sorted({plan._key(expr) for expr in aggregate.by}))
            if positions not in plan.sets:
                plan.sets.append(positions)
        return plan

    def _add(self, aggregate: Aggregate[Any], made: Recipe) -> None:
        self.recipes[aggregate] = made
        for part in made.parts:
            self.parts.setdefault(part, len(self.parts))
            if part.operation == "quantiles":
                known = self._probabilities.setdefault(part, [])
                known.extend(p for p in made.probabilities if p not in known)

    def _key(self, expr: Expr) -> int:
        if expr not in self.keys:
            self.keys.append(expr)
        return self.keys.index(expr)

    def query(self, compiler: Compiler) -> exp.Select:
        """The query as a tree.

        Raises:
            EngineError: an expression does not fit the table.
        """
        selected = [exp.alias_(self._part(p, compiler), f"p{i}") for p, i in self.parts.items()]
        if not self.keys:
            return exp.Select(expressions=selected).from_(compiler.source())
        keys = [compiler.key(e) for e in self.keys]
        names = [
            exp.column(exp.to_identifier(f"{_KEY}.{i}", quoted=True)) for i in range(len(keys))
        ]
        grouping = exp.alias_(compiler.dialect.grouping(names), _GROUPING, quoted=True)
        sets = exp.GroupingSets(
            expressions=[exp.Tuple(expressions=[names[i].copy() for i in s]) for s in self.sets]
        )
        return (
            exp.Select(expressions=[grouping, *(n.copy() for n in names), *selected])
            .from_(project(compiler.source(), keys, _KEY))
            .group_by(sets)
        )

    def decode(self, rows: Sequence[tuple[Any, ...]]) -> dict[Aggregate[Any], dict[Key, Any]]:
        """The states, by aggregate and key; the key of an aggregate without ``by`` is ``()``."""
        folded: dict[Aggregate[Any], dict[Key, Any]] = {a: {} for a in self.recipes}
        wanted: dict[tuple[int, ...], list[tuple[Aggregate[Any], Recipe, list[int]]]] = {}
        for aggregate, made in self.recipes.items():
            positions = self._positions(aggregate.by)
            wanted.setdefault(tuple(sorted({*positions})), []).append((aggregate, made, positions))
        width = len(self.keys)
        for row in rows:
            values = self._values(row[1 + width :] if width else row)
            for aggregate, made, positions in wanted.get(_present(row, width), ()):
                key = tuple(scalar(row[1 + i]) for i in positions)
                folded[aggregate][key] = made.state(values.__getitem__)
        return folded

    def keys_of(self, by: tuple[Expr, ...], rows: Sequence[tuple[Any, ...]]) -> list[Key]:
        """The keys that occur for a ``by``, in the rows of the query."""
        positions = self._positions(by)
        present = tuple(sorted({*positions}))
        return [
            tuple(scalar(row[1 + i]) for i in positions)
            for row in rows
            if _present(row, len(self.keys)) == present
        ]

    def _positions(self, by: tuple[Expr, ...]) -> list[int]:
        return [self.keys.index(expr) for expr in by]

    def _values(self, row: Sequence[Any]) -> dict[Part, Any]:
        values = dict(zip(self.parts, row, strict=True))
        for part, probabilities in self._probabilities.items():
            if values[part] is not None:
                values[part] = dict(zip(probabilities, values[part], strict=True))
        return values

    def _part(self, part: Part, compiler: Compiler) -> exp.Expr:
        """The SQL aggregate of a part."""
        if part.operation == "rows":
            return _rows(part.where, compiler)
        probabilities = self._probabilities.get(part, ())
        aggregate = compiler.dialect.aggregate(part, probabilities, compiler)
        if part.where is not None and not compiler.dialect.filters_inside:
            aggregate = _filtered(aggregate, part.where, compiler)
        return compiler.dialect.fetched(part, aggregate)


def _filtered(aggregate: exp.Expr, where: Expr, compiler: Compiler) -> exp.Expr:
    condition = compiler.filter(where).copy()
    return exp.Filter(this=aggregate, expression=exp.Where(this=condition))


def _rows(where: Expr | None, compiler: Compiler) -> exp.Expr:
    if where is None:
        return exp.Count(this=exp.Star())
    if isinstance(where, Call) and where.op == "not_null" and isinstance(where.args[0], Column):
        value = compiler.compile(where.args[0])
        if value.kind != "float":
            return exp.Count(this=value.tree.copy())
    # not FILTER: each one costs DuckDB a copy of all columns of the query
    one = exp.Literal.number(1)
    return exp.Count(this=case([(compiler.filter(where), one)]))


def _present(row: Sequence[Any], width: int) -> tuple[int, ...]:
    """Positions of the keys that a row is grouped by.

    The row begins with GROUPING, which has a bit for each key (the first is the highest), set
    where the row is not grouped by it.
    """
    return tuple(i for i in range(width) if not row[0] >> (width - 1 - i) & 1)
