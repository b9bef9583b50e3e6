"""Rows that come in groups (clusters, blocks of time): how each group's rows lie.

A group matters for the interval alone, so a value that its list leaves out is taken for absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.core.aggregate import Fold
from assay.core.expr import Scalar
from assay.inference.distribution import Distribution, Piece
from assay.inference.group_errors import degrees_of_freedom, deviations
from assay.inference.interval import t_value
from assay.states import Count, Frequencies, Quantiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Counts = tuple[dict[Scalar, int], ...]
"""Rows by value, of each group."""

_NEWS = 0.99994
"""Confidence that values are new: that of four standard errors."""


def pieces(folds: Sequence[Fold] | None, quantiles: Quantiles) -> tuple[Piece, ...] | None:
    """How an ordered column lies in each group that has rows; None where rows are independent."""
    if folds is None:
        return None
    found = [(fold[Count()].n, fold[quantiles]) for fold in folds]
    return tuple(Piece(rows, s.n, Distribution.of(s)) for rows, s in found if rows)


def counts(folds: Sequence[Fold] | None, frequencies: Frequencies) -> Counts | None:
    """Rows by value in each group that has rows; None where rows are independent.

    Rows whose value is not listed are under a key of no value, :data:`UNLISTED`.
    """
    if folds is None:
        return None
    states = [fold[frequencies] for fold in folds]
    return tuple(
        {**{key[0]: n for key, n in s.counts}, **({UNLISTED: s.rest} if s.rest else {})}
        for s in states
        if s.n
    )


UNLISTED = "\0unlisted"
"""Stands for the values that a group does not list."""


def by_cell(
    groups: Counts, kept: Sequence[Scalar], apart: frozenset[Scalar]
) -> NDArray[np.float64]:
    """Rows by group and cell: one for each kept value, one for the rest, one for ``apart``."""
    at = {value: i for i, value in enumerate(kept)}
    found = np.zeros((len(groups), len(kept) + 2))
    for row, group in zip(found, groups, strict=True):
        for value, n in group.items():
            row[at.get(value, -1 if value in apart else -2)] += n
    return found


class Rare(NamedTuple):
    """Rare values of both sides: those that the reference has once, and those that it lacks.

    "Once" is in one group, where rows come in groups.
    """

    once: frozenset[Scalar]
    new: frozenset[Scalar]


def rare(
    others: dict[Scalar, tuple[int, int]],
    rows: tuple[int, int],
    groups: tuple[Counts | None, Counts | None],
) -> Rare | None:
    """Values that are new to the reference, where chance alone does not bring as many rows of them.

    As for independent rows (Good 1953, Biometrika 40:237), with groups in the place of rows: the
    share to expect is that of values which one group of the reference alone has, which is what that
    group would bring anew if it were left out. None where there are no news: where the difference
    is less than four standard errors, or what is as rare with Student's t.
    """
    new = frozenset(value for value, (reference, _) in others.items() if not reference)
    found: dict[Scalar, int] = {}
    for group in groups[0] or ():
        for value in group:
            found[value] = found.get(value, 0) + 1
    if groups[0] is None:
        found = {value: reference for value, (reference, _) in others.items()}
    once = frozenset(value for value in others if found.get(value) == 1)
    shares, variance, df = [], 0.0, float("inf")
    for side, (mine, several) in enumerate(zip((once, new), groups, strict=True)):
        sizes = [others[value][side] for value in mine]
        shares.append(sum(sizes) / rows[side])
        if several is None:
            variance += float(np.square(sizes).sum()) / rows[side] ** 2
            continue
        table = by_cell(several, (), mine)
        moved = deviations(table)
        if moved is None:
            return None
        variance += float((moved[:, 1] ** 2).sum())
        df = min(df, degrees_of_freedom(table))
    if shares[1] - shares[0] <= t_value(_NEWS, df) * np.sqrt(variance):
        return None
    return Rare(once, new)
