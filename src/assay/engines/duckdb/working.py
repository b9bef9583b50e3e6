"""DuckDB for queries that Assay itself builds over several attached tables, in several steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.engines.duckdb.engine import DuckDBEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from assay.engines.duckdb.session import Session

    Build = Callable[[Session], exp.Query]
    """Makes a query; the session gives it the relations of attached tables and compiles what a
    person wrote. Nothing of a person's may reach the tree in another way."""

_ROWS_PER_BATCH = 100_000


class WorkingEngine(DuckDBEngine):
    """The embedded engine, with queries as trees, and tables to keep their answers in.

    Attach every table first: a table that is kept is lost when another is attached. What does not
    fit in memory goes to the temporary directory.
    """

    def answer(self, about: str, build: Build) -> list[tuple[Any, ...]]:
        """All rows of a query.

        Args:
            about: the attached table that errors are told of.

        Raises:
            EngineError: it failed, or something in it does not fit its tables.
            SubjectError: a table cannot be read to its end.
        """
        with self._reported(about), self._session() as session:
            return session.rows(build(session))

    def stream(self, about: str, build: Build) -> Iterator[pa.RecordBatch]:
        """The rows of a query in batches; errors as for :meth:`answer`."""
        with self._reported(about), self._session() as session:
            yield from session.batches(build(session), _ROWS_PER_BATCH)

    def keep(self, name: str, about: str, build: Build) -> None:
        """Keep the rows of a query as the table ``name``, for later queries; errors likewise."""
        with self._reported(about), self._session() as session:
            table = exp.Table(this=exp.to_identifier(name, quoted=True))
            made = exp.Create(this=table, kind="TABLE", replace=True, expression=build(session))
            session.rows(made)
