"""Tables that are made from other tables: groups of rows, and what a person selects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from assay.core.expr import Column
from assay.core.schema import DIFFERENT, GREATEST, LEAST, ROWS
from assay.engines.sql.expressions import Compiler
from assay.engines.sql.queries import confine_query

if TYPE_CHECKING:
    from collections.abc import Collection

    from assay.core.expr import Expr
    from assay.core.source import Grouped, Query
    from assay.engines.sql.expressions import Surroundings


def relation(source: Grouped | Query, around: Surroundings, tables: Collection[str]) -> exp.Expr:
    """The ``FROM`` item of a derived table.

    Args:
        tables: names of the tables that a query may read.

    Raises:
        EngineError: an expression does not fit the table, or the query is not allowed.
        SubjectError: there is no such table.
    """
    from assay.core.source import Grouped

    made = grouped(source, around) if isinstance(source, Grouped) else None
    query = made or confine_query(source.text, around, tables)  # type: ignore[union-attr]
    return exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier("derived")))


def grouped(source: Grouped, around: Surroundings) -> exp.Select:
    """One row for each group; see :class:`~assay.core.source.Grouped` for its columns."""
    compiler = Compiler(source.table, around.schema(source.table), around)
    keys = [_key(expr, compiler) for _, expr in source.keys]
    columns = [
        exp.alias_(tree.copy(), name, quoted=True)
        for (name, _), tree in zip(source.keys, keys, strict=True)
    ]
    columns.append(exp.alias_(exp.Count(this=exp.Star()), ROWS, quoted=True))
    for i, expr in enumerate(source.distinct):
        text = compiler.dialect.text(compiler.compile(expr)).tree
        different = exp.Count(this=exp.Distinct(expressions=[compiler.key(expr).copy()]))
        columns += [
            exp.alias_(different, f"{DIFFERENT}.{i}", quoted=True),
            exp.alias_(exp.Min(this=text.copy()), f"{LEAST}.{i}", quoted=True),
            exp.alias_(exp.Max(this=text.copy()), f"{GREATEST}.{i}", quoted=True),
        ]
    where = None if source.where is None else compiler.filter(source.where).copy()
    query = exp.Select(expressions=columns).from_(compiler.source())
    if where is not None:
        query = query.where(where)
    return query.group_by(*(tree.copy() for tree in keys))


def _key(expr: Expr, compiler: Compiler) -> exp.Expr:
    """A key with its own type, where it has one that groups: NaN is null."""
    value = compiler.compile(expr)
    if isinstance(expr, Column) and value.kind not in {"float", "nested", "other"}:
        return value.tree
    return compiler.key(expr)
