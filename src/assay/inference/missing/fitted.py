"""Ways to fill in that learn from some rows and then fill in others, as a model in use must."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assay.inference.missing.chained import chained, follow, regressions
from assay.inference.missing.imputers import knn, modes
from assay.inference.missing.low_rank import approach, best_threshold, shrinkage, soft_impute

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from assay.inference.missing.imputers import Method

    Matrix = NDArray[np.float64]
    Fill = Callable[[Matrix], Matrix]


def fit(method: Method, train: Matrix) -> Fill:
    """What fills in rows (m, k) by what the rows ``train`` (n, k) have taught; NaN where one lacks.

    A column without a known value in ``train`` is filled with 0 throughout. ``forward_fill`` needs
    the order of all rows: see :func:`carried`.

    Raises:
        Undefined: it does not converge.
        KeyError: the method cannot be learned from rows alone.
    """
    blank = np.isnan(train).all(axis=0)
    known = np.where(blank, 0.0, train)
    centre, spread = np.nanmean(known, axis=0), np.nanstd(known, axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    learned = _LEARN[method]((known - centre) / spread)

    def fill(values: Matrix) -> Matrix:
        scaled = (np.where(blank, 0.0, values) - centre) / spread
        return np.asarray(learned(scaled) * spread + centre, dtype=np.float64)

    return fill


def _constant(found: Matrix) -> Fill:
    return lambda values: np.where(np.isnan(values), found, values)


def _iterative(train: Matrix) -> Fill:
    """The regressions of every round; columns that lack nowhere here are learned at the end."""
    found = chained(train)
    whole = np.flatnonzero(~np.isnan(train).any(axis=0)).tolist()
    turns = [*found.turns, *regressions(found.filled, whole)]
    return lambda values: follow(values, turns)


def _soft_impute(train: Matrix) -> Fill:
    """The shrinkage at which the rows stand still."""
    threshold = best_threshold(train)
    shrunk = shrinkage(soft_impute(train, threshold), threshold)
    return lambda values: approach(values, shrunk)


_LEARN: dict[Method, Callable[[Matrix], Fill]] = {
    "mean": lambda train: _constant(np.nanmean(train, axis=0)),
    "median": lambda train: _constant(np.nanmedian(train, axis=0)),
    "mode": lambda train: _constant(modes(train)),
    "knn": lambda train: lambda values: knn(values, train),
    "iterative": _iterative,
    "soft_impute": _soft_impute,
}


def carried(values: Matrix, teaches: NDArray[np.bool_]) -> Matrix:
    """Rows (n, k) in their order, each filled in with the last value above of rows that teach.

    Args:
        teaches: shape (n,), rows whose values others may take: those a model is trained on.

    Where there is none, the mean of these rows; 0 where they have none in the column.
    """
    there = ~np.isnan(values)
    gives = there & teaches[:, None]
    last = np.maximum.accumulate(np.where(gives, np.arange(len(values))[:, None], -1), axis=0)
    above = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    known = gives.sum(axis=0)
    mean = np.where(gives, values, 0.0).sum(axis=0) / np.maximum(known, 1)
    return np.where(there, values, np.where(last < 0, mean, above))
