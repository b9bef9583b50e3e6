"""Fill in by a matrix of low rank: soft-thresholded singular values.

Tables are standardised, shape (n, k), NaN where a value lacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

_MOST_STEPS = 500


def soft_impute(values: Matrix, threshold: float | None = None) -> Matrix:
    """A matrix of low rank by soft-thresholded singular values (Mazumder, Hastie & Tibshirani 2010,
    JMLR 11:2287), at the threshold of six that best foretells every tenth known value.

    Raises:
        Undefined: it does not converge in 500 steps.
    """
    if threshold is None:
        threshold = best_threshold(values)
    low = _soft(values, threshold, np.nan_to_num(values))
    return np.where(np.isnan(values), low, values)


def best_threshold(values: Matrix) -> float:
    """The threshold of six that best foretells every tenth known value."""
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
    return float(thresholds[int(np.argmin(errors))])


def _soft(values: Matrix, threshold: float, start: Matrix) -> Matrix:
    """The low-rank matrix at one threshold, from a start."""
    lacks = np.isnan(values)
    low = start
    for _ in range(_MOST_STEPS):
        whole = np.where(lacks, low, values)
        new = whole @ shrinkage(whole, threshold)
        moved, size = float(np.square(new - low).sum()), float(np.square(low).sum())
        low = np.asarray(new, dtype=np.float64)
        if moved <= 1e-7 * max(size, 1.0):
            return low
    raise Undefined(f"soft_impute did not converge in {_MOST_STEPS} steps")


def shrinkage(whole: Matrix, threshold: float) -> Matrix:
    """What a whole table (n, k) is multiplied with to soften its singular values: shape (k, k)."""
    squares, vectors = np.linalg.eigh(whole.T @ whole)
    kept = np.maximum(1 - threshold / np.sqrt(np.maximum(squares, 1e-300)), 0.0)
    return np.asarray((vectors * kept) @ vectors.T, dtype=np.float64)


def approach(values: Matrix, shrunk: Matrix) -> Matrix:
    """Rows (n, k) filled in where they stand still under a shrinkage that other rows taught.

    Raises:
        Undefined: they do not in 500 steps.
    """
    lacks = np.isnan(values)
    whole = np.nan_to_num(values)
    for _ in range(_MOST_STEPS):
        new = np.where(lacks, whole @ shrunk, whole)
        moved, size = float(np.square(new - whole).sum()), float(np.square(whole).sum())
        whole = new
        if moved <= 1e-7 * max(size, 1.0):
            return whole
    raise Undefined(f"soft_impute did not converge in {_MOST_STEPS} steps")
