"""A mean of scores over the folds of a cross-validation, and the difference of two models' means.

Scores of folds depend on each other, because the folds' training rows overlap: the plain t interval
over repeated folds is far too short. Their variance has no unbiased estimate (Bengio & Grandvalet
2004, JMLR 5:1089), so every interval here is approximate. The correction of Nadeau & Bengio (2003,
Machine Learning 52:239) supposes that two folds' scores correlate by the share of rows they are
tested on. In simulations it is cautious: for ridge regressions its interval of level 95 % covers
98 to 99.7 % with ten folds, and 97 % with the folds drawn five times, where plain t covers 55 %.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.interval import Interval, t_value

if TYPE_CHECKING:
    from numpy.typing import NDArray


class FoldMean(NamedTuple):
    """Mean over folds, its corrected variance, and degrees of freedom."""

    value: float
    variance: float
    df: int

    def interval(self, level: float) -> Interval:
        """Student t interval."""
        half = t_value(level, self.df) * math.sqrt(self.variance)
        return Interval(self.value - half, self.value + half, "corrected-resampled-t")

    @property
    def p_value(self) -> float:
        """Two-sided, that the mean is 0; for a difference, of no difference."""
        from scipy.special import stdtr

        if self.variance == 0:
            return 1.0 if self.value == 0 else 0.0
        return float(2 * stdtr(self.df, -abs(self.value) / math.sqrt(self.variance)))


def fold_mean(
    scores: NDArray[np.float64], *, train: float | None = None, test: float | None = None
) -> FoldMean:
    """Mean score over folds, or over random splits.

    Its variance is that of the scores times ``1/J + test/train``, for all J of them: with k folds,
    repeated or not, ``test/train`` is ``1/(k - 1)`` (Bouckaert & Frank 2004, PAKDD, LNAI 3056:3).

    Args:
        scores: shape (k,) for k folds; (r, k) for r repeats of k folds; or shape (J,) for J random
            splits, with their sizes.
        train, test: rows that each score was trained and tested on; both or neither.

    Raises:
        ValueError: fewer than two scores, one that is not finite, or sizes that are not positive.
    """
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim not in (1, 2) or scores.size < 2 or scores.shape[-1] < 2:
        raise ValueError(f"scores of shape {scores.shape} are not those of two folds or more")
    if not np.isfinite(scores).all():
        raise ValueError("a fold's score is not a finite number")
    if (train is None) != (test is None):
        raise ValueError("the sizes of training and test rows go together")
    if train is None or test is None:
        ratio = 1 / (scores.shape[-1] - 1)
    elif train > 0 and test > 0:
        ratio = test / train
    else:
        raise ValueError(f"{train} training and {test} test rows are not positive")
    variance = float(scores.var(ddof=1)) * (1 / scores.size + ratio)
    return FoldMean(float(scores.mean()), variance, scores.size - 1)


def fold_difference(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    *,
    train: float | None = None,
    test: float | None = None,
) -> FoldMean:
    """Mean of ``b - a`` over the same folds: the corrected resampled t test and its interval.

    Arguments as in :func:`fold_mean`; both models were fitted on the same rows of each fold.

    Raises:
        ValueError: shapes differ, or as in :func:`fold_mean`.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"scores of shapes {a.shape} and {b.shape} are not of the same folds")
    return fold_mean(b - a, train=train, test=test)
