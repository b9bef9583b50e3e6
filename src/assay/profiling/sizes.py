"""How many different values each column has, about: it decides how the column is looked at.

Counting the values themselves is cheap where there are few of them and ruinous where each row has
its own. So values are first drawn by lot, one in :data:`_ONE_IN`: equal values share their lot, and
the different ones among those drawn say how many there are in all (Gibbons 2001, VLDB: distinct
sampling). It takes little memory, and the error is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.core.expr import Column, Expr, Literal, call
from assay.profiling.asking import asked
from assay.profiling.points import value_of
from assay.states import Count, Distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.aggregate import Aggregate
    from assay.core.engine import Engine
    from assay.core.progress import Progress
    from assay.core.schema import ColumnInfo
    from assay.profiling.asking import States
    from assay.states import DistinctState

_ONE_IN = 64
_AT_ONCE = 40
"""Columns of one scan: each takes some megabytes, however few rows there are, and a query of many
takes more than its share of time."""
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Size:
    """One column.

    Attributes:
        present: rows that have a value.
        distinct: different values, about.
        error: half-width of the 95 % interval of ``distinct``, as a share of it.
    """

    column: ColumnInfo
    present: int
    distinct: int
    error: float


def drawn(key: Expr, share: float) -> Distinct:
    """Count the different keys among those drawn by lot."""
    return Distinct(of=(call("case", call("lt", call("lot", key), share), key, Literal(None)),))


def estimate(state: DistinctState, share: float, rows: int) -> tuple[int, float]:
    """Different keys in all ``rows``, and the half-width of a 95 % interval as a share of them.

    Where no key that was drawn occurs twice, and there may well be as many keys as rows, each row
    is taken to have its own.
    """
    if not state.distinct:
        return 0, math.inf
    found = min(rows, round(state.distinct / share))
    error = _Z * math.sqrt((1 - share) / state.distinct)
    alone = state.n == state.distinct and found * (1 + 1.5 * error) >= rows
    return rows if alone else found, error


@dataclass(frozen=True, slots=True)
class _Draw:
    """Rows with a value, and different ones among those drawn; or exactly, without lots."""

    column: ColumnInfo
    lots: bool = True

    @property
    def present(self) -> Count:
        return Count(where=call("not_null", Column(self.column.name)))

    @property
    def distinct(self) -> Distinct:
        key = value_of(self.column)
        return drawn(key, 1 / _ONE_IN) if self.lots else Distinct(of=(key,))

    @property
    def aggregates(self) -> list[Aggregate[Any]]:
        return [Count(), self.present, self.distinct]

    def simpler(self) -> _Draw | None:
        return _Draw(self.column, lots=False) if self.lots else None

    def answer(self, states: States) -> Size:
        present = states[self.present][()].n
        state = states[self.distinct][()]
        if not self.lots:
            return Size(self.column, present, state.distinct, 0.0)
        return Size(self.column, present, *estimate(state, 1 / _ONE_IN, present))


def sizes(
    engine: Engine, table: str, columns: Sequence[ColumnInfo], progress: Progress
) -> tuple[int, list[Size]]:
    """Rows of the table, and the size of each column.

    Raises:
        EngineError: the scan failed.
        SubjectError: the table cannot be read.
    """
    found: list[Size] = []
    rows = 0
    while len(found) < len(columns):
        progress("Counting values", len(found), len(columns))
        some = [_Draw(c) for c in columns[len(found) : len(found) + _AT_ONCE]]
        for draw, states in asked(engine, table, some):
            rows = states[Count()][()].n
            found.append(draw.answer(states))
    if not columns:
        rows = engine.fold(table, [Count()])[Count()][()].n
    progress("Counting values", len(columns), len(columns))
    return rows, found
