"""Parquet files: each states its own columns, and those of one table must agree.

DuckDB goes by the first file: of the others it casts what has another type (3.7 becomes 4, "7"
becomes 7, true becomes 1) and leaves out what the first does not have. So the footers of all files
are compared before the first scan; only numbers, moments and columns without a value are widened.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from assay.core.errors import SubjectError
from assay.engines.duckdb.failures import unreadable
from assay.engines.duckdb.kinds import kind_of
from assay.engines.duckdb.sources import Reader, distinct_names, file_name, table_function

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

_HINT = "All files of one table must have the same columns and types."
_SHAPE = ("column_id", "name", "type", "repetition_type", "num_children", "converted_type", "scale",
          "precision", "logical_type", "duckdb_type")  # fmt: skip
_MOMENTS = {"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}
_NOTHING = '"NULL"'

Types = dict[str, str]


@dataclass(slots=True)
class ParquetFiles(Reader):
    """Parquet: states its own types."""

    what: str
    files: tuple[str, ...]
    _wider: bool | None = field(default=None)
    _damaged: str | None = field(default=None)

    def open(
        self, cursor: duckdb.DuckDBPyConnection, alias: str
    ) -> AbstractContextManager[exp.Expr]:
        if self._wider is None:
            self._wider = self._compare(cursor)
        # by name: every file has the same names, so this only widens their types
        options: dict[str, exp.Expr] = {"union_by_name": exp.true()} if self._wider else {}
        return nullcontext(table_function("read_parquet", self.files, options))

    def at_fault(self, cursor: duckdb.DuckDBPyConnection, message: str) -> str | None:
        """As for any files; where the message names none, they are read until one fails."""
        named = Reader.at_fault(self, cursor, message)
        if named is not None:
            return named
        if self._damaged is None:
            self._damaged = ""
            # every value of every column, and not only what the footer says of it
            value = exp.Max(this=exp.Anonymous(this="hash", expressions=[_every_column()]))
            for path in self.files:
                query = exp.select(value.copy()).from_(table_function("read_parquet", (path,), {}))
                try:
                    cursor.execute(query.sql(dialect="duckdb")).fetchall()
                except (duckdb.Error, UnicodeDecodeError):
                    self._damaged = file_name(path)
                    break
        return self._damaged or None

    def _compare(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Whether types differ and can be widened.

        Raises:
            SubjectError: a file cannot be read, or does not have the columns of the first.
        """
        first, *others = self._different(cursor)
        start = self._types(cursor, first)
        distinct_names(file_name(first), self._names(cursor, first))
        wider = False
        for path in others:
            types = self._types(cursor, path)
            if types != start:
                _agree(start, types, first=first, path=path)
                wider = True
                start = {n: types[n] if kind == _NOTHING else kind for n, kind in start.items()}
        return wider

    def _different(self, cursor: duckdb.DuckDBPyConnection) -> list[str]:
        """One file of each schema that occurs, in the order of the files."""
        if len(self.files) == 1:
            return list(self.files)
        shape = exp.Anonymous(this="hash", expressions=[exp.column(name) for name in _SHAPE])
        shapes = (
            exp.select(exp.column("file_name"), exp.alias_(exp.func("bit_xor", shape), "shape"))
            .from_(table_function("parquet_schema", self.files, {}))
            .group_by("file_name")
            .subquery("shapes")
        )
        query = exp.select(exp.Min(this=exp.column("file_name"))).from_(shapes).group_by("shape")
        try:
            found = {path for (path,) in cursor.execute(query.sql(dialect="duckdb")).fetchall()}
        except (duckdb.Error, UnicodeDecodeError) as error:
            for path in self.files:
                self._types(cursor, path)  # tells of the one that cannot be read
            raise unreadable(self.what, error) from error
        return [path for path in self.files if path in found]

    def _types(self, cursor: duckdb.DuckDBPyConnection, path: str) -> Types:
        options: dict[str, exp.Expr] = {"hive_partitioning": exp.false()}
        item = table_function("read_parquet", (path,), options)
        query = exp.Describe(this=exp.select("*").from_(item))
        try:
            rows = cursor.execute(query.sql(dialect="duckdb")).fetchall()
        except (duckdb.Error, UnicodeDecodeError) as error:
            raise unreadable(file_name(path), error) from error
        return {name: native for name, native, *_ in rows}

    def _names(self, cursor: duckdb.DuckDBPyConnection, path: str) -> list[str]:
        """Names of the columns as the file has them: DuckDB renames those that are not distinct."""
        item = table_function("parquet_schema", (path,), {})
        query = exp.select("name", "num_children").from_(item).order_by("column_id")
        _, *rows = cursor.execute(query.sql(dialect="duckdb")).fetchall()
        names: list[str] = []
        within = 0  # elements still to come that belong to the column before
        for name, children in rows:
            if within:
                within -= 1
            else:
                names.append(name)
            within += children or 0
        return names


def _every_column() -> exp.Expr:
    return exp.Anonymous(this="COLUMNS", expressions=[exp.Star()])


def _agree(start: Mapping[str, str], types: Mapping[str, str], *, first: str, path: str) -> None:
    """Refuse a file whose columns are not those of the first."""
    here, there = file_name(path), file_name(first)
    missing = [name for name in start if name not in types]
    more = [name for name in types if name not in start]
    if missing and more:
        said = f"{here} has column {more[0]!r} where {there} has {missing[0]!r}"
    elif missing:
        said = f"{here} has no column {missing[0]!r}, which {there} has"
    elif more:
        said = f"{here} has a column {more[0]!r}, which {there} does not have"
    else:
        name = next((n for n in start if not _widens(start[n], types[n])), None)
        if name is None:
            return
        said = f"column {name!r} is {types[name]} in {here} and {start[name]} in {there}"
    raise SubjectError(f"{said[0].upper()}{said[1:]}.", hint=_HINT)


def _widens(a: str, b: str) -> bool:
    """Whether one of two types holds every value of both, as a person means them."""
    if a == b or _NOTHING in (a, b) or {a, b} <= _MOMENTS:
        return True
    kinds = {kind_of(a), kind_of(b)}
    if kinds == {"integer", "float"}:
        return "DOUBLE" in (a, b)
    return kinds in ({"integer"}, {"float"})
