"""What an engine must do. The conformance tests in ``tests/conformance`` hold each one to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from assay.core.aggregate import Aggregate, Key
    from assay.core.evidence import Cell
    from assay.core.expr import Expr
    from assay.core.schema import Schema
    from assay.core.source import Source


class Engine(Protocol):
    """Reads tables by name (``Member`` expressions refer to other tables by the same names)."""

    @property
    def identity(self) -> str:
        """Name and version: states that another engine folded are not merged with its own."""
        ...

    def accepts(self, source: Source) -> bool:
        """Whether it can read such a source at all."""
        ...

    def attach(self, name: str, source: Source) -> None:
        """Make a table known under a name. Nothing is read yet.

        Raises:
            SubjectError: there is no such file, table or object.
        """
        ...

    def detach(self, name: str) -> None:
        """Forget a table; a name that is not known is left alone."""
        ...

    def schema(self, name: str) -> Schema:
        """Columns of the table.

        Raises:
            SubjectError: it cannot be read.
        """
        ...

    def validate(self, name: str, expressions: Sequence[Expr]) -> None:
        """Check that the expressions are valid over the table, without reading rows.

        Raises:
            EngineError: one is not: unknown column, wrong type, forbidden SQL.
        """
        ...

    def fold(
        self, name: str, aggregates: Sequence[Aggregate[Any]], *, mergeable: bool = False
    ) -> dict[Aggregate[Any], dict[Key, Any]]:
        """Fold all aggregates over the table in one scan.

        Every aggregate without ``by`` has exactly the key ``()``; one with ``by`` has a key for
        each combination that occurs. With ``mergeable`` the states can be merged with those of
        other parts of the table (some then hold sketches or hashes and cost more).

        Raises:
            EngineError: the scan failed.
        """
        ...

    def examples(
        self, name: str, where: Expr, *, columns: Sequence[str] = (), limit: int = 10
    ) -> tuple[list[str], list[list[Cell]], int]:
        """Column names, up to ``limit`` rows that match, and how many match in all."""
        ...

    def batches(
        self,
        name: str,
        *,
        batch_size: int,
        columns: Sequence[str] | None = None,
        added: Mapping[str, Expr] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """All rows in a stable order, in batches (the last may be shorter).

        Args:
            columns: which columns; None for all.
            added: more columns to compute, by name, after those of the table.
        """
        ...

    def explain(
        self, name: str, aggregates: Sequence[Aggregate[Any]], *, mergeable: bool = False
    ) -> list[str]:
        """The texts of the queries that :meth:`fold` would run: each reads the table once."""
        ...

    def interrupt(self) -> None:
        """Stop queries that run in other threads; they end with an EngineError."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
