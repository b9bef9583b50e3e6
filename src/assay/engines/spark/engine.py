"""Tables of any size, folded by Spark."""

from __future__ import annotations

import math
import shutil
import tempfile
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from sqlglot import exp

from assay.core.aggregate import Aggregate
from assay.core.errors import EngineError
from assay.core.expr import Column, Expr
from assay.core.source import Database, Files
from assay.engines.spark import re2
from assay.engines.spark.attaching import open_source
from assay.engines.spark.dialect import FINE_K, SKETCH, SKETCH_K, SPARK
from assay.engines.spark.failures import reported
from assay.engines.spark.groups import fold_groups, group_trees
from assay.engines.spark.jobs import Jobs
from assay.engines.spark.opening import Opened, checked, quiet_import
from assay.engines.spark.streams import by_way_of_disk, part_by_part, with_unsigned
from assay.engines.spark.tables import Tables
from assay.engines.sql.examples import examples, matching
from assay.engines.sql.expressions import Compiler
from assay.engines.sql.plan import Plan
from assay.engines.sql.recipes import recipe, scalar
from assay.engines.sql.rows import even, row_queries
from assay.states import Comoments, Moments, QuantilesState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Self

    import pyarrow as pa
    from pyspark.sql import SparkSession

    from assay.core.aggregate import Key
    from assay.core.evidence import Cell
    from assay.core.schema import Schema
    from assay.core.source import Source

_MOST = 400
"""Aggregates of one query: beyond it, Spark makes code of it that is too long to compile."""


class SparkEngine:
    """Folds aggregates with Spark, in one job for each scan.

    Args:
        session: a SparkSession to use: its tables and views are known, its settings stay as they
            are, and it is left open. None takes the session of this process, or makes one on this
            machine and stops it when the last engine that uses it is closed.
        settings: ``master``, ``memory`` and some of Spark's own settings, of sizes and numbers.
        temp_directory: where to put what does not fit in memory (a folder of its own in there,
            removed on close); None takes the system's place for such files.

    Raises:
        MissingExtraError: pyspark is not installed.
        SuiteError: there is no such setting.
        EngineError: there is no Java, or Spark does not start.
    """

    def __init__(
        self,
        *,
        session: SparkSession | None = None,
        settings: Mapping[str, str] | None = None,
        temp_directory: str | Path | None = None,
    ) -> None:
        wanted = checked(settings or {})
        self._spool = _spool(temp_directory)
        self._remove = weakref.finalize(self, shutil.rmtree, self._spool, ignore_errors=True)
        try:
            self._opened = Opened(session, wanted, self._spool)
        except BaseException:
            self._remove()
            raise
        self._session: Any = self._opened.session
        self._jobs = Jobs(self._session)
        self._tables = Tables(self._session, self._jobs)
        self._closed = False
        re2.register(self._session)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the session, which ends if it is our own; remove temporary files."""
        if not self._closed:
            self._closed = True
            self._tables.forget()
            self._opened.close()
            self._remove()

    def interrupt(self) -> None:
        """Cancel jobs that run in other threads; they end with an EngineError."""
        self._jobs.interrupt()

    @property
    def identity(self) -> str:
        """``spark`` and its version."""
        return f"spark {self._session.version}"

    def accepts(self, source: Source) -> bool:
        """All but files that Spark cannot unpack, and databases other than its own."""
        if isinstance(source, Database):
            return source.kind == "spark"
        return not (
            isinstance(source, Files)
            and source.format in ("csv", "jsonl")
            and any(path.lower().endswith(".zst") for path in source.paths)
        )

    def attach(self, name: str, source: Source) -> None:
        """Make a table known under a name; an earlier one of that name is forgotten.

        Raises:
            SubjectError: there is no such file, table or object.
        """
        self._tables.attach(name, open_source(source, self._spool))

    def detach(self, name: str) -> None:
        """Forget a table."""
        self._tables.detach(name)

    def schema(self, name: str) -> Schema:
        """Columns of the table.

        Raises:
            SubjectError: it cannot be read.
        """
        with self._working(name):
            return self._tables.schema(name)

    def validate(self, name: str, expressions: Sequence[Expr]) -> None:
        """Check that the expressions are valid over the table, without reading rows.

        Raises:
            EngineError: one is not: unknown column, wrong type, forbidden SQL.
        """
        with self._working(name):
            compiler = self._compiler(name)
            trees = [compiler.compile(e).tree for e in expressions]
            if not trees:
                return
            source = compiler.source()
            self._tables.frame(exp.Select(expressions=[t.copy() for t in trees]).from_(source))
            casts = [
                cast.copy()
                for tree in trees
                for cast in tree.find_all(exp.Cast)
                if type(cast) is exp.Cast and isinstance(cast.this, exp.Literal)
            ]
            if casts:  # those of constants fail only when they run
                self._tables.rows(exp.Select(expressions=casts))

    def fold(
        self, name: str, aggregates: Sequence[Aggregate[Any]], *, mergeable: bool = False
    ) -> dict[Aggregate[Any], dict[Key, Any]]:
        """Fold all aggregates over the table in one scan and one job.

        Frequencies and counts of different values take one more for all of them together (those of
        the most frequent values one of their own), and each set of columns of which the rows
        themselves are wanted takes one, or two where they are drawn by lot. An aggregate with
        ``by`` has a key for each combination of values in the table. Quantiles are exact up to
        65,535 values (4,096 beside aggregates with ``by``) and come from a sketch beyond.

        Raises:
            EngineError: the scan failed.
            SubjectError: the table cannot be read to its end.
        """
        folded: dict[Aggregate[Any], dict[Key, Any]] = {}
        with self._working(name):
            for plan, grouped in self._plans(aggregates, mergeable=mergeable):
                rows = self._scan(name, plan) if plan.sets else []
                folded |= _stated(self._held(name, plan.decode(rows)), _size(plan))
                folded |= self._empty(name, plan, folded, mergeable=mergeable)
                for several in row_queries(plan.rest):
                    found = several.run(
                        lambda query: iter(self._tables.arrow(query).to_batches()),
                        self._compiler(name),
                    )
                    keys = plan.keys_of(several.by, rows) if several.by else [()]
                    for aggregate, states in found.items():
                        empty = several.empty(aggregate)
                        folded[aggregate] = {k: states.get(k, empty) for k in keys}
                compiler = self._compiler(name)
                folded |= fold_groups(grouped, compiler, self._tables, mergeable=mergeable)
        return folded

    def _plans(
        self, aggregates: Sequence[Aggregate[Any]], *, mergeable: bool
    ) -> Iterator[tuple[Plan, list[Aggregate[Any]]]]:
        """Plans of one scan each, and what is found by grouping beside it."""
        different = list(dict.fromkeys(aggregates))
        for start in range(0, len(different), _MOST):
            scanned: list[Aggregate[Any]] = []
            grouped: list[Aggregate[Any]] = []
            for aggregate in different[start : start + _MOST]:
                made = recipe(aggregate, mergeable=mergeable)
                apart = made and any(part.operation in SPARK.apart for part in made.parts)
                (grouped if apart else scanned).append(aggregate)
            yield Plan.of(scanned, mergeable=mergeable, sketches=True), grouped

    def _scan(self, name: str, plan: Plan) -> list[tuple[Any, ...]]:
        return self._tables.rows(self._query(name, plan))

    def _held(
        self, name: str, folded: dict[Aggregate[Any], dict[Key, Any]]
    ) -> dict[Aggregate[Any], dict[Key, Any]]:
        """The same, if a double holds them all.

        Raises:
            EngineError: a sum, or a sum of powers, is infinite.
        """
        for aggregate, states in folded.items():
            if isinstance(aggregate, Moments | Comoments):
                for state in states.values():
                    numbers = (getattr(state, field) for field in state.__struct_fields__)
                    if not all(n is None or math.isfinite(n) for n in numbers):
                        raise EngineError(
                            f"The values of {self._tables.table(name).what} are too large: "
                            "powers of them exceed 1.8e308.",
                            hint="Leave them out with `where`.",
                        )
        return folded

    def _query(self, name: str, plan: Plan) -> exp.Select:
        query = plan.query(self._compiler(name))
        for sketch in query.find_all(exp.Anonymous):
            if sketch.name == SKETCH and plan.keys:  # there is one for each group
                sketch.expressions[1].replace(exp.Literal.number(_size(plan)))
        return query

    def _empty(
        self,
        name: str,
        plan: Plan,
        folded: dict[Aggregate[Any], dict[Key, Any]],
        *,
        mergeable: bool,
    ) -> dict[Aggregate[Any], dict[Key, Any]]:
        """States of the whole table where it has no rows: its grouping sets then give none."""
        lacking = [a for a in plan.recipes if not a.by and not folded[a]]
        if not lacking:
            return {}
        again = Plan.of(lacking, mergeable=mergeable, sketches=True)
        return again.decode(self._scan(name, again))

    def examples(
        self, name: str, where: Expr, *, columns: Sequence[str] = (), limit: int = 10
    ) -> tuple[list[str], list[list[Cell]], int]:
        """Column names, up to ``limit`` rows that match, and how many match in all.

        Raises:
            EngineError: unknown column, or the filter does not fit the table.
        """
        with self._working(name):
            compiler = self._compiler(name)
            names = list(columns) or list(compiler.schema.names)
            rows = self._tables.rows(examples(compiler, where, names, limit=limit))
            [(total,)] = self._tables.rows(matching(compiler, where))
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

        On this machine Spark writes them to disk first, in one job; on a cluster one part of the
        table is read at a time, in a job of its own, and must fit in memory.

        Raises:
            SubjectError: the table cannot be read to its end.
            EngineError: there is no such column, or what is added does not fit the table.
        """
        with self._working(name):
            compiler = self._compiler(name)
            wanted = compiler.schema.columns
            if columns is not None:
                for n in columns:
                    compiler.compile(Column(n))  # tells of a column that is not there
                wanted = tuple(c for n in columns if (c := compiler.schema.find(n)))
            cells = [
                exp.alias_(
                    (
                        compiler.key(Column(c.name))
                        if c.kind == "other"
                        else compiler.compile(Column(c.name)).tree
                    ).copy(),
                    c.name,
                    quoted=True,
                )
                for c in wanted
            ]
            cells += [
                exp.alias_(compiler.compile(e).tree.copy(), n, quoted=True)
                for n, e in (added or {}).items()
            ]
            frame = self._tables.frame(exp.Select(expressions=cells).from_(compiler.source()))
        yield from even(self._parts(name, frame), batch_size)

    def _parts(self, name: str, frame: Any) -> Iterator[pa.RecordBatch]:
        before = self._jobs.stopped
        rows = (
            by_way_of_disk(frame, self._spool, self._jobs)
            if self._opened.is_local
            else part_by_part(frame, self._jobs)
        )
        while True:
            with self._working(name):
                batch = next(rows, None)
            if batch is None:
                return
            if self._jobs.stopped != before:
                raise EngineError(f"The scan of {self._tables.table(name).what} was stopped.")
            yield with_unsigned(batch, self._tables.whole(name))

    def explain(
        self, name: str, aggregates: Sequence[Aggregate[Any]], *, mergeable: bool = False
    ) -> list[str]:
        """The texts of the queries that :meth:`fold` would run: each is one scan and one job."""
        queries: list[exp.Expr] = []
        with self._working(name):
            for plan, grouped in self._plans(aggregates, mergeable=mergeable):
                if plan.sets:
                    queries.append(self._query(name, plan))
                for several in row_queries(plan.rest):
                    queries += several.queries(self._compiler(name))
                compiler = self._compiler(name)
                queries += group_trees(grouped, compiler, SPARK, mergeable=mergeable)
        return [SPARK.print(query, pretty=True) for query in queries]

    def _compiler(self, name: str) -> Compiler:
        return Compiler(name, self._tables.schema(name), self._tables)

    @contextmanager
    def _working(self, name: str) -> Iterator[None]:
        """Spark's errors about a table are ours."""
        with quiet_import(), reported(self._tables.table(name).what):
            yield


def _spool(folder: str | Path | None) -> str:
    try:
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
        return tempfile.mkdtemp(prefix="assay-", dir=folder)
    except OSError as error:
        raise EngineError(
            f"No temporary files can be written: {error}.", hint="Free space, or set TMPDIR."
        ) from error


def _size(plan: Plan) -> int:
    """Size of the sketches that a query makes: each group has one of its own."""
    return SKETCH_K if plan.keys else FINE_K


def _stated(
    folded: dict[Aggregate[Any], dict[Key, Any]], size: int
) -> dict[Aggregate[Any], dict[Key, Any]]:
    """The same, with the error of quantiles that come from sketches of a size.

    As a share of the rows, at 99 % confidence (Apache DataSketches, KllHelper).
    """
    error = 2.296 / size**0.9723
    return {
        aggregate: {
            key: msgspec.structs.replace(state, error=error)
            if isinstance(state, QuantilesState) and state.sketch is None and state.n > size
            else state
            for key, state in states.items()
        }
        for aggregate, states in folded.items()
    }
