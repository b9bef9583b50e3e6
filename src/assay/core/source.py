"""Where a table is: plain descriptions that an engine knows how to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from assay.core.expr import Expr
from assay.core.schema import DIFFERENT, GREATEST, LEAST, ROWS

FileFormat = Literal["csv", "parquet", "jsonl", "arrow"]
DatabaseKind = Literal["duckdb", "sqlite", "postgresql", "spark"]


@dataclass(frozen=True, slots=True)
class Files:
    """One table in one or more files of one format (compression is seen from the name)."""

    paths: tuple[str, ...]
    format: FileFormat


@dataclass(frozen=True, slots=True)
class Database:
    """A table, or the result of a query, in a database.

    ``dsn`` is a path (DuckDB, SQLite) or a connection string (PostgreSQL); it may hold a password
    and is never printed or stored.
    """

    kind: DatabaseKind
    dsn: str
    table: str | None = None
    query: str | None = None

    def __repr__(self) -> str:
        return f"Database({self.kind}, table={self.table!r}, query={self.query!r})"


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """An Arrow table, a pandas or polars frame: an object of this process."""

    frame: Any


@dataclass(frozen=True, slots=True)
class Query:
    """What one SELECT gives over other tables, named as they are attached.

    A person wrote it: an engine refuses everything but reading those tables.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Grouped:
    """One row for each group of another attached table's rows.

    Columns: the keys under their names (NaN is null, and null is a key like any other);
    ``ROWS``, how many rows the group has; and for the expression at position ``i`` of
    ``distinct``: ``DIFFERENT.i``, how many different non-null values it takes in the group, and
    ``LEAST.i``, ``GREATEST.i``, two of them as text.

    Attributes:
        table: name of the table that is grouped.
        keys: names, and expressions over that table.
        where: rows to group; None for all.
    """

    table: str
    keys: tuple[tuple[str, Expr], ...]
    distinct: tuple[Expr, ...] = ()
    where: Expr | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        found = [*(name for name, _ in self.keys), ROWS]
        for i in range(len(self.distinct)):
            found += [f"{DIFFERENT}.{i}", f"{LEAST}.{i}", f"{GREATEST}.{i}"]
        return tuple(found)


Source = Files | Database | Memory | Query | Grouped
