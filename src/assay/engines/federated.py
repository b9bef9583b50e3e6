"""Two engines as one: what the first can read goes there, the rest to the embedded one.

A suite on Spark or PostgreSQL may still test a model: its observations are Parquet files of the
run, which the embedded engine folds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.errors import EngineError
from assay.core.expr import Call, Expr, Member
from assay.core.source import Grouped, Query
from assay.engines.sql.queries import tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from assay.core.aggregate import Aggregate, Key
    from assay.core.engine import Engine
    from assay.core.evidence import Cell
    from assay.core.schema import Schema
    from assay.core.source import Source


class FederatedEngine:
    """Sends each table to the first engine that accepts it.

    Args:
        first: where tables go that it accepts.
        second: where the others go; it accepts every source that a suite can name.
    """

    def __init__(self, first: Engine, second: Engine) -> None:
        self._engines = (first, second)
        self._homes: dict[str, Engine] = {}

    @property
    def identity(self) -> str:
        """The first engine's: kept states come from the tables of the suite."""
        return self._engines[0].identity

    def accepts(self, source: Source) -> bool:
        """Whether one of the two does."""
        return any(engine.accepts(source) for engine in self._engines)

    def attach(self, name: str, source: Source) -> None:
        """Attach to the engine that reads it: a derived table to the one that has its tables.

        Raises:
            SubjectError: there is no such file, table or object.
            EngineError: a query over tables that are in different engines.
        """
        self.detach(name)
        match source:
            case Grouped(table=table):
                home = self._home(table)
            case Query(text=text):
                home = self._common(tables_of(text))
            case _:
                first, second = self._engines
                home = first if first.accepts(source) else second
        home.attach(name, source)
        self._homes[name] = home

    def detach(self, name: str) -> None:
        """Forget a table."""
        home = self._homes.pop(name, None)
        if home is not None:
            home.detach(name)

    def schema(self, name: str) -> Schema:
        """Columns of the table."""
        return self._home(name).schema(name)

    def validate(self, name: str, expressions: Sequence[Expr]) -> None:
        """Check expressions over the table, without reading rows."""
        for expression in expressions:
            self._together(name, expression)
        self._home(name).validate(name, expressions)

    def fold(
        self, name: str, aggregates: Sequence[Aggregate[Any]], *, mergeable: bool = False
    ) -> dict[Aggregate[Any], dict[Key, Any]]:
        """Fold all aggregates over the table, where it is."""
        for aggregate in aggregates:
            self._together(name, aggregate.where)
        return self._home(name).fold(name, aggregates, mergeable=mergeable)

    def examples(
        self, name: str, where: Expr, *, columns: Sequence[str] = (), limit: int = 10
    ) -> tuple[list[str], list[list[Cell]], int]:
        """Column names, up to ``limit`` rows that match, and how many match in all."""
        return self._home(name).examples(name, where, columns=columns, limit=limit)

    def batches(
        self,
        name: str,
        *,
        batch_size: int,
        columns: Sequence[str] | None = None,
        added: Mapping[str, Expr] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """All rows in a stable order."""
        return self._home(name).batches(name, batch_size=batch_size, columns=columns, added=added)

    def explain(
        self, name: str, aggregates: Sequence[Aggregate[Any]], *, mergeable: bool = False
    ) -> list[str]:
        """The texts of the queries that :meth:`fold` would run."""
        return self._home(name).explain(name, aggregates, mergeable=mergeable)

    def interrupt(self) -> None:
        """Stop queries of both."""
        for engine in self._engines:
            engine.interrupt()

    def close(self) -> None:
        """Let go of files and connections of both."""
        for engine in self._engines:
            engine.close()

    def _home(self, name: str) -> Engine:
        # a name that nobody knows is told by the engine, with the nearest that it does know
        return self._homes.get(name, self._engines[0])

    def _common(self, tables: Sequence[str]) -> Engine:
        homes = {id(self._home(name)): self._home(name) for name in tables}
        if len(homes) > 1:
            raise EngineError(
                f"A query cannot join {' and '.join(map(repr, tables))}: they are in different "
                "engines.",
                hint="Put both tables in one of them.",
            )
        return next(iter(homes.values()), self._engines[0])

    def _together(self, name: str, expr: Expr | None) -> None:
        """Refuse a look-up in a table of the other engine."""
        match expr:
            case Member(table=other) if self._home(other) is not self._home(name):
                raise EngineError(
                    f"Keys of {name!r} cannot be looked up in {other!r}: it is in another engine.",
                    hint="Put both tables in one of them.",
                )
            case Call(args=args):
                for arg in args:
                    self._together(name, arg)
            case _:
                return
