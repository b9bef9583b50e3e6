"""The tables that a Spark session of ours knows, as the compiler asks for them."""

from __future__ import annotations

import threading
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.core.errors import EngineError, SubjectError, did_you_mean
from assay.core.schema import ColumnInfo, Kind, Schema
from assay.engines.duckdb.sources import Derived
from assay.engines.spark.dialect import SPARK
from assay.engines.spark.failures import reported
from assay.engines.spark.kinds import kind_of
from assay.engines.sql.derived import relation

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.engines.spark.jobs import Jobs
    from assay.engines.spark.sources import Table


class Tables:
    """Attached tables by name; each is a view of the session from when it is first read.

    Args:
        session: of our own, see :mod:`assay.engines.spark.opening`.
        jobs: runs what starts jobs.
    """

    dialect = SPARK

    def __init__(self, session: Any, jobs: Jobs) -> None:
        self._session = session
        self._jobs = jobs
        self._lock = threading.RLock()
        self._known: dict[str, Table | Derived] = {}
        self._views: dict[str, str] = {}
        self._schemas: dict[str, Schema] = {}
        self._within: list[str] = []
        self._made = 0

    def attach(self, name: str, table: Table | Derived) -> None:
        """Make a table known; an earlier one of that name is forgotten."""
        with self._lock:
            self.detach(name)
            self._known[name] = table

    def detach(self, name: str) -> None:
        """Forget a table, and what was found of those that are derived from others."""
        with self._lock:
            self._known.pop(name, None)
            self._schemas.pop(name, None)
            for other, table in self._known.items():
                if isinstance(table, Derived):
                    self._schemas.pop(other, None)
            view = self._views.pop(name, None)
            if view is not None:
                self._session.catalog.dropTempView(view)

    def forget(self) -> None:
        """Detach all tables; a session that is gone holds none."""
        from py4j.protocol import Py4JError

        with self._lock, suppress(Py4JError, OSError):
            for name in list(self._known):
                self.detach(name)

    def table(self, name: str) -> Table | Derived:
        """An attached table.

        Raises:
            SubjectError: no table has this name.
        """
        found = self._known.get(name)
        if found is None:
            raise SubjectError(
                f"There is no table {name!r}.{did_you_mean(name, self._known)}",
                hint=f"Tables: {', '.join(map(repr, self._known)) or 'none'}.",
            )
        return found

    def whole(self, name: str) -> frozenset[str]:
        """Columns of integers that Spark holds as decimals."""
        found = self.table(name)
        return frozenset() if isinstance(found, Derived) else found.whole

    def relation(self, table: str) -> exp.Expr:
        """The ``FROM`` item for one scan of a table."""
        with self._lock:
            found = self.table(table)
            if isinstance(found, Derived):
                if table in self._within:
                    raise EngineError(f"The query {table!r} reads itself.")
                self._within.append(table)
                try:
                    return relation(found.source, self, list(self._known))
                finally:
                    self._within.pop()
            if table not in self._views:
                with reported(found.what):
                    frame = found.open(self._session)
                    self._made += 1
                    view = f"assay_table_{self._made}"
                    frame.createOrReplaceTempView(view)
                    self._views[table] = view
            return exp.Table(this=exp.to_identifier(self._views[table], quoted=True))

    def schema(self, table: str) -> Schema:
        """Columns of a table.

        Raises:
            SubjectError: it cannot be read.
        """
        with self._lock:
            known = self._schemas.get(table)
            if known is None:
                found = self.table(table)
                fields = self._fields(exp.select("*").from_(self.relation(table)), found.what)
                whole = self.whole(table)
                known = self._schemas[table] = Schema(
                    tuple(
                        ColumnInfo(
                            field.name,
                            "integer" if field.name in whole else kind_of(native),
                            native,
                            field.nullable,
                        )
                        for field in fields
                        for native in [field.dataType.simpleString()]
                    )
                )
            return known

    def kind_of(self, table: str, tree: exp.Expr) -> Kind:
        """The kind of value that a tree over the table's columns gives.

        Raises:
            EngineError: the tree does not fit the table.
        """
        query = exp.Select(expressions=[tree.copy()]).from_(self.relation(table))
        [field] = self._fields(query, self.table(table).what)
        return kind_of(field.dataType.simpleString())

    def frame(self, query: exp.Expr) -> Any:
        """The rows of a query: planned, and not yet run.

        Raises:
            pyspark.errors.PySparkException: it makes no sense.
        """
        return self._session.sql(self.dialect.print(query))

    def rows(self, query: exp.Expr) -> list[tuple[Any, ...]]:
        """All rows of a query, in one job.

        Raises:
            pyspark.errors.PySparkException: it failed.
        """
        frame = self.frame(query)
        return [tuple(map(_plain, row)) for row in self._jobs.run(frame.collect)]

    def arrow(self, query: exp.Expr) -> pa.Table:
        """All rows of a query as one table, in one job.

        Raises:
            pyspark.errors.PySparkException: it failed.
        """
        found: pa.Table = self._jobs.run(self.frame(query).toArrow)
        return found

    def _fields(self, query: exp.Expr, what: str) -> Any:
        with reported(what):
            return self.frame(query).schema.fields


def _plain(value: Any) -> Any:
    """Decimals are integers that Spark has no other type for: other decimals come as text."""
    if isinstance(value, Decimal):
        return int(value)
    return bytes(value) if isinstance(value, bytearray) else value
