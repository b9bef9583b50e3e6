"""A look at the first rows: to show some, and to see which form a text column seems to have.

They decide what is asked of all rows, never what is answered.
"""

from __future__ import annotations

import math
import re
from contextlib import closing
from typing import TYPE_CHECKING

from assay.core.expr import Column, call
from assay.core.profile import FORMATS, Format
from assay.profiling.counted import LONGEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from assay.core.engine import Engine
    from assay.core.evidence import Cell
    from assay.core.expr import Expr
    from assay.core.schema import ColumnInfo

_ROWS = 2_048
"""Rows of a batch: an engine's own measure, which it gives at the least cost."""
MOST = 100
"""Columns of the rows that are shown."""
_AT_ONCE = 100
"""Columns of one stream: the engine holds some hundred thousand values of each."""
_TRIED = 200
_FIRST = 10
_PLAIN = ("integer", "float", "boolean", "string")


def first_rows(engine: Engine, table: str, columns: Sequence[ColumnInfo]) -> list[list[Cell]]:
    """The first rows as plain data, :data:`MOST` columns of them; long texts are cut.

    Raises:
        SubjectError: the table cannot be read.
    """
    asked: dict[str, Expr] = {}
    for i, column in enumerate(columns[:MOST]):
        value = Column(column.name)
        asked[f"c{i}"] = value if column.kind in _PLAIN else call("text", value)
    batch = _batch(engine, table, _ROWS, asked)
    if batch is None:
        return []
    few = batch.slice(0, _FIRST)
    held = [few.column(i).to_pylist() for i in range(few.num_columns)]
    return [[_cell(value) for value in row] for row in zip(*held, strict=True)]


def forms(engine: Engine, table: str, columns: Sequence[ColumnInfo]) -> Mapping[str, Format]:
    """The form that the first values of a text column have, by the column's name.

    Raises:
        SubjectError: the table cannot be read.
    """
    texts = [column for column in columns if column.kind == "string"]
    if not texts:
        return {}
    found: dict[str, Format] = {}
    for start in range(0, len(texts), _AT_ONCE):
        some = texts[start : start + _AT_ONCE]
        batch = _batch(engine, table, _ROWS, {f"c{i}": Column(c.name) for i, c in enumerate(some)})
        for i, column in enumerate(some if batch is not None else ()):
            assert batch is not None
            form = form_of(batch.column(i).drop_null().unique().to_pylist()[:_TRIED])
            if form is not None:
                found[column.name] = form
    return found


def form_of(values: Sequence[str]) -> Format | None:
    """The form that all of some texts have."""
    for form, pattern in FORMATS.items():
        if values and all(re.fullmatch(pattern, value) for value in values):
            return form
    return None


def _batch(
    engine: Engine, table: str, rows: int, asked: Mapping[str, Expr]
) -> pa.RecordBatch | None:
    batches = engine.batches(table, batch_size=rows, columns=(), added=asked)
    with closing(batches):  # type: ignore[type-var]
        return next(batches, None) if asked else None


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    assert value is None or isinstance(value, bool | int | float)
    return value
