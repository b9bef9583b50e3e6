"""Constants of expressions, tried before a table is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.engines.duckdb.session import Session


def check_constants(session: Session, trees: Sequence[exp.Expr]) -> None:
    """Casts of constants fail only when they run: try them, without the table.

    Raises:
        duckdb.Error: a text does not read as the type that it is compared with.
    """
    casts = [
        cast.copy()
        for tree in trees
        for cast in tree.find_all(exp.Cast)
        if type(cast) is exp.Cast and isinstance(cast.this, exp.Literal)
    ]
    if casts:
        session.rows(exp.Select(expressions=casts))
