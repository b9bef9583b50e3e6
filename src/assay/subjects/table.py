"""Tables: from what a suite says, or an object in Python, to where the rows are."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args

from assay.core.errors import SubjectError, did_you_mean
from assay.core.source import Database, DatabaseKind, FileFormat, Files, Memory, Query, Source
from assay.subjects.files import file_fingerprint, missing_file

if TYPE_CHECKING:
    import pyarrow as pa

_PLAIN: dict[str, FileFormat] = {
    ".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".arrow": "arrow", ".feather": "arrow",
}  # fmt: skip
_PACKED = (".gz", ".zst")  # of text formats only: the others compress inside
_ENDINGS: dict[str, FileFormat] = _PLAIN | {
    ending + packed: kind
    for ending, kind in _PLAIN.items()
    if kind in ("csv", "jsonl")
    for packed in _PACKED
}
_KNOWN = ", ".join(_PLAIN) + " (the text formats also with .gz or .zst)"


def table_source(value: object, folder: str) -> Source:
    """Where the rows of a table are.

    Args:
        value: a path (file, folder or glob); a mapping ``{duckdb|sqlite|postgresql: dsn,
            table: …}`` or with ``query: …``, or ``{spark: sales.orders}``; an object of pandas,
            polars, Arrow or Spark; or a source.
        folder: where relative paths start.

    Raises:
        SubjectError: there is no such file, its ending is not known, the mapping is not one of
            these, or the object holds no table.
    """
    if isinstance(value, Files | Database | Memory | Query):
        return value
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, str):
        return _files(value, folder)
    if isinstance(value, Mapping):
        return _database(value, folder)
    library = type(value).__module__.split(".")[0]
    if library in ("pandas", "polars", "pyspark") and hasattr(type(value), "columns"):
        return Memory(value)
    if hasattr(value, "__arrow_c_stream__"):
        return Memory(as_arrow(value))  # a stream is read once: two scans need the rows kept
    raise SubjectError(
        f"An object of type {type(value).__name__!r} is not a table.",
        hint="Give a path, a database, or a pandas, polars, Arrow or Spark table.",
    )


def _format(path: str) -> FileFormat | None:
    name = path.lower()
    return next((kind for ending, kind in _ENDINGS.items() if name.endswith(ending)), None)


def _files(written: str, folder: str) -> Files:
    _refuse_address(written)
    path = os.path.join(folder, os.path.expanduser(written))
    if os.path.isdir(path):
        return _same_format(_walk(path), written)
    if os.path.isfile(path):
        return _same_format([path], written)
    if os.path.exists(path):  # reading a pipe could wait forever, and it is read only once
        raise SubjectError(f"{written!r} is a pipe or device, not a file.", hint="Name a file.")
    if glob.has_magic(written):
        found = sorted(p for p in glob.glob(path, recursive=True) if os.path.isfile(p))
        if not found:
            raise SubjectError(
                f"No file matches {written!r}.", hint=f"Patterns start at the folder {folder}."
            )
        return _same_format(found, written)
    raise missing_file(path, written, what="table")


def _refuse_address(written: str) -> None:
    """Refuse what is not a local path; it is not repeated whole, since it may hold a password."""
    scheme, separator, _ = written.partition("://")
    if separator and scheme.isalnum():
        raise SubjectError(
            f"A table at '{scheme}://…' is not a local file.",
            hint="Copy it here first; for a database write {postgresql: …, table: …}.",
        )


def _walk(folder: str) -> list[str]:
    """Files below a folder, but for what writers of data sets put aside (``_delta_log``)."""
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        found += [os.path.join(root, name) for name in names if not name.startswith((".", "_"))]
    return sorted(found)


def _same_format(paths: list[str], written: str) -> Files:
    """All the data files among the paths, which must have one format."""
    formats = {kind for path in paths if (kind := _format(path)) is not None}
    if not formats:
        if not paths:
            raise SubjectError(f"The folder {written!r} holds no file.", hint=f"Known: {_KNOWN}.")
        name = os.path.basename(paths[0])
        near = did_you_mean(os.path.splitext(name)[1], _PLAIN)
        raise SubjectError(f"The ending of {name!r} is not known.{near}", hint=f"Known: {_KNOWN}.")
    if len(formats) > 1:
        raise SubjectError(
            f"{written!r} holds files of several formats: {', '.join(sorted(formats))}.",
            hint="Name one of them by a pattern such as '*.parquet'.",
        )
    return Files(tuple(path for path in paths if _format(path)), formats.pop())


def _database(value: Mapping[Any, Any], folder: str) -> Database:
    kinds = get_args(DatabaseKind)
    named = [key for key in value if key in kinds]
    unknown = [str(key) for key in value if key not in (*kinds, "table", "query")]
    if len(named) != 1 or unknown:
        near = did_you_mean(unknown[0], (*kinds, "table", "query")) if unknown else ""
        raise SubjectError(
            f"A database table names one of {', '.join(kinds)}, and its table or query.{near}",
            hint="For example {sqlite: data.db, table: customers}.",
        )
    kind: DatabaseKind = named[0]
    dsn, table, query = value[kind], value.get("table"), value.get("query")
    if kind == "spark":
        return _of_spark(dsn, table, query)
    if (table is None) == (query is None):
        raise SubjectError(f"A table in {kind} needs either `table` or `query`.")
    if not all(isinstance(v, str) and v.strip() for v in (dsn, table or query)):
        raise SubjectError(f"The parts of a table in {kind} are texts that are not empty.")
    if kind != "postgresql":
        _refuse_address(dsn)
        path = os.path.join(folder, os.path.expanduser(dsn))
        if not os.path.isfile(path):
            raise missing_file(path, dsn, what="table")
        dsn = path
    return Database(kind, dsn, table=table, query=query)


def _of_spark(named: Any, table: Any, query: Any) -> Database:
    """A table that a Spark session knows; ``named`` is it, or the database it is looked for in."""
    if table is None and query is None:
        named, table = "", named
    if not all(isinstance(v, str) for v in (named, table or query)) or not (table or query).strip():
        raise SubjectError(
            "The parts of a table in spark are texts that are not empty.",
            hint="For example {spark: sales.orders}, or {spark: sales, query: SELECT …}.",
        )
    if table is not None and query is not None:
        raise SubjectError("A table in spark needs either `table` or `query`.")
    return Database("spark", named, table=table, query=query)


def describe(source: Source) -> str:
    """The source for a person: file names, never a folder, a connection string or a password."""
    match source:
        case Files(paths=(path,)):
            return os.path.basename(path)
        case Files(paths=paths, format=kind):
            return f"{len(paths)} {kind} files ({os.path.basename(paths[0])} …)"
        case Database(kind=kind, table=str(table)):
            return f"{kind} table {table}"
        case Database(kind=kind):
            return f"{kind} query"
        case Memory(frame=frame):
            return f"{type(frame).__module__.split('.')[0]} {type(frame).__name__}"
        case _:
            return "query over the suite's tables"


def fingerprint(source: Source) -> str:
    """``sha256:…`` of the content.

    "" for a database, whose rows may change at any time, and for a frame of Spark, for a query over
    other tables, which have their own, and for an object that Arrow cannot hold (a pandas column of
    mixed types).

    Raises:
        SubjectError: a file cannot be read.
    """
    match source:
        case Files(paths=paths):
            return file_fingerprint(paths)
        case Memory(frame=frame) if not _far(frame):
            return _memory_fingerprint(frame)
        case _:
            return ""


def _far(frame: object) -> bool:
    """Whether the rows are not in this process: they may be more than it holds."""
    return type(frame).__module__.startswith("pyspark.")


def _memory_fingerprint(frame: object) -> str:
    """Hash of schema and rows; how the object is cut into chunks does not matter."""
    try:
        table = as_arrow(frame).combine_chunks().replace_schema_metadata(None)
    except SubjectError:
        return ""
    digest = hashlib.sha256(table.schema.serialize())
    for batch in table.to_batches(max_chunksize=65_536):
        digest.update(batch.serialize())
    return f"sha256:{digest.hexdigest()}"


def as_arrow(frame: object) -> pa.Table:
    """An object of pandas, polars or Arrow as an Arrow table, without a pandas index.

    Raises:
        SubjectError: it cannot be read as a table: a column of mixed types, for instance.
    """
    import pyarrow as pa

    try:
        if isinstance(frame, pa.Table):
            return frame
        if type(frame).__module__.startswith("pandas."):
            return pa.Table.from_pandas(frame, preserve_index=False)
        return pa.table(frame)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SubjectError(f"The object cannot be read as a table: {error}.") from error
