"""Rows drawn at random, for what all rows would cost too much: ranks, correlations, guesses.

The stream of all rows is read once, in the table's order, and each row is kept with the same
probability; the seed is fixed, so that the same table gives the same sample.
"""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assay.core.expr import Column, call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from assay.core.engine import Engine
    from assay.core.progress import Progress
    from assay.core.schema import ColumnInfo

_ROWS = 100_000
_CELLS = 5_000_000
_BATCH = 65_536
_AT_ONCE = 50
"""Columns of one stream: the engine holds some hundred thousand values of each."""
_Z = 2.576


@dataclass(frozen=True, slots=True)
class Drawn:
    """Some rows.

    Attributes:
        n: rows drawn.
        whole: whether they are all there are.
        numbers: by column, of shape (n,); NaN where there is none.
        texts: by column; null where there is none.
    """

    n: int = 0
    whole: bool = True
    numbers: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    texts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rank_error(self) -> float:
        """Half-width of the 99 % interval of a sample quantile's rank, as a share; 0 if whole."""
        return 0.0 if self.whole or not self.n else _Z * 0.5 / math.sqrt(self.n)


def draw(
    engine: Engine,
    table: str,
    rows: int,
    *,
    numbers: Sequence[ColumnInfo],
    texts: Sequence[ColumnInfo],
    progress: Progress,
) -> Drawn:
    """Rows of some columns; all of them where they are few.

    Args:
        rows: how many the table has.
        numbers: columns to read as numbers: dates and times as seconds since 1970 UTC.
        texts: columns to read as text.

    Raises:
        SubjectError: the table cannot be read to its end.
        EngineError: a column does not read as a number.
    """
    columns = [*numbers, *texts]
    if not rows or not columns:
        return Drawn()
    share = min(1.0, min(_ROWS, _CELLS // len(columns)) / rows)
    found = Drawn(whole=share == 1)
    for start in range(0, len(columns), _AT_ONCE):
        some = columns[start : start + _AT_ONCE]
        told = _Told(progress, start, len(columns), rows)
        read = _read(engine, table, some, share, told, as_text={c.name for c in texts})
        found = Drawn(
            n=len(next(iter(read.values()))),
            whole=found.whole,
            numbers={**found.numbers, **{c.name: read[c.name] for c in some if c in numbers}},
            texts={**found.texts, **{c.name: read[c.name] for c in some if c in texts}},
        )
    return found


@dataclass(frozen=True, slots=True)
class _Told:
    """How far the reading of some columns is, of all that are read."""

    progress: Progress
    before: int
    columns: int
    rows: int

    def __call__(self, seen: int, at_once: int) -> None:
        done = self.before + at_once * min(seen / self.rows, 1)
        self.progress("Drawing rows", round(done), self.columns)


def _read(
    engine: Engine,
    table: str,
    columns: Sequence[ColumnInfo],
    share: float,
    told: _Told,
    *,
    as_text: set[str],
) -> dict[str, Any]:
    """Some rows of some columns: the same rows, whichever columns they are."""
    import numpy as np
    import pyarrow as pa

    added = {
        f"c{i}": call("text" if c.name in as_text else "number", Column(c.name))
        for i, c in enumerate(columns)
    }
    random = np.random.default_rng(0)
    kept: list[list[Any]] = [[] for _ in columns]
    seen = 0
    batches = engine.batches(table, batch_size=_BATCH, columns=(), added=added)
    with closing(batches):  # type: ignore[type-var]
        for batch in batches:
            seen += batch.num_rows
            chosen = np.flatnonzero(random.random(batch.num_rows) < share)
            for column, values, parts in zip(columns, batch.columns, kept, strict=True):
                if column.name in as_text:
                    parts.append(values.take(pa.array(chosen)) if share < 1 else values)
                else:
                    parts.append(_doubles(values)[chosen])
            told(seen, len(columns))
    pa.default_memory_pool().release_unused()  # what was read and not kept
    return {
        c.name: pa.chunked_array(parts, pa.string())
        if c.name in as_text
        else np.concatenate([np.array([]), *parts])
        for c, parts in zip(columns, kept, strict=True)
    }


def _doubles(values: pa.Array) -> NDArray[np.float64]:
    """An array of doubles, NaN for null. Arrow's own conversion would first import pandas."""
    import numpy as np

    there, data = values.buffers()
    at = slice(values.offset, values.offset + len(values))
    numbers = np.frombuffer(data, dtype="<f8")[at] if data is not None else np.array([])
    if there is None or not values.null_count:
        return numbers
    bits = np.unpackbits(np.frombuffer(there, dtype=np.uint8), bitorder="little")
    return np.where(bits[at], numbers, np.nan)
