"""A quantile of weighted rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from assay.inference.resampling.statistic import Statistic, finite_column

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Quantile(Statistic):
    """The smallest value with at least a share q of the weight at or below it.

    Of a sample it is type 1 of Hyndman & Fan (1996, The American Statistician 50:361). It is a step
    function of the weights, so there is no bootstrap-t for it; the interval from order statistics
    (``inference.quantiles``) needs no resampling and is exact.
    """

    def __init__(self, values: ArrayLike, q: float) -> None:
        """``values``: shape (n,), finite; ``0 <= q <= 1``; ValueError otherwise."""
        if not 0 <= q <= 1:
            raise ValueError(f"q is a probability from 0 to 1, not {q}")
        x = finite_column(values, "values")
        self.n = len(x)
        self.order = np.argsort(x, kind="stable")
        self._x = x[self.order]
        self._q = q

    def values(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        upto = np.cumsum(weights, axis=1, dtype=np.float64)
        total = upto[:, -1:]
        # rounding must not push a whole q * n up to the next value; no weight, no value
        below = (upto < self._q * total - 1e-9 * total) | (upto <= 0)
        at = below.sum(axis=1)
        return np.where(at < self.n, self._x[np.minimum(at, self.n - 1)], np.nan)
