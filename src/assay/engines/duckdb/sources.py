"""What DuckDB scans, again and again: the readers of tables, and their FROM items."""

from __future__ import annotations

import glob
import os
from abc import ABC, abstractmethod
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.core.errors import SubjectError
from assay.core.source import Grouped, Query
from assay.engines.sql.queries import tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    import duckdb


def file_name(path: str) -> str:
    """A file for a message: its name, never the folder, which may tell who somebody is."""
    return repr(os.path.basename(path))


def distinct_names(what: str, names: Sequence[str]) -> None:
    """Refuse a table with two columns of one name, which DuckDB would number without a word.

    Names that differ only in case stay apart by a number, too: nobody can mean the other one.

    Raises:
        SubjectError: there are such columns.
    """
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise SubjectError(
            f"{what} has more than one column named {twice[0]!r}.", hint="Rename one of them."
        )


class Reader(ABC):
    """One table: how it is named in a query, and what must be open while it is scanned.

    Attributes:
        what: how to speak of it in messages; holds no secret.
        files: paths that DuckDB itself must be allowed to read.
    """

    what: str
    files: tuple[str, ...] = ()

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:  # noqa: B027 - may be nothing
        """Make it known to a new DuckDB instance, before that is sealed.

        Raises:
            SubjectError: it cannot be opened.
        """

    @abstractmethod
    def open(
        self, cursor: duckdb.DuckDBPyConnection, alias: str
    ) -> AbstractContextManager[exp.Expr]:
        """The ``FROM`` item of one scan by this cursor, valid until the context ends.

        Args:
            alias: a name that is free, for what must be registered with the cursor.

        Raises:
            SubjectError: it cannot be opened.
        """

    def at_fault(self, cursor: duckdb.DuckDBPyConnection, message: str) -> str | None:
        """Which of the files DuckDB's message is about; None where that is not known."""
        named = [path for path in self.files if path in message]
        if not named:
            return None
        return self.what if len(self.files) == 1 else file_name(max(named, key=len))


@dataclass(frozen=True, slots=True)
class Derived:
    """A table that is made from others when it is read."""

    source: Grouped | Query

    @property
    def what(self) -> str:
        """How to speak of it in messages."""
        if isinstance(self.source, Grouped):
            return f"the groups of {self.source.table!r}"
        return "the query"

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the tables that it is made from."""
        if isinstance(self.source, Grouped):
            return (self.source.table,)
        return tables_of(self.source.text)


@contextmanager
def registered(cursor: duckdb.DuckDBPyConnection, alias: str, rows: Any) -> Iterator[exp.Expr]:
    """Arrow rows under a name, until the context ends; a stream is then closed."""
    cursor.register(alias, rows)
    try:
        yield named(alias)
    finally:
        cursor.unregister(alias)
        close = getattr(rows, "close", None)
        if close is not None:
            close()


def named(name: str) -> exp.Expr:
    """A table by its exact name."""
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def table_function(name: str, paths: tuple[str, ...], options: dict[str, exp.Expr]) -> exp.Expr:
    """``name([paths], option := value, …)``."""
    arguments: list[exp.Expr] = [
        # the paths are known: DuckDB must not take a bracket or star in a name for a pattern
        exp.Array(expressions=[exp.Literal.string(glob.escape(path)) for path in paths]),
        *(
            exp.PropertyEQ(this=exp.to_identifier(option), expression=value)
            for option, value in options.items()
        ),
    ]
    return exp.Table(this=exp.Anonymous(this=name, expressions=arguments))


def struct(fields: dict[str, str]) -> exp.Expr:
    """``{'name': 'value', …}`` of text."""
    return exp.Struct(
        expressions=[
            exp.PropertyEQ(
                this=exp.to_identifier(name, quoted=True), expression=exp.Literal.string(value)
            )
            for name, value in fields.items()
        ]
    )
