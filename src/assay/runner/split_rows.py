"""A table split in two by row, in one pass: the rows that fail, with the reasons, and the rest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from assay.core.errors import AssayError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from assay.core.engine import Engine
    from assay.core.expr import Expr
    from assay.core.schema import Schema

REASONS = "assay.reasons"
FAILED, PASSED = "failed.parquet", "passed.parquet"
_MARK = "assay.fails"
_BATCH = 65_536
_CELLS = 4_000_000  # of one batch, so that 2,000 columns need no more memory than 60


class Unsplit(AssayError):
    """A table that cannot be split; the message holds no path and no value."""


class FailedRows(NamedTuple):
    """How many rows went where."""

    failed: int
    passed: int


def split(
    engine: Engine,
    table: str,
    schema: Schema,
    failing: Mapping[str, Expr],
    *,
    folder: str,
    described: Mapping[str, str],
) -> FailedRows:
    """Write :data:`FAILED` and :data:`PASSED` in the folder; both are on the disk on return.

    Args:
        failing: by check id, what is true for a row that fails it and false (never null) for
            every other.
        described: metadata of both files.

    Raises:
        OSError: they cannot be written (a full disk); what is there then is not whole.
        AssayError: the table cannot be read.
        Unsplit: it has a column named :data:`REASONS`.
        pyarrow.ArrowException: Parquet has no such type.
    """
    import pyarrow as pa

    if schema.find(REASONS) is not None:
        raise Unsplit(f"it has a column {REASONS!r} of its own, from an earlier quarantine")
    ids = pa.array(list(failing), pa.string())
    marks = {f"{_MARK}.{i}": expr for i, expr in enumerate(failing.values())}
    failed = _Part(os.path.join(folder, FAILED), described)
    passed = _Part(os.path.join(folder, PASSED), described)
    try:
        empty = True
        size = min(_BATCH, max(1_000, _CELLS // (len(schema.columns) + len(marks))))
        for batch in engine.batches(table, batch_size=size, added=marks):
            empty = False
            bad, good = _parted(batch, list(marks), ids)
            failed.add(bad)
            passed.add(good)
        if empty:
            columns = _columns(schema)
            passed.add(columns.empty_table())
            failed.add(columns.append(_reasons_field()).empty_table())
        failed.finish()
        passed.finish()
    finally:
        failed.close()
        passed.close()
    return FailedRows(failed.rows, passed.rows)


def kept_split(folder: str, table: str, run_id: str) -> FailedRows | None:
    """What the same run wrote there before it was cut off; None where there is nothing.

    Raises:
        Unsplit: something else is there.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not os.path.lexists(folder):
        return None
    counts = []
    for name in (FAILED, PASSED):
        try:
            kept = pq.read_metadata(os.path.join(folder, name))
        except (OSError, pa.ArrowException):
            raise Unsplit("the place of this run's quarantine is taken") from None
        said = kept.metadata or {}
        if said.get(b"assay.run") != run_id.encode() or said.get(b"assay.table") != table.encode():
            raise Unsplit("the place of this run's quarantine is taken by another table")
        counts.append(kept.num_rows)
    return FailedRows(*counts)


def _parted(
    batch: pa.RecordBatch, marks: Sequence[str], ids: pa.Array
) -> tuple[pa.Table, pa.Table]:
    """Rows that fail, with their reasons, and rows that do not."""
    import numpy as np
    import pyarrow as pa

    whole = pa.Table.from_batches([batch])
    columns = whole.drop_columns(list(marks))
    if not marks:
        bad = np.zeros((whole.num_rows, 0), dtype=bool)
    else:
        bad = np.column_stack(
            [whole[name].to_numpy(zero_copy_only=False).astype(bool) for name in marks]
        )
    fails = bad.any(axis=1)
    _, which = np.nonzero(bad)  # row by row, so that offsets are running counts
    offsets = np.concatenate([[0], np.cumsum(bad[fails].sum(axis=1))]).astype("int32")
    reasons = pa.ListArray.from_arrays(pa.array(offsets), ids.take(pa.array(which)))
    failed = columns.filter(pa.array(fails)).append_column(_reasons_field(), reasons)
    return failed, columns.filter(pa.array(~fails))


def _reasons_field() -> pa.Field:
    import pyarrow as pa

    return pa.field(REASONS, pa.list_(pa.string()))


class _Part:
    """One Parquet file, filled in row groups of a good size however few rows a batch gives."""

    def __init__(self, path: str, described: Mapping[str, str]) -> None:
        self._path = path
        self._described = dict(described)
        self._file: Any = None
        self._writer: Any = None
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self.rows = 0

    def add(self, rows: pa.Table) -> None:
        """Take rows; they are written when there are enough of them."""
        if self._writer is None:
            import pyarrow.parquet as pq

            schema = rows.schema.with_metadata(self._described)
            # not by its name, which Arrow might take for an address (`s3:…`) and connect to
            self._file = open(self._path, "xb")  # noqa: SIM115 - open as long as the writer is
            self._writer = pq.ParquetWriter(self._file, schema)
        self._waiting.append(rows.replace_schema_metadata(self._described))
        self._rows += rows.num_rows
        self.rows += rows.num_rows
        if self._rows >= _BATCH:
            self._flush()

    def finish(self) -> None:
        """Write what is left, and the end of the file, onto the disk."""
        self._flush()
        writer, self._writer = self._writer, None
        writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def close(self) -> None:
        """Let go of a file that was not finished."""
        import pyarrow as pa

        writer, self._writer = self._writer, None
        try:
            if writer is not None:
                writer.close()
            if self._file is not None:
                self._file.close()
        except (OSError, pa.ArrowException, ValueError):
            return  # it is broken already, and about to be removed

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._writer.write_table(pa.concat_tables(self._waiting))
        self._waiting, self._rows = [], 0


def _columns(schema: Schema) -> pa.Schema:
    """Columns of a table without rows, whose own types no batch tells."""
    import pyarrow as pa

    types = {
        "integer": pa.int64(), "float": pa.float64(), "decimal": pa.float64(),
        "boolean": pa.bool_(), "date": pa.date32(), "timestamp": pa.timestamp("us"),
        "time": pa.time64("us"), "binary": pa.binary(),
    }  # fmt: skip
    return pa.schema([(c.name, types.get(c.kind, pa.string())) for c in schema.columns])
