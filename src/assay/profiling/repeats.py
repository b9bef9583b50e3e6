"""Rows that are the same as another in every column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.errors import EngineError
from assay.core.expr import Column, Literal, call
from assay.profiling.sizes import estimate
from assay.states import Distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.engine import Engine
    from assay.core.schema import ColumnInfo

_COLUMNS = 200
_KEYS = 1_000_000
"""Rows that are held against each other; of a longer table, as many drawn by lot."""


def repeats(
    engine: Engine, table: str, rows: int, columns: Sequence[ColumnInfo]
) -> tuple[int, float] | None:
    """Rows that repeat another, and the half-width of a 95 % interval in rows.

    Each row is drawn by lot, and equal rows share their lot, so that the lots that differ are the
    rows that do. None where the table is too wide, or the engine draws no lots.

    Raises:
        SubjectError: the table cannot be read.
    """
    if not columns or not rows or len(columns) > _COLUMNS:
        return None
    lot = call("lot", *(Column(c.name) for c in columns))
    share = min(1.0, _KEYS / rows)
    key = lot if share == 1 else call("case", call("lt", lot, share), lot, Literal(None))
    different = Distinct(of=(key,))
    try:
        state = engine.fold(table, [different])[different][()]
    except EngineError:
        return None
    if share == 1:
        return rows - state.distinct, 0.0
    distinct, error = estimate(state, share, rows)
    return rows - distinct, error * distinct
