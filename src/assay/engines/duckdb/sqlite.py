"""SQLite, through the standard library: rows are streamed as Arrow batches.

A SQLite column may hold values of any type, so one pass over the table finds which occur; the
declared type decides where the values leave a choice (dates, booleans, an empty column).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.core.errors import SubjectError
from assay.engines.catalogue import find_table
from assay.engines.duckdb.sources import Reader, file_name, named, registered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import duckdb
    import pyarrow as pa

_BATCH = 20_000
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION,
            getattr(sqlite3, "SQLITE_RECURSIVE", 33)}  # fmt: skip


@dataclass(slots=True)
class SQLite(Reader):
    """A table or query of a SQLite file, opened with ``mode=ro``."""

    path: str
    table: str | None
    query: str | None
    _columns: list[tuple[str, str, Callable[[Any], Any]]] = field(default_factory=list)

    @property
    def what(self) -> str:  # type: ignore[override]
        """The table or query, and its file."""
        return f"{f'table {self.table!r}' if self.table else 'the query'} of {file_name(self.path)}"

    def _find_columns(self) -> list[tuple[str, str, Callable[[Any], Any]]]:
        with self._connection() as connection:
            rows = self._execute(connection)
            names = [d[0] for d in rows.description]
            if len(set(names)) < len(names):
                raise SubjectError(f"{self.what} has two columns of one name.", hint="Rename one.")
            declared = self._declared(connection)
            found: list[set[type]] = [set() for _ in names]
            dates = [declared.get(n, "") in {"DATE", "DATETIME", "TIMESTAMP"} for n in names]
            while batch := self._fetch(rows):
                for position, values in enumerate(zip(*batch, strict=True)):
                    found[position].update(map(type, values))
                    dates[position] = dates[position] and all(map(_is_moment, values))
        return [
            (name, *_storage(types, declared.get(name, ""), moment))
            for name, types, moment in zip(names, found, dates, strict=True)
        ]

    @contextmanager
    def open(self, cursor: duckdb.DuckDBPyConnection, alias: str) -> Iterator[exp.Expr]:
        import pyarrow as pa

        if not self._columns:
            self._columns = self._find_columns()
        schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind, _ in self._columns])
        with self._connection() as connection:
            reader = pa.RecordBatchReader.from_batches(schema, self._batches(connection, schema))
            with registered(cursor, alias, reader) as relation:
                yield relation

    def _batches(self, connection: sqlite3.Connection, schema: pa.Schema) -> Iterator[Any]:
        import pyarrow as pa

        rows = self._execute(connection)
        while batch := self._fetch(rows):
            arrays = [
                pa.array(map(convert, values), type=kind.type, size=len(batch))
                for values, (_, _, convert), kind in zip(
                    zip(*batch, strict=True), self._columns, schema, strict=True
                )
            ]
            yield pa.record_batch(arrays, schema=schema)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        uri = f"{Path(self.path).resolve().as_uri()}?mode=ro"
        try:
            # DuckDB pulls the rows from a thread of its own; only one thread ever does at a time
            connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise SubjectError(f"{file_name(self.path)} cannot be opened: {error}.") from error
        with closing(connection):
            connection.text_factory = lambda text: text.decode("utf-8", "replace")
            yield connection

    def _execute(self, connection: sqlite3.Connection) -> sqlite3.Cursor:
        try:
            if self.query is not None:
                connection.set_authorizer(_authorize)
                return connection.execute(self.query)
            tables = connection.execute(
                "SELECT 'main', name FROM sqlite_master WHERE type IN ('table', 'view')"
            ).fetchall()
            _, table = find_table(str(self.table), tables, file_name(self.path))
            return connection.execute(exp.select("*").from_(named(table)).sql(dialect="sqlite"))
        except sqlite3.Error as error:
            raise SubjectError(f"{self.what} cannot be read: {error}.") from error

    def _fetch(self, rows: sqlite3.Cursor) -> list[tuple[Any, ...]]:
        try:
            return rows.fetchmany(_BATCH)
        except sqlite3.Error as error:
            raise SubjectError(f"{self.what} cannot be read: {error}.") from error

    def _declared(self, connection: sqlite3.Connection) -> dict[str, str]:
        if self.table is None:
            return {}
        name = self.table.removeprefix("main.")
        rows = connection.execute("SELECT name, type FROM pragma_table_info(?)", [name])
        return {column: str(declared).upper().partition("(")[0] for column, declared in rows}


def _authorize(action: int, *_: str | None) -> int:
    """Lets a query read and nothing else (no ``ATTACH``, no ``PRAGMA``)."""
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _storage(types: set[type], declared: str, moment: bool) -> tuple[str, Callable[[Any], Any]]:
    """Arrow type and conversion for a column whose values have these types."""
    types = types - {type(None)}
    if moment and types:
        return ("date32", _date) if declared == "DATE" else ("timestamp[us]", _datetime)
    if "BOOL" in declared and types <= {int}:
        return "bool", _bool
    if not types:
        return _affinity(declared), _same
    if types <= {int}:
        return "int64", _same
    if types <= {int, float}:
        return "float64", _float
    if types == {bytes}:
        return "binary", _same
    return "string", _text


def _affinity(declared: str) -> str:
    """https://sqlite.org/datatype3.html, 3.1"""
    if "INT" in declared:
        return "int64"
    if any(word in declared for word in ("CHAR", "CLOB", "TEXT")):
        return "string"
    if any(word in declared for word in ("REAL", "FLOA", "DOUB", "NUM", "DEC")):
        return "float64"
    if declared == "DATE":
        return "date32"
    return "timestamp[us]" if declared in {"DATETIME", "TIMESTAMP"} else "string"


def _is_moment(value: Any) -> bool:
    if value is None:
        return True
    try:
        return isinstance(value, str) and _datetime(value) is not None
    except ValueError:
        return False


def _datetime(value: str | None) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _date(value: str | None) -> date | None:
    return None if value is None else datetime.fromisoformat(value).date()


def _same(value: Any) -> Any:
    return value


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _bool(value: Any) -> bool | None:
    return None if value is None else bool(value)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.hex() if isinstance(value, bytes) else str(value)
