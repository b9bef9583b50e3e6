"""Scores of a model over weighted rows, each with the influence of every row.

A row's influence is the derivative of the score with respect to its share of the weight: the
weighted mean of influences is 0, and the variance of the score is that of their weighted mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Scored(NamedTuple):
    """A score, and the influence of each row on it, shape (n,)."""

    value: float
    influence: NDArray[np.float64]


def mean_score(values: NDArray[np.float64], weights: NDArray[np.float64]) -> Scored:
    """Weighted mean of values, shape (n,); weights sum to 1."""
    if values.min() == values.max():  # exactly that, whatever the weights round to
        return Scored(float(values[0]), np.zeros(len(values)))
    value = float(weights @ values)
    return Scored(value, values - value)


def root_mean_score(squares: NDArray[np.float64], weights: NDArray[np.float64]) -> Scored:
    """Root of the weighted mean of squares."""
    mean = float(weights @ squares)
    root = float(np.sqrt(mean))
    if root == 0:
        return Scored(0.0, np.zeros(len(squares)))
    return Scored(root, (squares - mean) / (2 * root))


def ratio_score(
    top: NDArray[np.float64], bottom: NDArray[np.float64], weights: NDArray[np.float64]
) -> Scored:
    """Ratio of two weighted sums (precision, recall, F1).

    Raises:
        ValueError: the lower sum is 0.
    """
    below = float(weights @ bottom)
    if below <= 0:
        raise ValueError("no row counts in the denominator")
    value = float(weights @ top) / below
    return Scored(value, (top - value * bottom) / below)


def area_score(
    positive: NDArray[np.float64], score: NDArray[np.float64], weights: NDArray[np.float64]
) -> Scored:
    """Area under the ROC curve of weighted rows, ties counted half.

    The influences are the structural components of DeLong, DeLong & Clarke-Pearson (1988,
    Biometrics 44:837), with weights in the place of counts.

    Args:
        positive: share of the row that is positive, shape (n,): 1 or 0, or a probability. A row
            that is both is compared with itself, as a tie.

    Raises:
        ValueError: a class has no weight.
    """
    _, at = np.unique(score, return_inverse=True)
    own, other = weights * positive, weights * (1 - positive)
    of_class, of_rest = float(own.sum()), float(other.sum())
    if not (of_class > 0 and of_rest > 0):
        raise ValueError("both classes must occur")
    p, q = np.bincount(at, weights=own), np.bincount(at, weights=other)
    below = (np.cumsum(q) - q / 2) / of_rest
    above = (of_class - np.cumsum(p) + p / 2) / of_class
    value = float(p @ below) / of_class
    influence = (
        positive * (below[at] - value) / of_class + (1 - positive) * (above[at] - value) / of_rest
    )
    return Scored(value, influence)
