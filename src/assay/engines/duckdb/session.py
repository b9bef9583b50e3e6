"""One use of the engine: a cursor, and the tables that it has open."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp

from assay.core.errors import EngineError, SubjectError, did_you_mean
from assay.core.schema import ColumnInfo, Kind, Schema
from assay.engines.duckdb.dialect import DUCKDB
from assay.engines.duckdb.failures import failure, unreadable
from assay.engines.duckdb.kinds import kind_of
from assay.engines.duckdb.sources import Derived
from assay.engines.sql.derived import relation
from assay.engines.waiting import patiently

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    import pyarrow as pa

    from assay.engines.duckdb.sources import Reader


class Session:
    """A DuckDB cursor over attached tables; what it opens is closed when its context ends."""

    dialect = DUCKDB

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        readers: Mapping[str, Reader | Derived],
        schemas: dict[str, Schema],
    ) -> None:
        self._cursor = cursor
        self._readers = readers
        self._schemas = schemas
        self._stack = ExitStack()
        self._opened = 0
        self._within: list[str] = []

    def __enter__(self) -> Self:
        self._stack.enter_context(self._cursor)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def interrupt(self) -> None:
        """Stop what runs; called from another thread."""
        self._cursor.interrupt()

    def reader(self, table: str) -> Reader | Derived:
        """The reader of an attached table.

        Raises:
            SubjectError: no table has this name.
        """
        found = self._readers.get(table)
        if found is None:
            raise SubjectError(
                f"There is no table {table!r}.{did_you_mean(table, self._readers)}",
                hint=f"Tables: {', '.join(map(repr, self._readers)) or 'none'}.",
            )
        return found

    def at_fault(self, table: str, message: str) -> str | None:
        """The file that DuckDB's message about a scan of the table speaks of, where it is known."""
        reader = self._readers.get(table)
        if isinstance(reader, Derived):
            found = (self.at_fault(name, message) for name in reader.reads)
            return next((name for name in found if name), None)
        return reader.at_fault(self._cursor, message) if reader else None

    def relation(self, table: str) -> exp.Expr:
        """The ``FROM`` item for one scan of a table, open until this session ends."""
        reader = self.reader(table)
        if isinstance(reader, Derived):
            if table in self._within:
                raise EngineError(f"The query {table!r} reads itself.")
            self._within.append(table)
            try:
                return relation(reader.source, self, list(self._readers))
            finally:
                self._within.pop()
        self._opened += 1
        alias = f"assay.table.{self._opened}"
        return self._stack.enter_context(reader.open(self._cursor, alias))

    def schema(self, table: str) -> Schema:
        """Columns of a table.

        Raises:
            SubjectError: it cannot be read.
        """
        known = self._schemas.get(table)
        if known is None:
            query = exp.select("*").from_(self.relation(table))
            what = self.reader(table).what
            try:
                described = self._describe(query)
            except (duckdb.Error, UnicodeDecodeError) as error:
                raise unreadable(self.at_fault(table, str(error)) or what, error) from error
            columns = tuple(
                ColumnInfo(name, kind_of(native), native, nullable != "NO")
                for name, native, nullable in described
            )
            known = self._schemas[table] = Schema(columns)
        return known

    def kind_of(self, table: str, tree: exp.Expr) -> Kind:
        """The kind of value that a tree over the table's columns gives.

        Raises:
            EngineError: the tree does not fit the table.
        """
        query = exp.Select(expressions=[tree.copy()]).from_(self.relation(table))
        try:
            [(_, native, _)] = self._describe(query)
        except (duckdb.Error, UnicodeDecodeError) as error:
            raise failure(self.reader(table).what, error) from error
        return kind_of(native)

    def check(self, query: exp.Expr) -> None:
        """Plan a query without running it.

        Raises:
            duckdb.Error: it does not make sense.
        """
        self._cursor.execute(f"EXPLAIN {text(query)}").fetchall()

    def rows(self, query: exp.Expr) -> list[tuple[Any, ...]]:
        """All rows of a query.

        Raises:
            duckdb.Error: it failed.
        """
        return patiently(lambda: self._cursor.execute(text(query)).fetchall(), self.interrupt)

    def batches(self, query: exp.Expr, batch_size: int) -> Iterator[pa.RecordBatch]:
        """The rows of a query as a stream; batches are about ``batch_size`` long.

        Raises:
            duckdb.Error: it failed, at once or while it is read.
        """
        import pyarrow as pa

        stream = iter(self._cursor.sql(text(query)).to_arrow_reader(batch_size))
        while True:
            try:
                batch = next(stream, None)
            except (OSError, pa.ArrowException) as error:  # DuckDB's own, as Arrow passes it on
                raise duckdb.IOException(str(error)) from error
            if batch is None:
                return
            yield batch

    def _describe(self, query: exp.Expr) -> list[tuple[str, str, str]]:
        rows = self._cursor.execute(text(exp.Describe(this=query))).fetchall()
        return [(name, native, nullable) for name, native, nullable, *_ in rows]


def text(query: exp.Expr, *, pretty: bool = False) -> str:
    """A tree as DuckDB's SQL."""
    return DUCKDB.print(query, pretty=pretty)
