"""A table in two halves: what is proposed from one can be checked on the other.

Blocks of neighbouring rows go to the halves in turn. Rows that lie together are often alike (a day,
a shop), so that blocks differ more than rows drawn one by one would: as another day's rows do. The
split needs no chance, so that it is the same each time.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.expr import Column, call

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from assay.core.engine import Engine
    from assay.core.progress import Progress
    from assay.core.schema import Kind

FEWEST = 80
"""Rows below which a half would be too few to say anything."""
_BLOCKS = 200
_LONGEST = 10_000
_ROWS = 500_000
"""Rows of both halves together; of a longer table blocks are left out in between."""


_GROUP = 50_000
_KEPT: frozenset[Kind] = frozenset(
    {"integer", "float", "decimal", "boolean", "string", "date", "timestamp", "time"}
)


@dataclass(frozen=True, slots=True)
class Halves:
    """Two Parquet files.

    Attributes:
        paths: the half that is estimated on, and the half that it is checked on.
        block: rows of a block.
        whole: whether every row of the table is in one of them.
    """

    paths: tuple[str, str]
    block: int
    whole: bool


def halves(
    engine: Engine, table: str, rows: int, *, folder: str, progress: Progress
) -> Halves | None:
    """Write the halves of a table into a folder; None where its rows are too few.

    Values that Parquet cannot hold, or not as they are, become text: nothing but their being there
    is asked of them.

    Raises:
        SubjectError: the table cannot be read to its end.
        OSError: the files cannot be written.
    """
    if rows < FEWEST:
        return None
    block = max(1, min(rows // _BLOCKS, _LONGEST))
    every = -(-rows // _ROWS)
    paths = (os.path.join(folder, "first.parquet"), os.path.join(folder, "second.parquet"))
    columns = engine.schema(table).columns
    odd = {c.name: call("text", Column(c.name)) for c in columns if c.kind not in _KEPT}
    kept = [c.name for c in columns if c.name not in odd]
    batches = engine.batches(table, batch_size=block, columns=kept, added=odd)
    with ExitStack() as stack:
        stack.enter_context(closing(batches))  # type: ignore[type-var]
        parts = [stack.enter_context(closing(_Part(path))) for path in paths]
        for i, batch in enumerate(batches):
            if i % every == 0:
                parts[i // every % 2].add(batch)
            progress("Splitting the rows", min((i + 1) * block, rows), rows)
    return Halves(paths, block, every == 1)


class _Part:
    """A Parquet file that grows by batches; many small ones become one row group."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._held: list[pa.RecordBatch] = []
        self._rows = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        self._held.append(batch)
        self._rows += batch.num_rows
        if self._rows >= _GROUP:
            self._write()

    def close(self) -> None:
        """Write what is held, and end the file."""
        if self._held:
            self._write()
        if self._writer is not None:
            self._writer.close()

    def _write(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = pa.Table.from_batches(self._held)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, rows.schema)
        self._writer.write_table(rows)
        self._held, self._rows = [], 0
