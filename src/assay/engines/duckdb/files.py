"""Tables in files: CSV and JSON Lines (read by DuckDB); where Parquet and Arrow are read from."""

from __future__ import annotations

import glob
import os
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from assay.core.errors import SubjectError, did_you_mean
from assay.engines.duckdb.csvs import Dialect, sniff
from assay.engines.duckdb.failures import unreadable
from assay.engines.duckdb.sources import Reader, file_name, struct, table_function

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from assay.core.source import FileFormat, Files

_ENDINGS: dict[str, tuple[str, ...]] = {
    "csv": (".csv", ".tsv", ".txt"),
    "parquet": (".parquet", ".pq"),
    "jsonl": (".jsonl", ".ndjson", ".json"),
    "arrow": (".arrow", ".feather", ".ipc", ".arrows"),
}
_COMPRESSED = (".gz", ".zst")
_MAGIC: dict[bytes, str] = {
    b"PAR1": "parquet", b"ARROW1": "arrow", b"SQLite format 3": "sqlite", b"PK\x03\x04": "zip",
}  # fmt: skip
WHOLE = 32 << 20
"""Text files up to this many bytes are read whole to find their types."""


def open_files(source: Files) -> Reader:
    """The reader of files; checks that each is there and is what it is said to be.

    Raises:
        SubjectError: no such file, an empty file, or one of another format.
    """
    paths = tuple(
        os.path.abspath(path) for given in source.paths for path in _expand(given, source.format)
    )
    for path in paths:
        _check(path, source.format)
    what = file_name(paths[0]) if len(paths) == 1 else f"{file_name(paths[0])} and others"
    match source.format:
        case "csv":
            return CsvFiles(what, paths)
        case "jsonl":
            return JsonFiles(what, paths)
        case "parquet":
            from assay.engines.duckdb.parquet import ParquetFiles

            return ParquetFiles(what, paths)
        case "arrow":
            from assay.engines.duckdb.memory import ArrowFiles

            return ArrowFiles(what, paths)


def _expand(given: str, kind: FileFormat) -> list[str]:
    """The files of a path, a folder or a glob, in a stable order."""
    if "://" in given:
        raise SubjectError(
            f"{given!r} is not a local file.", hint="Copy it here first: no network is used."
        )
    path = Path(given)
    if path.is_dir():
        found = [
            str(p)
            for p in sorted(path.rglob("*"))
            if p.is_file() and not p.name.startswith((".", "_")) and _ending(p.name, kind)
        ]
        if not found:
            raise SubjectError(
                f"The folder {given!r} holds no {kind} file.",
                hint=f"Their names end in {', '.join(_ENDINGS[kind])}.",
            )
        return found
    if path.exists():
        return [given]
    if glob.has_magic(given):
        found = sorted(p for p in glob.glob(given, recursive=True) if os.path.isfile(p))
        if not found:
            raise SubjectError(f"No file matches {given!r}.", hint=f"Looked in {Path.cwd().name}/.")
        return found
    siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    raise SubjectError(
        f"There is no file {given!r}.{did_you_mean(path.name, siblings)}",
        hint="A path is relative to the suite's folder.",
    )


def _ending(name: str, kind: FileFormat) -> bool:
    for compressed in _COMPRESSED:
        name = name.removesuffix(compressed)
    return name.lower().endswith(_ENDINGS[kind])


def _check(path: str, kind: FileFormat) -> None:
    try:
        with open(path, "rb") as file:
            start = file.read(16)
    except OSError as error:
        raise SubjectError(
            f"{file_name(path)} cannot be opened: {error.strerror}.", hint="Check its permissions."
        ) from error
    if not start:
        raise SubjectError(f"{file_name(path)} is empty (0 bytes).", hint="Write it again.")
    found = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), None)
    if found is not None and found != kind:
        raise SubjectError(
            f"{file_name(path)} is a {found} file, not {kind}.",
            hint="Give it the ending of its format.",
        )


@dataclass(slots=True)
class CsvFiles(Reader):
    """CSV, plain or compressed: the types are found once and then held to."""

    what: str
    files: tuple[str, ...]
    _dialect: Dialect | None = field(default=None)

    def open(
        self, cursor: duckdb.DuckDBPyConnection, alias: str
    ) -> AbstractContextManager[exp.Expr]:
        if self._dialect is None:
            self._dialect = sniff(cursor, self.files, self.what)
        return nullcontext(table_function("read_csv", self.files, self._dialect.options()))


@dataclass(slots=True)
class JsonFiles(Reader):
    """JSON Lines, plain or compressed: the types are found once and then held to."""

    what: str
    files: tuple[str, ...]
    _columns: dict[str, str] | None = field(default=None)

    def open(
        self, cursor: duckdb.DuckDBPyConnection, alias: str
    ) -> AbstractContextManager[exp.Expr]:
        if self._columns is None:
            self._columns = self._find_columns(cursor)
        return nullcontext(self._relation())

    def _find_columns(self, cursor: duckdb.DuckDBPyConnection) -> dict[str, str]:
        query = exp.Describe(this=exp.select("*").from_(self._relation()))
        try:
            rows = cursor.execute(query.sql(dialect="duckdb")).fetchall()
        except duckdb.Error as error:
            raise unreadable(self.what, error) from error
        names = {name.lower() for name, *_ in rows}
        renamed = any(
            n.rsplit("_", 1)[0] in names and n.rsplit("_", 1)[-1].isdigit() for n in names
        )
        # keys that differ only in case were renamed: their names must be found anew each time
        if renamed:
            return {}
        return {name: "VARCHAR" if native == '"NULL"' else native for name, native, *_ in rows}

    def _relation(self) -> exp.Expr:
        options: dict[str, exp.Expr] = {"format": exp.Literal.string("newline_delimited")}
        if self._columns:
            options["columns"] = struct(self._columns)
        else:
            small = sum(os.path.getsize(path) for path in self.files) <= WHOLE
            options |= {
                "records": exp.Literal.string("true"),
                "sample_size": exp.Neg(this=exp.Literal.number(1))
                if small
                else exp.Literal.number(200_000),
                "map_inference_threshold": exp.Neg(this=exp.Literal.number(1)),
                "field_appearance_threshold": exp.Literal.number(0),
                "union_by_name": exp.true(),
            }
        return table_function("read_json", self.files, options)
