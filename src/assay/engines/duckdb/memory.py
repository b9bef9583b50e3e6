"""Arrow data: objects of this process, and Arrow IPC files.

What can be scanned again is handed to DuckDB as it is, without a copy; a stream that can be read
only once goes to a file first.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.core.errors import SubjectError
from assay.engines.duckdb.sources import Reader, distinct_names, file_name, registered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import duckdb
    import pyarrow as pa

    from assay.core.source import Memory


@dataclass(slots=True)
class Scannable(Reader):
    """An Arrow table or data set, or a function that opens a new stream of the rows.

    Attributes:
        open_rows: gives what DuckDB scans; called for each scan.
    """

    what: str
    open_rows: Callable[[], Any]
    files: tuple[str, ...] = field(default=())

    @contextmanager
    def open(self, cursor: duckdb.DuckDBPyConnection, alias: str) -> Iterator[exp.Expr]:
        rows = self.open_rows()
        with registered(cursor, alias, rows) as relation:
            yield _to_microseconds(relation, rows.schema)


def _to_microseconds(relation: exp.Expr, schema: pa.Schema) -> exp.Expr:
    """Nanosecond times with a zone as DuckDB's times with a zone, which count microseconds.

    It has a type for them, ``TIMESTAMPTZ_NS``, and hardly a function that takes it. What is below a
    microsecond is cut off.
    """
    import pyarrow as pa

    names = [f.name for f in schema if pa.types.is_timestamp(f.type) and f.type.tz is not None
             and f.type.unit == "ns"]  # fmt: skip
    if not names:
        return relation
    columns = (exp.column(exp.to_identifier(name, quoted=True)) for name in names)
    replaced = [
        exp.alias_(exp.cast(column, "TIMESTAMPTZ"), name, quoted=True)
        for column, name in zip(columns, names, strict=True)
    ]
    return exp.select(exp.Star(replace=replaced)).from_(relation).subquery()


def ArrowFiles(what: str, paths: tuple[str, ...]) -> Reader:  # noqa: N802
    """Arrow IPC files (also Feather 2) or streams; files are mapped, not loaded.

    Not as an Arrow data set: DuckDB crashes where it stops early in one, as for a few examples.
    """
    import pyarrow as pa

    def opened() -> list[tuple[Any, Any]]:
        found: list[tuple[Any, Any]] = []
        for path in paths:
            try:
                source = pa.memory_map(path)
                rows = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
                found.append((source, rows))
            except (pa.ArrowInvalid, OSError) as error:
                raise _damaged(file_name(path), error) from error
            _same(found[0][1].schema, rows.schema, first=paths[0], path=path)
        return found

    def whole() -> Any:
        found = opened()
        files = [file for _, file in found]
        distinct_names(file_name(paths[0]), files[0].schema.names)
        try:
            if all(_mapped(source, file) for source, file in found):
                return pa.concat_tables([file.read_all() for file in files])
        except (pa.ArrowInvalid, OSError) as error:
            raise _damaged(what, error) from error
        return _stream(files[0].schema, _batches(files))

    def streamed() -> Any:
        streams = [stream for _, stream in opened()]
        schema = streams[0].schema
        distinct_names(file_name(paths[0]), schema.names)
        return _stream(schema, (batch for stream in streams for batch in stream))

    with open(paths[0], "rb") as file:
        is_file = file.read(6) == b"ARROW1"
    return Scannable(what, whole if is_file else streamed)


def _stream(schema: pa.Schema, rows: Iterator[pa.RecordBatch]) -> pa.RecordBatchReader:
    import pyarrow as pa

    return pa.RecordBatchReader.from_batches(schema, rows)


def _batches(files: list[Any]) -> Iterator[pa.RecordBatch]:
    return (file.get_batch(i) for file in files for i in range(file.num_record_batches))


def _mapped(source: pa.MemoryMappedFile, file: Any) -> bool:
    """Whether a file's columns lie in it as they are: compressed ones would be held in memory."""
    if not file.num_record_batches:
        return True
    source.seek(0)
    whole = source.read_buffer()
    start, end = whole.address, whole.address + whole.size
    buffers = (buffer for column in file.get_batch(0).columns for buffer in column.buffers())
    return all(start <= buffer.address <= end for buffer in buffers if buffer)


def _same(start: pa.Schema, schema: pa.Schema, *, first: str, path: str) -> None:
    """Refuse a file without the columns of the first: Arrow would fill them with nulls."""
    if start.equals(schema):
        return
    differs = [
        name
        for name in dict.fromkeys([*start.names, *schema.names])
        if start.get_all_field_indices(name) != schema.get_all_field_indices(name)
        or start.field(name).type != schema.field(name).type
    ]
    if differs:
        raise SubjectError(
            f"Column {differs[0]!r} is not the same in {file_name(path)} and {file_name(first)}.",
            hint="All files of one table must have the same columns in the same order.",
        )


def _damaged(what: str, error: Exception) -> SubjectError:
    return SubjectError(
        f"{what} cannot be read as Arrow IPC: {str(error).splitlines()[0]}.",
        hint="Write the file again; Feather version 1 is not read.",
    )


def open_memory(source: Memory, spool: str) -> Reader:
    """The reader of an object: pyarrow, pandas, polars, or any with ``__arrow_c_stream__``.

    Raises:
        SubjectError: it is no table, or two of its columns have one name.
    """
    frame = source.frame
    module, name = type(frame).__module__.partition(".")[0], type(frame).__name__
    what = f"the {name}"
    if module == "pandas":
        return _again(what, _from_pandas(frame))
    if module == "polars":
        if name == "LazyFrame":
            path = _fresh(spool)
            frame.sink_ipc(path)
            return ArrowFiles(what, (path,))
        return _again(what, frame.to_arrow())

    import pyarrow as pa

    if isinstance(frame, pa.RecordBatch):
        return _again(what, pa.Table.from_batches([frame]))
    if isinstance(frame, pa.RecordBatchReader):
        path = _fresh(spool)
        _unique(what, frame.schema.names)
        with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, frame.schema) as writer:
            for batch in frame:
                writer.write_batch(batch)
        return ArrowFiles(what, (path,))
    if isinstance(frame, pa.Table):
        return _again(what, frame)
    if module == "pyarrow" and hasattr(frame, "scanner"):  # a data set: see ArrowFiles
        _unique(what, frame.schema.names)
        return Scannable(what, lambda: frame.scanner(use_threads=False).to_reader())
    if module == "pyarrow":
        return _again(what, frame)
    if hasattr(frame, "__arrow_c_stream__"):
        return Scannable(what, lambda: pa.RecordBatchReader.from_stream(frame))
    raise SubjectError(
        f"{what} ({type(frame).__module__}) is not a table.",
        hint="Give a pyarrow, pandas or polars table, or a path.",
    )


def _fresh(folder: str) -> str:
    handle, path = tempfile.mkstemp(suffix=".arrow", dir=folder)
    os.close(handle)
    return path


def _again(what: str, frame: Any) -> Reader:
    _unique(what, frame.schema.names)
    return Scannable(what, lambda: frame)


def _unique(what: str, names: list[str]) -> None:
    distinct_names(what, names)
    if not names:
        raise SubjectError(f"{what} has no columns.", hint="Give a table with columns.")


def _from_pandas(frame: Any) -> pa.Table:
    """A pandas frame as Arrow; NaN in it is null, and a column of mixed types becomes text."""
    import pyarrow as pa

    names = [str(name) for name in frame.columns]
    _unique("the DataFrame", names)
    return pa.table({name: _column(frame.iloc[:, position]) for position, name in enumerate(names)})


def _column(series: Any) -> pa.ChunkedArray | pa.Array:
    import pyarrow as pa

    try:
        return pa.Array.from_pandas(series)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        missing = series.isna()
        return pa.array([None if gone else str(v) for v, gone in zip(series, missing, strict=True)])
