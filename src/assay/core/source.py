"""Where a table is: plain descriptions that an engine knows how to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

FileFormat = Literal["csv", "parquet", "jsonl", "arrow"]
DatabaseKind = Literal["duckdb", "sqlite", "postgresql"]


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


Source = Files | Database | Memory
