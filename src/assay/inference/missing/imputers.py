"""Fill in what lacks: seven ways, each from a standardised table (n, k) with NaN to a whole one.

Columns have observed mean 0 and variance 1. No randomness: each gives the value it expects, for
comparing how far it is off. (For inference from filled-in data, draw several times: Rubin 1987.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from assay.inference.missing.chained import iterative
from assay.inference.missing.low_rank import soft_impute

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

Method = Literal["mean", "median", "mode", "knn", "iterative", "soft_impute", "forward_fill"]
METHODS: tuple[Method, ...] = get_args(Method)

NEIGHBOURS = 5
_MOST_DONORS = 2_000
_BLOCK = 500


def mean(values: Matrix) -> Matrix:
    """The mean of the column's values."""
    return _filled(values, np.nanmean(values, axis=0))


def median(values: Matrix) -> Matrix:
    """The median of the column's values."""
    return _filled(values, np.nanmedian(values, axis=0))


def mode(values: Matrix) -> Matrix:
    """The most frequent of the column's values, the least of those where several are."""
    return _filled(values, modes(values))


def modes(values: Matrix) -> Matrix:
    """The most frequent value of each column, shape (k,)."""
    found = []
    for column in values.T:
        levels, counts = np.unique(column[~np.isnan(column)], return_counts=True)
        found.append(levels[counts.argmax()])
    return np.array(found)


def forward_fill(values: Matrix) -> Matrix:
    """The last value above in the column; the column's mean where there is none."""
    there = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(there, np.arange(len(values))[:, None], -1), axis=0)
    carried = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return _filled(np.where(last < 0, np.nan, carried), np.nanmean(values, axis=0))


def knn(values: Matrix, donors: Matrix | None = None) -> Matrix:
    """The mean over the five nearest rows that have the value (Troyanskaya et al. 2001,
    Bioinformatics 17:520), with scikit-learn's distance: over the columns that both rows have,
    scaled up to all. Of more than 2,000 rows, every so many-th may give a value.

    Args:
        donors: rows (m, k) that give values; those of ``values`` themselves without it.
    """
    k = values.shape[1]
    every = values if donors is None else donors
    donors = every[np.linspace(0, len(every) - 1, min(len(every), _MOST_DONORS)).astype(np.intp)]
    there, has = ~np.isnan(values), ~np.isnan(donors)
    zeroed, given = np.nan_to_num(values), np.nan_to_num(donors)
    filled = values.copy()
    rows = np.flatnonzero(~there.all(axis=1))
    for start in range(0, len(rows), _BLOCK):
        part = rows[start : start + _BLOCK]
        x, m = zeroed[part], there[part].astype(np.float64)
        shared = m @ has.T
        square = x**2 @ has.T + m @ (given**2).T - 2 * x @ given.T
        distance = np.full(shared.shape, np.inf)
        np.divide(np.maximum(square, 0) * k, shared, out=distance, where=shared > 0)
        for j in range(k):
            lacking = np.flatnonzero(~there[part, j])
            can = np.flatnonzero(has[:, j])
            if not len(lacking) or not len(can):
                continue
            near = distance[np.ix_(lacking, can)]
            take = min(NEIGHBOURS, len(can))
            nearest = np.argpartition(near, take - 1, axis=1)[:, :take]
            reach = np.isfinite(np.take_along_axis(near, nearest, axis=1))
            found = np.where(reach, given[can, j][nearest], 0.0).sum(axis=1)
            filled[part[lacking], j] = found / np.maximum(reach.sum(axis=1), 1)
    return _filled(filled, np.nanmean(every, axis=0))


def _filled(values: Matrix, by_column: Matrix) -> Matrix:
    """The table with one value for each column where it lacks."""
    return np.where(np.isnan(values), by_column, values)


IMPUTERS: dict[Method, Callable[[Matrix], Matrix]] = {
    "mean": mean,
    "median": median,
    "mode": mode,
    "knn": knn,
    "iterative": iterative,
    "soft_impute": soft_impute,
    "forward_fill": forward_fill,
}
