"""Parameters that the metrics of missing values share, and the rows that they read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.schema import NUMERIC, TEMPORAL
from assay.states import Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.core.expr import Expr
    from assay.core.schema import ColumnInfo, Schema
    from assay.states import SampleState

MOST_COLUMNS = 60
MOST_VALUES = 2_000_000
"""Rows times columns that a metric works on: 16 MB. Of a table with more, rows are drawn by lot."""

MOST_ORDERED = 40_000_000
"""The same where rows have an order, and all of them are needed: 320 MB."""

ColumnName = Annotated[str, Meta(description="Column of which values lack.")]
Numbers = Annotated[
    tuple[str, ...] | None,
    Meta(description="Columns of numbers or times; all of the table's where there are none."),
]


def check_names(columns: tuple[str, ...] | None) -> None:
    """That a list of columns can be meant.

    Raises:
        ValueError: fewer than two, too many, or one twice.
    """
    if columns is not None and not 2 <= len(set(columns)) == len(columns) <= MOST_COLUMNS:
        raise ValueError(f"`columns` must be 2 to {MOST_COLUMNS} different columns")


def as_numbers(info: ColumnInfo) -> bool:
    """Whether a column's values have a place on a scale: numbers, booleans, dates, timestamps."""
    return info.kind in NUMERIC | TEMPORAL or info.kind == "boolean"


def names_in(schema: Schema, columns: tuple[str, ...] | None) -> tuple[str, ...]:
    """The columns that are meant: those named, or all that can be."""
    if columns is not None:
        return columns
    return tuple(info.name for info in schema.columns if as_numbers(info))


def not_numbers(schema: Schema, names: tuple[str, ...]) -> str | None:
    """Why a metric does not apply to these columns, or None."""
    for name in names:
        info = schema.find(name)
        if info is None:
            return f"there is no column {name!r}"
        if not as_numbers(info):
            return f"column {name!r} holds {info.kind} ({info.native}), not numbers or times"
    if not 2 <= len(names) <= MOST_COLUMNS:
        return (
            f"the table has {len(names):,} columns of numbers and times, not 2 to {MOST_COLUMNS}: "
            "name some as `columns`"
        )
    return None


def sample(*of: Expr, most: int | None = None) -> Sample:
    """The rows of these columns; of many, at most so many drawn by lot."""
    fit = MOST_VALUES // max(1, len(of))
    return Sample(of=of, most=fit if most is None else min(fit, most))


def ordered(*of: Expr) -> Sample:
    """All rows of these columns: what is done by their order needs them."""
    return Sample(of=of)


def matrix(state: SampleState) -> NDArray[np.float64]:
    """Rows of a sample, shape (n, k), NaN where a value lacks; infinite values stay."""
    import numpy as np

    return np.column_stack(state.arrays()) if state.n else np.empty((0, 0))


def most_ordered(columns: int) -> int:
    """Rows of so many columns that a metric works on by their order."""
    return MOST_ORDERED // max(1, columns)


def too_many(state: SampleState) -> str | None:
    """Why a sample is more than a metric works on, or None."""
    if state.n * len(state.columns) <= MOST_ORDERED:
        return None
    return (
        f"{state.n:,} rows of {len(state.columns)} columns are more than the {MOST_ORDERED:,} "
        "values it takes: name fewer columns, or filter the rows with `where`"
    )
