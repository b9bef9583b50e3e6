"""What a CSV file looks like: its delimiter, its columns and their types.

DuckDB finds the types. The rest is held fixed, since a sniffer that may choose freely explains a
ragged file by skipping its first lines, and so reads it wrongly without a word.
"""

from __future__ import annotations

import glob
import gzip
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from assay.core.errors import SubjectError
from assay.engines.duckdb.csv_faults import START, fault, names_of
from assay.engines.duckdb.failures import unreadable
from assay.engines.duckdb.sources import distinct_names, file_name, struct

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHOLE = 32 << 20  # files up to this many bytes are read whole to find their types
_SAMPLE = 200_000  # rows of larger ones
_DELIMITERS = (",", ";", "\t", "|")
_ISO = "%Y-%m-%d"
_NUMBERS = ("BIGINT", "HUGEINT", "DOUBLE")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to read the files: each scan is told, so that none guesses again."""

    delimiter: str
    columns: tuple[tuple[str, str], ...]
    date_format: str | None
    timestamp_format: str | None
    header: bool = True

    def options(self) -> dict[str, exp.Expr]:
        """Arguments of ``read_csv``."""
        options = _shape(self.delimiter, header=self.header) | {
            "auto_detect": exp.false(),
            "columns": struct(dict(self.columns)),
        }
        if self.date_format:
            options["dateformat"] = exp.Literal.string(self.date_format)
        if self.timestamp_format:
            options["timestampformat"] = exp.Literal.string(self.timestamp_format)
        return options


def sniff(cursor: duckdb.DuckDBPyConnection, paths: Sequence[str], what: str) -> Dialect:
    """The dialect of all files together.

    Raises:
        SubjectError: no header, ragged lines, not text, or files that differ.
    """
    first = _sniff_one(cursor, paths[0], what if len(paths) == 1 else file_name(paths[0]))
    for path in paths[1:]:
        first = _merge(first, _sniff_one(cursor, path, file_name(path)), path, paths[0])
    return first


def _shape(delimiter: str, *, header: bool) -> dict[str, exp.Expr]:
    quote = exp.Literal.string('"')
    return {
        "delim": exp.Literal.string(delimiter),
        "quote": quote,
        "escape": quote.copy(),
        "comment": exp.Literal.string(""),
        "header": exp.Boolean(this=header),
        "skip": exp.Literal.number(0 if header else 1),
        "strict_mode": exp.true(),
    }


def _sniff_one(cursor: duckdb.DuckDBPyConnection, path: str, what: str) -> Dialect:
    start = _start(path)
    line = start.split("\n", 1)[0].rstrip("\r")
    delimiter = _delimiter(line)
    # DuckDB does not see a quote right after the mark that some programs begin UTF-8 with
    header = not line.startswith('\ufeff"')
    options = _shape(delimiter, header=header)
    if not header:
        names = names_of(start, delimiter)
        options["names"] = exp.Array(expressions=[exp.Literal.string(name) for name in names])
    small = os.path.getsize(path) <= _WHOLE
    size = exp.Neg(this=exp.Literal.number(1)) if small else exp.Literal.number(_SAMPLE)
    arguments = [
        exp.Literal.string(glob.escape(path)),
        *(
            exp.PropertyEQ(this=exp.to_identifier(option), expression=value)
            for option, value in (options | {"sample_size": size}).items()
        ),
    ]
    query = exp.select("Columns", "DateFormat", "TimestampFormat").from_(
        exp.Table(this=exp.Anonymous(this="sniff_csv", expressions=arguments))
    )
    try:
        [(columns, date_format, timestamp_format)] = cursor.execute(
            query.sql(dialect="duckdb")
        ).fetchall()
    except duckdb.Error as error:
        known = fault(what, start, delimiter) if "CSV parsing dialect" in str(error) else None
        raise known or unreadable(what, error) from error
    types = tuple((c["name"], c["type"]) for c in columns)
    given = names_of(start, delimiter)
    if len(given) >= len(types):  # a blank name becomes one by its place, such as column2
        distinct_names(what, [g or n for g, (n, _) in zip(given, types, strict=False)])
    found = Dialect(delimiter, types, date_format, timestamp_format, header)
    return _keep_words(cursor, path, found, what) if "BOOLEAN" in dict(types).values() else found


def _keep_words(cursor: duckdb.DuckDBPyConnection, path: str, found: Dialect, what: str) -> Dialect:
    """The dialect with booleans only where ``true`` and ``false`` are written.

    DuckDB takes yes/no, t/f and y/n for booleans, too; to a person those are words, a suite names
    them as words, and a model was trained on them as words.
    """
    doubtful = [name for name, kind in found.columns if kind == "BOOLEAN"]
    as_text = replace(
        found, columns=tuple((n, "VARCHAR" if n in doubtful else k) for n, k in found.columns)
    )
    arguments = [
        exp.Literal.string(glob.escape(path)),
        *(
            exp.PropertyEQ(this=exp.to_identifier(option), expression=value)
            for option, value in as_text.options().items()
        ),
    ]
    columns = [exp.column(name, quoted=True) for name in doubtful]
    sample = (
        exp.select(*columns)
        .from_(exp.Table(this=exp.Anonymous(this="read_csv", expressions=arguments)))
        .limit(_SAMPLE)
        .subquery("sample")
    )
    words = [exp.Literal.string(word) for word in ("true", "false")]
    query = exp.select(
        *(
            exp.LogicalAnd(this=exp.In(this=exp.Lower(this=c.copy()), expressions=words))
            for c in columns
        )
    ).from_(sample)
    try:
        [plain] = cursor.execute(query.sql(dialect="duckdb")).fetchall()
    except duckdb.Error as error:
        raise unreadable(what, error) from error
    booleans = {name for name, only in zip(doubtful, plain, strict=True) if only}
    return replace(
        found,
        columns=tuple(
            (n, "VARCHAR" if n in doubtful and n not in booleans else k) for n, k in found.columns
        ),
    )


def _start(path: str) -> str:
    """The text that the file begins with, up to its first million bytes."""
    try:
        if path.endswith(".gz"):
            with gzip.open(path, "rb") as file:
                start = file.read(START)
        elif path.endswith(".zst"):
            import pyarrow as pa

            with pa.CompressedInputStream(path, "zstd") as stream:
                start = stream.read(START)
        else:
            with open(path, "rb") as file:
                start = file.read(START)
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise SubjectError(
            f"{file_name(path)} cannot be decompressed: {error}.", hint="Compress the file again."
        ) from error
    line = start.split(b"\n", 1)[0].rstrip(b"\r")
    if b"\0" in start[:4096]:
        raise SubjectError(
            f"{file_name(path)} is not UTF-8 text.",
            hint="Save it as UTF-8, or give it the ending of its true format.",
        )
    if not line.strip():
        raise SubjectError(
            f"{file_name(path)} has no header: its first line is blank.",
            hint="The first line must name the columns.",
        )
    if line.lstrip().startswith((b"{", b"[")):
        raise SubjectError(
            f"{file_name(path)} looks like JSON, not CSV.",
            hint="Name it .jsonl (one object a line).",
        )
    return start.decode("utf-8", "replace")


def _delimiter(header: str) -> str:
    """The delimiter that occurs most often outside quotes."""
    outside = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)


def _merge(a: Dialect, b: Dialect, path: str, first: str) -> Dialect:
    if a.delimiter != b.delimiter or [n for n, _ in a.columns] != [n for n, _ in b.columns]:
        raise SubjectError(
            f"{file_name(path)} does not have the columns of {file_name(first)}.",
            hint="All files of one table must have the same columns in the same order.",
        )
    columns = [(n, _wider(s, t)) for (n, s), (_, t) in zip(a.columns, b.columns, strict=True)]
    dates, moments = {a.date_format, b.date_format}, {a.timestamp_format, b.timestamp_format}
    if len(dates - {None, _ISO}) + len(moments - {None}) and (len(dates) > 1 or len(moments) > 1):
        # one format cannot read both: left as text
        columns = [(n, "VARCHAR" if t in {"DATE", "TIMESTAMP"} else t) for n, t in columns]
        return replace(a, columns=tuple(columns), date_format=None, timestamp_format=None)
    return replace(a, columns=tuple(columns))


def _wider(a: str, b: str) -> str:
    if a == b:
        return a
    if a in _NUMBERS and b in _NUMBERS:
        return max(a, b, key=_NUMBERS.index)
    return "TIMESTAMP" if {a, b} == {"DATE", "TIMESTAMP"} else "VARCHAR"
