"""Cells of a column on two sides: the same cuts for the reference and for the current rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST, LEAST = 20, 2
"""Cells of a column with an order, missing values apart."""

_CATEGORIES = 30
_ROWS = 20
_FEWEST = 5


class Cells(NamedTuple):
    """One column.

    Attributes:
        name: of the column.
        reference, current: the cell of each row, from 0, shapes (n,) and (m,).
        k: how many cells there are; each has at least five rows of the reference, unless all are
            one.
        absent: share of current rows whose value the reference lacks: outside its range, or a
            category that it has not.
    """

    name: str
    reference: NDArray[np.intp]
    current: NDArray[np.intp]
    k: int
    absent: float

    @property
    def target(self) -> NDArray[np.float64]:
        """Shares of the current rows by cell, shape (k,)."""
        shares: NDArray[np.float64] = np.bincount(self.current, minlength=self.k) / len(
            self.current
        )
        return shares

    @property
    def moved(self) -> float:
        """Total variation distance of the two sides: the share of rows that moved."""
        own = np.bincount(self.reference, minlength=self.k) / len(self.reference)
        return float(np.abs(self.target - own).sum() / 2)


def bins_for(rows: int, columns: int) -> int:
    """Cells of each ordered column, so that all of them together are few beside the rows."""
    return int(np.clip(rows // (_ROWS * max(columns, 1)), LEAST, MOST))


def ordered_cells(
    name: str, reference: NDArray[np.float64], current: NDArray[np.float64], *, bins: int
) -> Cells:
    """Cells between quantiles of both sides together; NaN (missing) is a cell of its own.

    Raises:
        ValueError: a side has no rows.
    """
    _hold(reference, current)
    known, seen = ~np.isnan(reference), ~np.isnan(current)
    values = reference[known]
    absent = 0.0
    if len(values):
        there = current[seen]
        absent = float(((there < values.min()) | (there > values.max())).sum())
    else:
        absent = float(seen.sum())
    if known.all():
        absent += float((~seen).sum())
    edges = _edges(values, current[seen], bins)
    codes = [np.searchsorted(edges, x, side="right") for x in (reference, current)]
    for code, x in zip(codes, (known, seen), strict=True):
        code[~x] = len(edges) + 1
    merged = _neighbours(np.bincount(codes[0], minlength=len(edges) + 2))
    return _cells(name, merged[codes[0]], merged[codes[1]], absent / len(current))


def category_cells(
    name: str, reference: NDArray[np.float64], current: NDArray[np.float64]
) -> Cells:
    """A cell for each of the most frequent values, NaN among them, and one for all others.

    Raises:
        ValueError: a side has no rows.
    """
    _hold(reference, current)
    values, at = np.unique(np.concatenate([reference, current]), return_inverse=True)
    codes = at[: len(reference)], at[len(reference) :]
    rows = [np.bincount(code, minlength=len(values)) for code in codes]
    absent = rows[1][rows[0] == 0].sum() / len(current)
    both = rows[0] / len(reference) + rows[1] / len(current)
    both[rows[0] < _FEWEST] = 0.0
    kept = np.argsort(-both, kind="stable")[:_CATEGORIES]
    kept = kept[both[kept] > 0]
    cell = np.full(len(values), len(kept))
    cell[kept] = np.arange(len(kept))
    others = rows[0][cell == len(kept)].sum()
    if others < _FEWEST and len(kept):  # too few rows to stand for anything: with the rarest
        cell[cell == len(kept)] = len(kept) - 1
    return _cells(name, cell[codes[0]], cell[codes[1]], float(absent))


def _hold(reference: NDArray[np.float64], current: NDArray[np.float64]) -> None:
    if not len(reference) or not len(current):
        raise ValueError("a side has no rows")


def _edges(
    reference: NDArray[np.float64], current: NDArray[np.float64], bins: int
) -> NDArray[np.float64]:
    """Cuts that give each side, weighing alike, about equal cells."""
    both = [x for x in (reference, current) if len(x)]
    if not both:
        return np.array([])
    shares = np.arange(1, bins) / bins
    pooled = np.sort(np.concatenate(both))
    weight = np.concatenate([np.full(len(x), 1 / len(x)) for x in both])
    order = np.argsort(np.concatenate(both), kind="stable")
    upto = np.cumsum(weight[order]) / len(both)
    found: NDArray[np.float64] = np.unique(pooled[np.searchsorted(upto, shares)])
    return found


def _neighbours(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """New codes of cells, so that each has rows enough: small ones join the next, or the last."""
    *ordered, missing = rows
    if sum(ordered) < _FEWEST:
        return np.zeros(len(rows), dtype=np.intp)
    codes, at, held = [], 0, 0
    for count in ordered:
        codes.append(at)
        held += count
        if held >= _FEWEST:
            at, held = at + 1, 0
    if held < _FEWEST and at:  # the last ones join the cell before them
        codes = [min(code, at - 1) for code in codes]
    last = max(codes) + 1
    codes.append(last if missing >= _FEWEST else last - 1)
    return np.array(codes)


def _cells(
    name: str, reference: NDArray[np.intp], current: NDArray[np.intp], absent: float
) -> Cells:
    k = int(max(reference.max(), current.max())) + 1
    return Cells(name, reference, current, k, absent)
