"""Fill in what lacks: seven ways, each from a standardised table (n, k) with NaN to a whole one.

Columns have observed mean 0 and variance 1. No randomness: each gives the value it expects, for
comparing how far it is off. (For inference from filled-in data, draw several times: Rubin 1987.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

Method = Literal["mean", "median", "mode", "knn", "iterative", "soft_impute", "forward_fill"]
METHODS: tuple[Method, ...] = get_args(Method)

NEIGHBOURS = 5
_MOST_DONORS = 2_000
_BLOCK = 500
_MOST_SWEEPS = 200
_MOST_STEPS = 500


def mean(values: Matrix) -> Matrix:
    """The mean of the column's values."""
    return _filled(values, np.nanmean(values, axis=0))


def median(values: Matrix) -> Matrix:
    """The median of the column's values."""
    return _filled(values, np.nanmedian(values, axis=0))


def mode(values: Matrix) -> Matrix:
    """The most frequent of the column's values, the least of those where several are."""
    found = []
    for column in values.T:
        levels, counts = np.unique(column[~np.isnan(column)], return_counts=True)
        found.append(levels[counts.argmax()])
    return _filled(values, np.array(found))


def forward_fill(values: Matrix) -> Matrix:
    """The last value above in the column; the column's mean where there is none."""
    there = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(there, np.arange(len(values))[:, None], -1), axis=0)
    carried = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return _filled(np.where(last < 0, np.nan, carried), np.nanmean(values, axis=0))


def knn(values: Matrix) -> Matrix:
    """The mean over the five nearest rows that have the value (Troyanskaya et al. 2001,
    Bioinformatics 17:520), with scikit-learn's distance: over the columns that both rows have,
    scaled up to all. Of more than 2,000 rows, every so many-th may give a value.
    """
    n, k = values.shape
    donors = values[np.linspace(0, n - 1, min(n, _MOST_DONORS)).astype(np.intp)]
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
    return _filled(filled, np.nanmean(values, axis=0))


def iterative(values: Matrix, *, tolerance: float = 1e-3) -> Matrix:
    """Each column in turn regressed on all others, until the filled-in values stand still (van
    Buuren & Groothuis-Oudshoorn 2011, J. Statistical Software 45(3), without its random draws).

    Least squares with a ridge of a thousandth of the rows: columns may depend on each other.
    They stand still where none moves by more than ``tolerance`` of the greatest value.

    Raises:
        Undefined: they do not stand still in 200 rounds.
    """
    there = ~np.isnan(values)
    filled = mean(values)
    still = tolerance * float(np.nanmax(np.abs(values)))
    lack = (~there).sum(axis=0)
    turns = [int(j) for j in np.argsort(lack, kind="stable") if lack[j]]
    for _ in range(_MOST_SWEEPS):
        before = filled.copy()
        for j in turns:
            others = np.delete(filled, j, axis=1)
            x = np.column_stack([np.ones(len(others)), others])
            known = x[there[:, j]]
            gram = known.T @ known
            gram[1:, 1:] += 1e-3 * len(known) * np.eye(len(gram) - 1)
            slope = np.linalg.solve(gram, known.T @ filled[there[:, j], j])
            filled[~there[:, j], j] = x[~there[:, j]] @ slope
        if np.abs(filled - before).max(initial=0.0) < still:
            return filled
    raise Undefined(f"iterative imputation did not converge in {_MOST_SWEEPS} rounds")


def soft_impute(values: Matrix) -> Matrix:
    """A matrix of low rank by soft-thresholded singular values (Mazumder, Hastie & Tibshirani 2010,
    JMLR 11:2287), at the threshold of six that best foretells every tenth known value.

    Raises:
        Undefined: it does not converge in 500 steps.
    """
    cells = np.flatnonzero(~np.isnan(values).ravel())
    held = np.random.default_rng(0).permutation(cells)[: max(1, len(cells) // 10)]
    trial = values.copy()
    trial.ravel()[held] = np.nan
    greatest = float(np.linalg.norm(np.nan_to_num(values), 2))
    thresholds = greatest * np.array([0.5, 0.25, 0.12, 0.06, 0.03, 0.01])
    start, errors = np.nan_to_num(trial), []
    for threshold in thresholds:
        start = _soft(trial, threshold, start)
        errors.append(float(np.square(start.ravel()[held] - values.ravel()[held]).mean()))
    best = float(thresholds[int(np.argmin(errors))])
    return np.where(np.isnan(values), _soft(values, best, np.nan_to_num(values)), values)


def _soft(values: Matrix, threshold: float, start: Matrix) -> Matrix:
    """The low-rank matrix at one threshold, from a start."""
    lacks = np.isnan(values)
    low = start
    for _ in range(_MOST_STEPS):
        whole = np.where(lacks, low, values)
        squares, vectors = np.linalg.eigh(whole.T @ whole)
        singular = np.sqrt(np.maximum(squares, 1e-300))
        kept = np.maximum(1 - threshold / singular, 0.0)
        new = whole @ ((vectors * kept) @ vectors.T)
        moved, size = float(np.square(new - low).sum()), float(np.square(low).sum())
        low = np.asarray(new, dtype=np.float64)
        if moved <= 1e-7 * max(size, 1.0):
            return low
    raise Undefined(f"soft_impute did not converge in {_MOST_STEPS} steps")


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
