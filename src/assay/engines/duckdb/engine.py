"""The embedded engine: DuckDB, sealed off from everything but the tables it was given."""

from __future__ import annotations

import glob
import shutil
import tempfile
import threading
import weakref
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp

from assay.core.aggregate import Aggregate
from assay.core.errors import EngineError
from assay.core.expr import Column, Expr
from assay.core.schema import Schema
from assay.core.source import Database, Memory
from assay.engines.duckdb.apart import apart, run
from assay.engines.duckdb.constants import check_constants
from assay.engines.duckdb.failures import about_files, failure, first_words
from assay.engines.duckdb.opening import reader
from assay.engines.duckdb.session import Session, text
from assay.engines.duckdb.sources import Derived, Reader
from assay.engines.sql.examples import examples, matching
from assay.engines.sql.expressions import Compiler
from assay.engines.sql.plan import Plan
from assay.engines.sql.recipes import scalar
from assay.engines.sql.rows import even, row_queries
from assay.states import Quantiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Self

    import pyarrow as pa

    from assay.core.aggregate import Key
    from assay.core.evidence import Cell
    from assay.core.source import Source

_ROWS_PER_BATCH = 100_000
_DEAR = 50
"""Quantiles of one column that are worth a query of their own where they are of groups."""

_MOST = 400
"""Aggregates of one query. DuckDB's planning time grows with the square of a query's length: 2,000
columns with five SQL aggregates each take 30 s of CPU in one query, and 2 s in portions."""
_MOST_ROWS = 100_000
"""Slices of one query: each costs this process memory for every state of it."""
_UNNAMED = {"JSON", "UUID"}  # types that Arrow has only as extensions


class DuckDBEngine:
    """Folds aggregates with DuckDB, in one query for each table.

    Thread-safe: every call has a cursor of its own.

    Args:
        memory_limit: what DuckDB may hold in memory (``"2GB"``); more goes to disk where the
            operation can, and what cannot fails with an :class:`EngineError`.
        threads: None takes one for each core.
        temp_directory: where to put what does not fit in memory (a folder of its own in there,
            removed on close); None takes the system's place for such files.

    Raises:
        EngineError: nothing can be written there.
    """

    def __init__(
        self,
        *,
        memory_limit: str = "1GB",
        threads: int | None = None,
        temp_directory: str | Path | None = None,
    ) -> None:
        self._spool = _spool(temp_directory)
        self._remove = weakref.finalize(self, shutil.rmtree, self._spool, ignore_errors=True)
        self._config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "temp_directory": self._spool,
            # nothing is loaded or found that was not attached
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
        }
        if threads is not None:
            self._config["threads"] = str(threads)
        self._lock = threading.RLock()
        self._readers: dict[str, Reader | Derived] = {}
        self._schemas: dict[str, Schema] = {}
        self._instance: duckdb.DuckDBPyConnection | None = None
        self._attached = 0
        self._running: weakref.WeakSet[Session] = weakref.WeakSet()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database and remove its temporary files."""
        with self._lock:
            if self._instance is not None:
                self._instance.close()
                self._instance = None
            self._readers.clear()
        self._remove()

    def interrupt(self) -> None:
        """Stop queries that run in other threads; they end with an EngineError."""
        with self._lock:
            for session in self._running:
                session.interrupt()

    @property
    def identity(self) -> str:
        """``duckdb`` and its version."""
        return f"duckdb {duckdb.__version__}"

    def accepts(self, source: Source) -> bool:
        """All sources but those of another engine: a Spark table or frame."""
        if isinstance(source, Memory):
            return not type(source.frame).__module__.startswith("pyspark.")
        return not isinstance(source, Database) or source.kind != "spark"

    def attach(self, name: str, source: Source) -> None:
        """Make a table known under a name; an earlier one of that name is forgotten.

        Raises:
            SubjectError: there is no such file or object.
            MissingExtraError: it needs a driver that is not installed.
        """
        with self._lock:
            self._attached += 1
            self._readers[name] = reader(source, f"assay.database.{self._attached}", self._spool)
            self._schemas.pop(name, None)
            # an instance is sealed with the files it may read: a new file needs a new one
            # (calls that still run hold the old one until they end)
            if not isinstance(self._readers[name], Derived):
                self._instance = None

    def detach(self, name: str) -> None:
        """Forget a table; scans of it that run go on."""
        with self._lock:
            self._readers.pop(name, None)
            self._schemas.pop(name, None)

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
        with self._session() as session:
            compiler = Compiler(name, session.schema(name), session)
            trees = [compiler.compile(e).tree for e in expressions]
            if not trees:
                return
            source = compiler.source()
            try:
                session.check(exp.Select(expressions=[t.copy() for t in trees]).from_(source))
                check_constants(session, trees)
            except duckdb.Error as error:
                raise EngineError(
                    f"An expression does not fit table {name!r}: {first_words(error)}",
                    hint="Compare values of the same type.",
                ) from error

    def fold(
        self, name: str, aggregates: Sequence[Aggregate[Any]], *, mergeable: bool = False
    ) -> dict[Aggregate[Any], dict[Key, Any]]:
        """Fold all aggregates over the table in one scan (of :data:`_MOST` at most: see there).

        An aggregate with ``by`` has a key for each combination of values in the table, also where
        no row of it meets ``where``. Samples, and sketches of quantiles, take one more query.
        Quantiles are exact while their values fit in memory, and come from a sketch beyond.

        Raises:
            EngineError: the scan failed.
            SubjectError: the table cannot be read to its end.
        """
        folded: dict[Aggregate[Any], dict[Key, Any]] = {}
        with self._reported(name):
            for folding in apart(aggregates, mergeable=mergeable):
                with self._session() as session:
                    folded |= run(folding, name, session)
            for some in _portions([a for a in aggregates if a not in folded]):
                try:
                    folded |= self._fold(name, Plan.of(some, mergeable=mergeable))
                except duckdb.OutOfMemoryException:
                    sketched = Plan.of(some, mergeable=mergeable, sketched=True)
                    if sketched.rest == Plan.of(some, mergeable=mergeable).rest:
                        raise
                    folded |= self._fold(name, sketched)
        return folded

    def _fold(self, name: str, plan: Plan) -> dict[Aggregate[Any], dict[Key, Any]]:
        rows: list[tuple[Any, ...]] = []
        if plan.sets:
            with self._session() as session:
                compiler = Compiler(name, session.schema(name), session)
                query = plan.query(compiler)
                rows = session.rows(query.limit(_MOST_ROWS + 1) if plan.keys else query)
                if len(rows) > _MOST_ROWS:
                    raise EngineError(
                        f"There are more than {_MOST_ROWS:,} slices of {name!r} to measure.",
                        hint="Slice by columns with fewer values.",
                    )
        folded = plan.decode(rows)
        for several in row_queries(plan.rest):
            with self._session() as session:
                compiler = Compiler(name, session.schema(name), session)
                found = several.run(partial(session.batches, batch_size=_ROWS_PER_BATCH), compiler)
            keys = plan.keys_of(several.by, rows) if several.by else [()]
            for aggregate, states in found.items():
                empty = several.empty(aggregate)
                folded[aggregate] = {k: states.get(k, empty) for k in keys}
        return folded

    def examples(
        self, name: str, where: Expr, *, columns: Sequence[str] = (), limit: int = 10
    ) -> tuple[list[str], list[list[Cell]], int]:
        """Column names, up to ``limit`` rows that match, and how many match in all.

        Raises:
            EngineError: unknown column, or the filter does not fit the table.
        """
        with self._reported(name), self._session() as session:
            schema = session.schema(name)
            names = list(columns) or list(schema.names)
            compiler = Compiler(name, schema, session)
            rows = session.rows(examples(compiler, where, names, limit=limit))
        with self._reported(name), self._session() as session:
            [(total,)] = session.rows(matching(Compiler(name, schema, session), where))
        return names, [[scalar(value) for value in row] for row in rows], total

    def batches(
        self,
        name: str,
        *,
        batch_size: int,
        columns: Sequence[str] | None = None,
        added: Mapping[str, Expr] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """All rows in a stable order, in batches (the last may be shorter).

        Raises:
            SubjectError: the table cannot be read to its end.
            EngineError: there is no such column, or what is added does not fit the table.
        """
        with self._reported(name), self._session() as session:
            schema = session.schema(name)
            compiler = Compiler(name, schema, session)
            wanted = schema.columns
            if columns is not None:
                for n in columns:
                    compiler.compile(Column(n))  # tells of a column that is not there
                wanted = tuple(c for n in columns if (c := schema.find(n)))
            cells = [
                exp.alias_(
                    (compiler.key(Column(c.name)) if c.native in _UNNAMED or
                     c.native.startswith("ENUM") else compiler.compile(Column(c.name)).tree).copy(),
                    c.name, quoted=True,
                )
                for c in wanted
            ]  # fmt: skip
            cells += [
                exp.alias_(compiler.compile(e).tree.copy(), n, quoted=True)
                for n, e in (added or {}).items()
            ]
            query = exp.Select(expressions=cells).from_(compiler.source())
            yield from even(session.batches(query, batch_size), batch_size)

    def explain(
        self, name: str, aggregates: Sequence[Aggregate[Any]], *, mergeable: bool = False
    ) -> list[str]:
        """The texts of the queries that :meth:`fold` would run: each is one scan."""
        with self._session() as session:
            schema = session.schema(name)
            foldings = list(apart(aggregates, mergeable=mergeable))
            queries = [each.query(Compiler(name, schema, session)) for each in foldings]
            counted = {a for each in foldings if each.always for a in each.aggregates}
            for some in _portions([a for a in aggregates if a not in counted]):
                plan = Plan.of(some, mergeable=mergeable)
                if plan.sets:
                    queries.append(plan.query(Compiler(name, schema, session)))
                for several in row_queries(plan.rest):
                    queries += several.queries(Compiler(name, schema, session))
            return [text(query, pretty=True) for query in queries]

    @contextmanager
    def _reported(self, name: str) -> Iterator[None]:
        """DuckDB's errors about a table, as ours."""
        try:
            yield
        except duckdb.InterruptException as error:
            raise EngineError(f"The scan of {name!r} was stopped.") from error
        except (duckdb.Error, UnicodeDecodeError) as error:
            raise failure(self._at_fault(name, error), error) from error
        except RuntimeError as error:  # how DuckDB's client tells of Ctrl-C
            if str(error) == "Query interrupted":
                raise KeyboardInterrupt from error
            raise

    def _at_fault(self, name: str, error: Exception) -> str:
        """What could not be read, or not be scanned: a file where it is known, or the table."""
        known = self._readers.get(name)
        if known is None:
            return repr(name)
        if isinstance(error, duckdb.Error | UnicodeDecodeError) and about_files(error):
            with self._session() as session:
                return session.at_fault(name, str(error)) or known.what
        return known.what

    def _session(self) -> Session:
        with self._lock:
            if self._instance is None:
                self._instance = self._seal()
            session = Session(self._instance.cursor(), self._readers, self._schemas)
            self._running.add(session)
            return session

    def _seal(self) -> duckdb.DuckDBPyConnection:
        """A new instance that can read the files of the attached tables, and nothing else."""
        instance = duckdb.connect(":memory:", config=self._config)
        readers = [known for known in self._readers.values() if isinstance(known, Reader)]
        for known in readers:
            known.attach(instance)
        files = {path for known in readers for path in known.files}
        allowed = sorted(files | {glob.escape(path) for path in files})
        instance.execute("SET TimeZone = 'UTC'")
        instance.execute("SET disabled_optimizers = $1", [_disabled(instance)])
        instance.execute("SET allowed_paths = $1", [allowed])
        instance.execute("SET enable_external_access = false")
        instance.execute("SET lock_configuration = true")
        return instance


def _spool(folder: str | Path | None) -> str:
    try:
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
        return tempfile.mkdtemp(prefix="assay-", dir=folder)
    except OSError as error:
        raise EngineError(
            f"No temporary files can be written: {error}.", hint="Free space, or set TMPDIR."
        ) from error


def _portions(aggregates: Sequence[Aggregate[Any]]) -> Iterator[list[Aggregate[Any]]]:
    """The aggregates, each once, in parts that one query holds.

    In a query with several groupings DuckDB folds everything for each of them. Many quantiles are
    dear, so those of groups stand apart from what is grouped otherwise: 19 columns by 20 groups of
    rows then take 1.7 s of CPU in place of 5.6 s.
    """
    grouped: dict[tuple[Expr, ...], list[Aggregate[Any]]] = {}
    for aggregate in dict.fromkeys(aggregates):
        dear = isinstance(aggregate, Quantiles) and len(aggregate.probabilities) >= _DEAR
        grouped.setdefault(aggregate.by if dear else (), []).append(aggregate)
    for several in grouped.values():
        for start in range(0, len(several), _MOST):
            yield several[start : start + _MOST]


def _disabled(instance: duckdb.DuckDBPyConnection) -> str:
    """Optimizers that work against a fold.

    ``distinct_aggregate_rewrite`` stores the whole scan in memory where a query holds distinct
    counts beside other aggregates: 1.8 GB in place of 0.3 GB for 10M rows, and twice the time.
    ``statistics_propagation`` believes a Parquet file's least and greatest value of a column, which
    leave NaN out (Arrow writes them so): it then takes ``isnan`` to be false for every row.
    """
    known = instance.execute("SELECT name FROM duckdb_optimizers()").fetchall()
    against = {"distinct_aggregate_rewrite", "statistics_propagation"}
    return ",".join(name for (name,) in known if name in against)
