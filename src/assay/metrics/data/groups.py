"""What metrics of groups share: rows are counted by adding up the sizes of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assay.core.expr import Column
from assay.core.schema import DIFFERENT, ROWS
from assay.states import Moments

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.expr import Expr

SIZE = Column(ROWS)
"""How many rows a group has."""

VARIANTS = Column(f"{DIFFERENT}.0")
"""How many different values the first of a collection's ``distinct`` takes in a group."""


def rows_where(where: Expr | None = None) -> Moments:
    """The aggregate of the rows in groups for which ``where`` is true."""
    return Moments(of=SIZE, where=where)


class Sum(NamedTuple):
    """Groups, and their rows."""

    groups: int
    rows: int


def added(fold: Fold, aggregate: Moments) -> Sum:
    """What :func:`rows_where` folded to."""
    state = fold[aggregate]
    return Sum(state.n, round(state.mean * state.n))


def total(fold: Fold, aggregate: Moments) -> float:
    """Sum of an expression over all groups."""
    state = fold[aggregate]
    return state.mean * state.n
