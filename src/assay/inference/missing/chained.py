"""Fill in by regressions of each column on all others, in turn.

Tables are standardised, shape (n, k), NaN where a value lacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

_MOST_SWEEPS = 200


class Chained(NamedTuple):
    """A table filled in by regressions, and these in their turns: column, coefficients (k,)."""

    filled: Matrix
    turns: list[tuple[int, Matrix]]


def iterative(values: Matrix, *, tolerance: float = 1e-3) -> Matrix:
    """Each column in turn regressed on all others, until the filled-in values stand still (van
    Buuren & Groothuis-Oudshoorn 2011, J. Statistical Software 45(3), without its random draws).

    Least squares with a ridge of a thousandth of the rows: columns may depend on each other.
    They stand still where none moves by more than ``tolerance`` of the greatest value.

    Raises:
        Undefined: they do not stand still in 200 rounds.
    """
    return chained(values, tolerance=tolerance).filled


def chained(values: Matrix, *, tolerance: float = 1e-3) -> Chained:
    """As :func:`iterative`, with the regressions by which other rows can be filled in."""
    there = ~np.isnan(values)
    filled = np.where(there, values, np.nanmean(values, axis=0))
    still = tolerance * float(np.nanmax(np.abs(values)))
    lack = (~there).sum(axis=0)
    turns: list[tuple[int, Matrix]] = []
    order = [int(j) for j in np.argsort(lack, kind="stable") if lack[j]]
    for _ in range(_MOST_SWEEPS):
        before = filled.copy()
        for j in order:
            design = _all_but(filled, j)
            slope = _regressed(design[there[:, j]], filled[there[:, j], j], j)
            turns.append((j, slope))
            filled[~there[:, j], j] = design[~there[:, j]] @ slope
        if np.abs(filled - before).max(initial=0.0) < still:
            return Chained(filled, turns)
    raise Undefined(f"iterative imputation did not converge in {_MOST_SWEEPS} rounds")


def _all_but(filled: Matrix, j: int) -> Matrix:
    """The table with ones in place of column ``j``: shape (n, k)."""
    design = filled.copy()
    design[:, j] = 1.0
    return design


def _regressed(design: Matrix, outcome: Matrix, j: int) -> Matrix:
    """Coefficients (k,) by least squares with a ridge on all but ``j``, the column of ones."""
    gram = design.T @ design
    steady = 1e-3 * len(design) * np.eye(len(gram))
    steady[j, j] = 0.0
    return np.asarray(np.linalg.solve(gram + steady, design.T @ outcome), dtype=np.float64)


def regressions(filled: Matrix, columns: list[int]) -> list[tuple[int, Matrix]]:
    """Regressions of some columns on all others, over a table that is whole."""
    return [(j, _regressed(_all_but(filled, j), filled[:, j], j)) for j in columns]


def follow(values: Matrix, turns: list[tuple[int, Matrix]]) -> Matrix:
    """Rows (n, k) filled in by regressions that other rows taught, from 0 on, turn by turn."""
    lacks = np.isnan(values)
    filled = np.nan_to_num(values)
    for j, slope in turns:
        rows = lacks[:, j]
        if rows.any():
            filled[rows, j] = _all_but(filled[rows], j) @ slope
    return filled
