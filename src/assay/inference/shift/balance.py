"""Weights that make a reference's rows look like the current ones, and what follows for a mean.

The ratio of the two densities is taken to be a product of one factor for each cell of each column:
the model that a logistic regression of the side on the cells fits (Bickel, Brückner & Scheffer
2009, JMLR 10:2137). Here its factors are chosen so that each column's cells have exactly the
current shares: raking (Deming & Stephan 1940, Annals of Mathematical Statistics 11:427; Deville &
Särndal 1992, JASA 87:376), also known as entropy balancing (Hainmueller 2012, Political Analysis
20:25). A weighted mean is then right where the ratio is such a product, or else where the mean of
the values is a sum over columns (Zhao & Percival 2017, Journal of Causal Inference 5).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from assay.inference.shift.cells import Cells

_SWEEPS, _CLOSE, _FAR = 300, 1e-7, 0.01


class Balance(NamedTuple):
    """Weights of the reference's rows.

    Attributes:
        weights: shape (n,), not negative, sum 1.
        cells: the columns that they balance.
    """

    weights: NDArray[np.float64]
    cells: tuple[Cells, ...]

    @property
    def effective(self) -> float:
        """Rows without weights that would tell a mean as well (Kish 1965, section 11.7)."""
        return float(1 / (self.weights @ self.weights))


class Spread(NamedTuple):
    """What rows of both sides add to a weighted score; the sum of squares is its variance."""

    reference: NDArray[np.float64]
    current: NDArray[np.float64]


def balance(cells: Sequence[Cells]) -> Balance:
    """Rake the reference's rows to the current shares of each column's cells.

    Raises:
        ValueError: there is no column, or no weights give these shares.
    """
    if not cells:
        raise ValueError("there is no column to weight by")
    weights = np.full(len(cells[0].reference), 1 / len(cells[0].reference))
    targets = [c.target for c in cells]
    gap = np.inf
    for _ in range(_SWEEPS):
        gap = 0.0
        for column, target in zip(cells, targets, strict=True):
            shares = np.bincount(column.reference, weights=weights, minlength=column.k)
            gap = max(gap, float(np.abs(shares - target).max()))
            ratio = np.divide(target, shares, out=np.zeros(column.k), where=shares > 0)
            weights = weights * ratio[column.reference]
            total = weights.sum()
            if not total > 0:
                raise ValueError("no row of the reference is like the current ones")
            weights /= total
        if gap < _CLOSE or len(cells) == 1:
            return Balance(weights, tuple(cells))
    if gap > _FAR:
        raise ValueError("no weights make the reference look like the current rows")
    return Balance(weights, tuple(cells))


def spread(found: Balance, influence: NDArray[np.float64]) -> Spread:
    """Error of a score over the weighted rows: of the weights, and of the current shares.

    The weights follow from the data, so they take out of the reference's noise what the cells
    explain, and bring in that of the current shares: the linearisation of a calibration estimator
    whose totals are estimated (Deville & Särndal 1992; Dever & Valliant 2010, Survey Methodology
    36:45).

    Args:
        influence: of each row of the reference, weighted mean 0, shape (n,).
    """
    weights, cells = found.weights, found.cells
    beta, rank = _regression(found, influence)
    of_reference = np.zeros(len(weights))
    of_current = np.zeros(len(cells[0].current))
    for column, part in zip(cells, beta, strict=True):
        of_reference += part[column.reference]
        of_current += part[column.current]
    of_current -= of_current.mean()
    rest = weights * (influence - of_reference)
    n = found.effective
    rest *= np.sqrt(n / max(n - rank, 1.0))  # residuals of a fit are too small
    return Spread(rest, of_current / len(of_current))


def _regression(
    found: Balance, influence: NDArray[np.float64]
) -> tuple[list[NDArray[np.float64]], int]:
    """Coefficients of each column's cells, weighted least squares, and the rank."""
    weights, cells = found.weights, found.cells
    starts = np.concatenate([[0], np.cumsum([c.k for c in cells])])
    gram = np.zeros((starts[-1], starts[-1]))
    right = np.zeros(starts[-1])
    moments = weights * influence
    for i, one in enumerate(cells):
        right[starts[i] : starts[i + 1]] = np.bincount(one.reference, moments, minlength=one.k)
        for j, other in enumerate(cells[: i + 1]):
            pair = np.bincount(
                one.reference * other.k + other.reference, weights, minlength=one.k * other.k
            ).reshape(one.k, other.k)
            gram[starts[i] : starts[i + 1], starts[j] : starts[j + 1]] = pair
            gram[starts[j] : starts[j + 1], starts[i] : starts[i + 1]] = pair.T
    beta, _, rank, _ = np.linalg.lstsq(gram, right, rcond=1e-9)
    return [beta[a:b] for a, b in pairwise(starts)], int(rank)
