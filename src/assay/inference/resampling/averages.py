"""Means of weighted rows: plain, as a ratio, trimmed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.inference.resampling.statistic import Smooth, finite_column

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Mean(Smooth):
    """The weighted mean of a column."""

    def __init__(self, values: ArrayLike) -> None:
        """``values``: shape (n,), finite (ValueError otherwise)."""
        self._x = finite_column(values, "values")
        self.n = len(self._x)

    def values(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        return _divided(weights @ self._x, weights.sum(axis=1))

    def influence(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        total = weights.sum(axis=1)
        return np.asarray((self._x - self.values(weights)[:, None]) / total[:, None])


class Ratio(Smooth):
    """Weighted mean of one column over that of another, such as clicks per view."""

    def __init__(self, numerator: ArrayLike, denominator: ArrayLike) -> None:
        """Both of shape (n,), finite; ValueError otherwise."""
        self._y = finite_column(numerator, "numerators")
        self._x = finite_column(denominator, "denominators")
        if len(self._x) != len(self._y):
            raise ValueError(f"{len(self._y)} numerators for {len(self._x)} denominators")
        self.n = len(self._x)

    def values(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        return _divided(weights @ self._y, weights @ self._x)

    def influence(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        below = weights @ self._x
        return (self._y - self.values(weights)[:, None] * self._x) / below[:, None]


class TrimmedMean(Smooth):
    """The mean without a share of the weight at either end; 1/4 gives the interquartile mean.

    Of a sample it is ``scipy.stats.trim_mean``: ``floor(share * n)`` values are cut at each end.
    In a resample whose weights add up to something else than n, the same part of them is.
    """

    def __init__(self, values: ArrayLike, share: float = 0.25) -> None:
        """``values``: shape (n,), finite; ``0 <= share < 1/2``; ValueError otherwise."""
        if not 0 <= share < 0.5:
            raise ValueError(f"a share of {share} cannot be cut at both ends: below 0.5 it can")
        x = finite_column(values, "values")
        self.n = len(x)
        self.order = np.argsort(x, kind="stable")
        self._x = x[self.order]
        self._cut = math.floor(share * self.n) / self.n

    def values(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        upto = np.cumsum(weights, axis=1, dtype=np.float64)
        total = upto[:, -1:].copy()
        cut = self._cut * total
        np.clip(upto, cut, total - cut, out=upto)
        kept = total - 2 * cut
        # summed by parts: each gap between neighbours counts for the kept weight above it
        excess = (total - cut)[:, 0] * (self._x[-1] - self._x[0]) - upto[:, :-1] @ np.diff(self._x)
        return np.asarray(_divided(excess, kept[:, 0]) + self._x[0])

    def influence(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        """From the winsorised values (Huber 1981, Robust Statistics, 3.3)."""
        upto = np.cumsum(weights, axis=1, dtype=np.float64)
        total = upto[:, -1:]
        cut = self._cut * total
        tiny = 1e-9 * total
        low = self._x[(upto <= cut + tiny).sum(axis=1), None]
        high = self._x[(upto < total - cut - tiny).sum(axis=1), None]
        winsorised = np.clip(self._x, low, high)
        centre = (weights * winsorised).sum(axis=1, keepdims=True) / total
        return np.asarray((winsorised - centre) / (total - 2 * cut))


def _divided(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """The quotient, NaN where there is none."""
    nothing = np.full(len(above), np.nan)
    return np.asarray(np.divide(above, below, out=nothing, where=below != 0))
