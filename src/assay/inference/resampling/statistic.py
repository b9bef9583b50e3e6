"""What a statistic is to the bootstrap: a function of the rows' weights, many resamples at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class Statistic(ABC):
    """A statistic of ``n`` weighted rows; with all weights 1 it is the statistic of the sample.

    Attributes:
        n: rows.
        order: shape (n,), the rows' positions in the order in which weights are to be given (a
            statistic of ranks wants them sorted); None where they come as they are.
    """

    n: int
    order: NDArray[np.intp] | None = None

    @abstractmethod
    def values(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        """The statistic in each resample, shape (r,); NaN where a resample has none.

        Args:
            weights: shape (r, n), at least 0: whole numbers of any width (mind their overflow) or
                floats.
        """


class Smooth(Statistic):
    """A statistic that is differentiable in the weights."""

    @abstractmethod
    def influence(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        """Its derivative with respect to each weight, at the given weights; shapes (r, n).

        The weighted sum over the rows of a resample is 0.
        """


class Function(Statistic):
    """Any function from weights (r, n), as floats, to values (r,), as a statistic of n rows."""

    def __init__(
        self, function: Callable[[NDArray[np.float64]], NDArray[np.float64]], n: int
    ) -> None:
        self.n = n
        self._function = function

    def values(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(self._function(weights.astype(np.float64)), dtype=np.float64)


def finite_column(values: Any, name: str) -> NDArray[np.float64]:
    """The values as floats, shape (n,).

    Raises:
        ValueError: another shape, no value, or one that is NaN or infinite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) == 0:
        raise ValueError(f"{name} of shape {array.shape} are no column of numbers")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} hold {int((~np.isfinite(array)).sum())} that are NaN or infinite")
    return array
