"""The engine of a PostgreSQL server: aggregates are folded there, and only their values travel."""

from __future__ import annotations

import threading
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sqlglot import exp

from assay.core.errors import EngineError, SubjectError
from assay.core.expr import Column
from assay.core.source import Database, Grouped, Query
from assay.engines.postgresql.dialect import PostgreSQLDialect
from assay.engines.postgresql.failures import ArithmeticFailure
from assay.engines.postgresql.planning import Folded, fold, further, plans
from assay.engines.postgresql.session import Described, Link, Session
from assay.engines.postgresql.settings import checked
from assay.engines.sql.drawn import DrawnQuery
from assay.engines.sql.examples import examples, matching
from assay.engines.sql.expressions import Compiler
from assay.engines.sql.queries import refuse_writing
from assay.engines.sql.recipes import scalar
from assay.engines.sql.rows import RowQuery, even

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Self

    import pyarrow as pa

    from assay.core.aggregate import Aggregate
    from assay.core.evidence import Cell
    from assay.core.expr import Expr
    from assay.core.schema import Schema
    from assay.core.source import Source

T = TypeVar("T")


class PostgreSQLEngine:
    """Folds aggregates in the PostgreSQL server where the tables are.

    Every call is a read-only transaction that sees the tables at one instant, on a connection of
    its own, so calls from several threads run side by side. Nothing is written to the server, and
    PostgreSQL 16 or later is needed.

    Args:
        settings: of the server, for our transactions: ``statement_timeout``, ``lock_timeout``,
            ``work_mem``, ``max_parallel_workers_per_gather``.
        temp_directory: taken for the sake of the other engines; this one writes no files.

    Raises:
        SuiteError: there is no such setting, or not of this value.
    """

    def __init__(
        self,
        *,
        settings: Mapping[str, str] = {},
        temp_directory: str | Path | None = None,
    ) -> None:
        self._settings = checked(settings)
        self._lock = threading.RLock()
        self._tables: dict[str, Database | Grouped | Query] = {}
        self._described: dict[str, Described] = {}
        self._dsn: str | None = None
        self._idle: list[Link] = []
        self._running: weakref.WeakSet[Session] = weakref.WeakSet()
        self._version = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def identity(self) -> str:
        """``postgresql``, and the server's version as soon as there was a connection."""
        return f"postgresql {self._version}".strip()

    def accepts(self, source: Source) -> bool:
        """Tables and queries of PostgreSQL, and tables that are made from those."""
        if isinstance(source, Database):
            return source.kind == "postgresql"
        return isinstance(source, Query | Grouped)

    def attach(self, name: str, source: Source) -> None:
        """Make a table known under a name; an earlier one of that name is forgotten.

        Raises:
            SubjectError: it is no table of PostgreSQL, of another database than the tables before,
                or a query that does more than read.
        """
        if not isinstance(source, Database | Grouped | Query) or not self.accepts(source):
            raise SubjectError(
                f"{name!r} is not in PostgreSQL.", hint="Run the suite on the engine duckdb."
            )
        with self._lock:
            if isinstance(source, Database):
                self._attach_database(name, source)
            self._tables[name] = source
            # what is made from other tables has their columns
            self._forget(name)

    def _attach_database(self, name: str, source: Database) -> None:
        if (source.table is None) == (source.query is None):
            raise SubjectError("A database needs a table or a query, and not both.")
        if source.query is not None:
            refuse_writing(source.query, dialect="postgres")
        others = any(isinstance(t, Database) for n, t in self._tables.items() if n != name)
        if others and source.dsn != self._dsn:
            raise SubjectError(
                f"{name!r} is in another database than the tables before it.",
                hint="A run on the engine postgresql has one connection string: write the same "
                "for all tables, or run the suite on the engine duckdb.",
            )
        if source.dsn != self._dsn:
            self._hang_up()
            self._dsn = source.dsn

    def detach(self, name: str) -> None:
        """Forget a table; scans of it that run go on."""
        with self._lock:
            self._tables.pop(name, None)
            self._forget(name)

    def _forget(self, name: str) -> None:
        for known in [name, *(n for n, t in self._tables.items() if not isinstance(t, Database))]:
            self._described.pop(known, None)

    def interrupt(self) -> None:
        """Stop queries that run in other threads; they end with an EngineError."""
        with self._lock:
            for session in self._running:
                session.interrupt()

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            self._hang_up()
            self._tables.clear()
            self._described.clear()

    def _hang_up(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def schema(self, name: str) -> Schema:
        """Columns of the table.

        Raises:
            SubjectError: it cannot be read.
        """
        with self._session() as session:
            return session.schema(name)

    def validate(self, name: str, expressions: Sequence[Expr]) -> None:
        """Check that the expressions are valid over the table, without reading rows.

        Raises:
            EngineError: one is not: unknown column, wrong type, forbidden SQL.
        """

        def work(session: Session) -> None:
            compiler = Compiler(name, session.schema(name), session)
            trees = [compiler.compile(e).tree for e in expressions]
            if not trees:
                return
            query = exp.Select(expressions=[t.copy() for t in trees]).from_(compiler.source())
            try:
                session.check(query, repr(name))
            except SubjectError as error:
                raise EngineError(
                    f"An expression does not fit table {name!r}: {error.message}", hint=error.hint
                ) from None

        self._carefully(work)

    def fold(
        self, name: str, aggregates: Sequence[Aggregate[Any]], *, mergeable: bool = False
    ) -> Folded:
        """Fold all aggregates over the table as it is at one instant.

        Plain aggregates take one query (240 at most); quantiles, distinct counts, frequencies and
        third and fourth moments one more each, for each ``by``; samples, and sketches of
        quantiles, read rows. :meth:`explain` shows them.

        Raises:
            EngineError: the scan failed.
            SubjectError: the table cannot be read to its end.
        """

        def work(session: Session) -> Folded:
            folded: Folded = {}
            for plan in plans(aggregates, mergeable=mergeable):
                folded |= fold(session, name, plan, mergeable=mergeable)
            return folded

        return self._carefully(work)

    def examples(
        self, name: str, where: Expr, *, columns: Sequence[str] = (), limit: int = 10
    ) -> tuple[list[str], list[list[Cell]], int]:
        """Column names, up to ``limit`` rows that match, and how many match in all.

        Raises:
            EngineError: unknown column, or the filter does not fit the table.
        """

        def work(session: Session) -> tuple[list[str], list[list[Cell]], int]:
            what = session.what(name)
            schema = session.schema(name)
            names = list(columns) or list(schema.names)
            compiler = Compiler(name, schema, session)
            query = examples(compiler, where, names, limit=limit)
            [(total,)] = session.rows(matching(compiler, where), what)
            found = [
                row
                for batch in session.batches(query, what)
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
            ]
            return names, [[scalar(value) for value in row] for row in found], total

        return self._carefully(work)

    def batches(
        self,
        name: str,
        *,
        batch_size: int,
        columns: Sequence[str] | None = None,
        added: Mapping[str, Expr] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """All rows in a stable order (that in which they lie), in batches.

        Raises:
            SubjectError: the table cannot be read to its end.
            EngineError: there is no such column, or what is added does not fit the table.
        """
        from assay.engines.postgresql.arrow import selected, shaped

        # careful from the start: rows that were given cannot be taken back
        with self._session(careful=bool(added)) as session:
            schema = session.schema(name)
            compiler = Compiler(name, schema, session)
            names = list(schema.names if columns is None else columns)
            values = [compiler.compile(Column(n)) for n in names]
            values += [compiler.compile(e) for e in (added or {}).values()]
            cells = [
                exp.alias_(selected(value, session.dialect), f"c{i}")
                for i, value in enumerate(values)
            ]
            query = exp.Select(expressions=cells).from_(compiler.source())
            rows = session.batches(query, session.what(name))
            named = shaped(rows, [*names, *(added or {})], values)
            yield from even(named, batch_size)

    def explain(
        self, name: str, aggregates: Sequence[Aggregate[Any]], *, mergeable: bool = False
    ) -> list[str]:
        """The texts of the queries that :meth:`fold` would run.

        Each reads the table once; one for third and fourth moments, whose ``centre`` is a query
        too, reads it twice.
        """

        def work(session: Session) -> list[str]:
            schema = session.schema(name)
            queries: list[exp.Expr] = []
            for plan in plans(aggregates, mergeable=mergeable):
                if plan.sets:
                    queries.append(plan.query(Compiler(name, schema, session)))
                for one in further(plan, session.dialect, mergeable=mergeable):
                    compiler = Compiler(name, schema, session)
                    several = isinstance(one, RowQuery | DrawnQuery)
                    queries += one.queries(compiler) if several else [one.query(compiler)]
            return [session.dialect.print(query, pretty=True) for query in queries]

        return self._carefully(work)

    def _carefully(self, work: Callable[[Session], T]) -> T:
        """Work with the server's own arithmetic, and where that has no answer, with a careful one.

        Raises:
            AssayError: the work failed.
        """
        try:
            with self._session() as session:
                return work(session)
        except ArithmeticFailure:
            pass
        fault = None
        try:
            with self._session(careful=True) as session:
                return work(session)
        except ArithmeticFailure as failure:
            fault = failure.error
        raise fault

    @contextmanager
    def _session(self, *, careful: bool = False) -> Iterator[Session]:
        link, session = self._begin(careful=careful)
        try:
            yield session
        finally:
            with self._lock:
                self._running.discard(session)
                if session.end() and link.dsn == self._dsn:
                    self._idle.append(link)
                else:
                    link.close()

    def _begin(self, *, careful: bool) -> tuple[Link, Session]:
        """A connection in a new transaction: one that is idle, where it still stands."""
        while True:
            with self._lock:
                if self._dsn is None:
                    raise SubjectError("No table of PostgreSQL is known.")
                idle = self._idle.pop() if self._idle else None
                dsn = self._dsn
            link = idle or Link(dsn)
            self._version = link.version
            dialect = PostgreSQLDialect(careful=careful, small_letters=link.small_letters)
            session = Session(link, self._tables, self._described, dialect, self._settings)
            with self._lock:
                self._running.add(session)
            try:
                session.begin()
            except SubjectError:
                link.close()
                if idle is None:
                    raise
                continue
            return link, session
