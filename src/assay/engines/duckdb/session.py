"""One use of the engine: a cursor, and the tables that it has open."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
from sqlglot import exp

from assay.core.errors import EngineError, SubjectError, did_you_mean
from assay.core.schema import ColumnInfo, Kind, Schema
from assay.engines.duckdb.dialect import DUCKDB
from assay.engines.duckdb.failures import failure, unreadable
from assay.engines.duckdb.kinds import kind_of
from assay.engines.duckdb.sources import Derived
from assay.engines.sql.derived import relation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    import pyarrow as pa

    from assay.engines.duckdb.sources import Reader


T = TypeVar("T")


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
            except duckdb.Error as error:
                raise unreadable(what, error) from error
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
        except duckdb.Error as error:
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
        return self._patiently(lambda: self._cursor.execute(text(query)).fetchall())

    def batches(self, query: exp.Expr, batch_size: int) -> Iterator[pa.RecordBatch]:
        """The rows of a query as a stream; batches are about ``batch_size`` long.

        Raises:
            duckdb.Error: it failed, at once or while it is read.
        """
        yield from self._cursor.sql(text(query)).to_arrow_reader(batch_size)

    def _patiently(self, work: Callable[[], T]) -> T:
        """Do long work so that Ctrl-C stops it at once.

        Python tells its main thread of signals, and a query that runs there would first end.
        """
        if threading.current_thread() is not threading.main_thread():
            return work()
        with ThreadPoolExecutor(1) as other:
            running = other.submit(work)
            try:
                return running.result()
            except KeyboardInterrupt:
                self.interrupt()
                raise

    def _describe(self, query: exp.Expr) -> list[tuple[str, str, str]]:
        rows = self._cursor.execute(text(exp.Describe(this=query))).fetchall()
        return [(name, native, nullable) for name, native, nullable, *_ in rows]


def text(query: exp.Expr, *, pretty: bool = False) -> str:
    """A tree as DuckDB's SQL."""
    return DUCKDB.print(query, pretty=pretty)
