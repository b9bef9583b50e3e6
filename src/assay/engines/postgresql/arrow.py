"""Rows of PostgreSQL as Arrow: the driver has no type for some of its types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assay.engines.sql.typed import cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from sqlglot import exp

    from assay.engines.postgresql.dialect import PostgreSQLDialect
    from assay.engines.sql.typed import Typed

_DIRECT = {"integer", "float", "boolean", "string", "date", "timestamp", "interval"}
_MOST_DIGITS = 38  # of a decimal in Arrow
_LISTS = re.compile(
    r"(?:smallint|integer|bigint|real|double precision|boolean|text|character varying|date)\[\]"
)


def selected(value: Typed, dialect: PostgreSQLDialect) -> exp.Expr:
    """A value as one that the driver can hand over: decimals and what else it lacks as text."""
    direct = value.kind in _DIRECT or value.native in {"bytea", "time without time zone"}
    if direct or _LISTS.fullmatch(value.native):
        return value.tree.copy()
    if value.kind == "decimal" and not _digits(value.native):
        return dialect.number(value).tree.copy()
    if value.kind == "decimal":
        return cast(value.tree, "TEXT", dialect="postgres")
    return dialect.text(value).tree.copy()


def shaped(
    rows: Iterator[pa.RecordBatch], names: Sequence[str], values: Sequence[Typed]
) -> Iterator[pa.RecordBatch]:
    """The batches with their names, and decimals where those have a precision."""
    import pyarrow as pa

    for batch in rows:
        columns = []
        for column, value in zip(batch.columns, values, strict=True):
            digits = _digits(value.native) if value.kind == "decimal" else None
            columns.append(column.cast(pa.decimal128(*digits)) if digits else _plain(column))
        yield pa.RecordBatch.from_arrays(columns, names=list(names))


def _plain(column: Any) -> Any:
    """A column without the name of an extension that the driver gave its type."""
    return getattr(column, "storage", column)


def _digits(native: str) -> tuple[int, int] | None:
    """Precision and scale of a ``numeric`` that Arrow's decimals can hold."""
    found = re.search(r"\((\d+),(-?\d+)\)$", native)
    if not found:
        return None
    precision, scale = int(found[1]), int(found[2])
    return (precision, scale) if precision <= _MOST_DIGITS and 0 <= scale <= precision else None
