"""A look at the first rows: which questions are worth asking of all of them.

Counting every value of a text column is cheap where there are few and ruinous where each row has
its own; the first rows tell which. They decide what is asked, never what is answered.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.profile import FORMATS, Format

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from assay.core.engine import Engine
    from assay.core.schema import ColumnInfo, Schema

_ROWS = 10_000
_CELLS = 2_000_000
_MANY = 1_000
"""Different texts among the first rows beyond which a column's values are not counted."""
_TRIED = 200


@dataclass(frozen=True, slots=True)
class Look:
    """Text columns whose values can be counted, and the form that each seems to have."""

    counted: frozenset[str]
    formats: Mapping[str, Format]


def look(engine: Engine, table: str, schema: Schema) -> Look:
    """Read the first rows.

    Raises:
        SubjectError: the table cannot be read.
    """
    texts = [column for column in schema.columns if column.kind == "string"]
    if not texts:
        return Look(frozenset(), {})
    wanted = max(100, min(_ROWS, _CELLS // len(schema.columns)))
    with closing(engine.batches(table, batch_size=wanted)) as batches:  # type: ignore[type-var]
        batch = next(batches, None)
    if batch is None:
        return Look(frozenset(), {})
    counted: set[str] = set()
    formats: dict[str, Format] = {}
    for column, values in _values(batch, schema.columns, texts):
        if len(values) <= _MANY or batch.num_rows < wanted:
            counted.add(column.name)
        form = _form(values[:_TRIED])
        if form is not None:
            formats[column.name] = form
    return Look(frozenset(counted), formats)


def _values(
    batch: pa.RecordBatch, columns: Sequence[ColumnInfo], texts: Sequence[ColumnInfo]
) -> Iterator[tuple[ColumnInfo, list[str]]]:
    """The different values of each text column, nulls left out."""
    for position, column in enumerate(columns):
        if column in texts:
            yield column, batch.column(position).drop_null().unique().to_pylist()


def _form(values: Sequence[str]) -> Format | None:
    """The form that all of some values have."""
    for form, pattern in FORMATS.items():
        if values and all(re.fullmatch(pattern, value) for value in values):
            return form
    return None
