"""Tables and queries in DuckDB, SQLite and PostgreSQL databases: opened read-only, streamed."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from assay.core.errors import SubjectError, did_you_mean
from assay.engines.catalogue import find_table
from assay.engines.duckdb.failures import first_words, unreadable
from assay.engines.duckdb.sources import Reader, file_name, registered
from assay.engines.sql.queries import refuse_writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from assay.core.source import Database

# what a query of a DuckDB file may not do besides: reach other files, load code, change this
_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "lock_configuration": "true",
}


def open_database(source: Database, alias: str) -> Reader:
    """The reader of a table or query in a database.

    Raises:
        SubjectError: no such file, not one query that only reads, or both table and query.
        MissingExtraError: the driver is not installed.
    """
    if (source.table is None) == (source.query is None):
        raise SubjectError("A database needs a table or a query, and not both.")
    if source.query is not None:
        refuse_writing(
            source.query, dialect="postgres" if source.kind == "postgresql" else source.kind
        )
    match source.kind:
        case "duckdb":
            _exists(source.dsn, b"DUCK", 8, "DuckDB")
            if source.table is not None:
                return DuckDBTable(source.dsn, source.table, alias)
            return DuckDBQuery(source.dsn, str(source.query))
        case "sqlite":
            from assay.engines.duckdb.sqlite import SQLite

            _exists(source.dsn, b"SQLite format 3\0", 0, "SQLite")
            return SQLite(source.dsn, source.table, source.query)
        case "postgresql":
            from assay.engines.duckdb.postgresql import PostgreSQL

            return PostgreSQL(source.dsn, source.table, source.query)
        case "spark":
            raise SubjectError(
                f"{source.table or 'The query'!r} is in Spark.", hint="Run with `engine: spark`."
            )


def _exists(path: str, magic: bytes, offset: int, kind: str) -> None:
    if not os.path.isfile(path):
        folder = Path(path).parent
        siblings = [p.name for p in folder.iterdir()] if folder.is_dir() else []
        near = did_you_mean(Path(path).name, siblings)
        raise SubjectError(f"There is no file {file_name(path)}.{near}")
    with open(path, "rb") as file:
        start = file.read(offset + len(magic))
    if start[offset:] != magic:
        raise SubjectError(
            f"{file_name(path)} is not a {kind} database.", hint="State its true kind."
        )


@dataclass(slots=True)
class DuckDBTable(Reader):
    """A table or view of a DuckDB file, attached read-only."""

    path: str
    table: str
    alias: str

    @property
    def what(self) -> str:  # type: ignore[override]
        """The table and its file."""
        return f"table {self.table!r} of {file_name(self.path)}"

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        command = exp.Attach(
            this=exp.alias_(exp.Literal.string(self.path), self.alias, quoted=True),
            expressions=[exp.AttachOption(this=exp.var("READ_ONLY"))],
        )
        try:
            connection.execute(command.sql(dialect="duckdb"))
            rows = connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = $1 "
                "UNION ALL SELECT schema_name, view_name FROM duckdb_views() "
                "WHERE database_name = $1 AND NOT internal",
                [self.alias],
            ).fetchall()
        except duckdb.Error as error:
            raise unreadable(repr(self.path), error) from error
        self._at = find_table(self.table, rows, repr(self.path))

    _at: tuple[str, str] = ("main", "")

    def open(
        self, cursor: duckdb.DuckDBPyConnection, alias: str
    ) -> AbstractContextManager[exp.Expr]:
        schema, table = self._at
        return nullcontext(exp.table_(table, db=schema, catalog=self.alias, quoted=True))


@dataclass(slots=True)
class DuckDBQuery(Reader):
    """A query of a DuckDB file, run by an instance of its own that can reach nothing else."""

    path: str
    query: str

    @property
    def what(self) -> str:  # type: ignore[override]
        """The query's file."""
        return f"the query of {file_name(self.path)}"

    @contextmanager
    def open(self, cursor: duckdb.DuckDBPyConnection, alias: str) -> Iterator[exp.Expr]:
        try:
            own = duckdb.connect(self.path, read_only=True, config=_LOCKED)
        except duckdb.Error as error:
            raise unreadable(self.what, error) from error
        with own:
            try:
                rows = own.sql(self.query).to_arrow_reader(100_000)
            except duckdb.Error as error:
                raise SubjectError(f"{self.what} failed: {first_words(error)}") from error
            with registered(cursor, alias, rows) as relation:
                yield relation
