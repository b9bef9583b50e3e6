"""Rows that match a filter, some to be shown and all counted: the same queries in all engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from assay.core.expr import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.expr import Expr
    from assay.engines.sql.expressions import Compiler


def examples(compiler: Compiler, where: Expr, names: Sequence[str], *, limit: int) -> exp.Select:
    """Up to ``limit`` rows that match: the columns as parts of keys, in this order.

    Raises:
        EngineError: there is no such column, or the filter does not fit the table.
    """
    cells = [exp.alias_(compiler.key(Column(n)).copy(), f"c{i}") for i, n in enumerate(names)]
    condition = compiler.filter(where).copy()
    query = exp.Select(expressions=cells).from_(compiler.source())
    return query.where(condition).limit(limit)


def matching(compiler: Compiler, where: Expr) -> exp.Select:
    """How many rows match.

    Raises:
        EngineError: the filter does not fit the table.
    """
    condition = compiler.filter(where).copy()
    counted = exp.Select(expressions=[exp.Count(this=exp.Star())])
    return counted.from_(compiler.source()).where(condition)
