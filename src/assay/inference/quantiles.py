"""Intervals for a quantile, from order statistics; and which of them to ask for in advance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.inference.interval import Interval, z_value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.states import QuantilesState

_FINEST = 5e-4
_STEP = 1.4


def grid(q: float) -> tuple[float, ...]:
    """Probabilities whose order statistics hold an interval for the ``q`` quantile of any sample.

    How far from ``q`` the interval reaches depends on n, which is not known before the scan; so
    distances from ``q`` are asked in a geometric series (ratio 1.4, from 0.0005), and the interval
    is rounded outward to the next: at most 40 % wider on either side up to some 10 million rows.
    """
    points = {0.0, q, 1.0}
    distance = _FINEST
    while distance < 1:
        points.update(p for p in (q - distance, q + distance) if 0 < p < 1)
        distance *= _STEP
    return tuple(sorted(points))


def ranks(n: int, q: float, level: float) -> tuple[int, int]:
    """Ranks (from 1) of the order statistics that hold the ``q`` quantile with at least ``level``.

    Exact and free of assumptions: the number of values at or below the quantile is binomial
    (Conover 1999, Practical Nonparametric Statistics, 3.2). A lower rank of 0, or an upper one of
    n + 1, means that no order statistic bounds it on that side.
    """
    from scipy.special import bdtr

    tail = (1 - level) / 2
    reach = (z_value(level) + 4) * math.sqrt(n * q * (1 - q)) + 4

    def below(k: int) -> float:
        """P(B <= k) for B binomial(n, q)."""
        return 0.0 if k < 0 else 1.0 if k >= n else float(bdtr(k, n, q))

    def least(probability: float) -> int:
        """Smallest k with P(B <= k) above the probability."""
        low, high = max(-1, math.floor(n * q - reach)), min(n, math.ceil(n * q + reach))
        while high - low > 1:
            middle = (low + high) // 2
            if below(middle) > probability:
                high = middle
            else:
                low = middle
        return high

    # Lower rank l: P(B <= l - 1) <= tail. Upper rank u: P(B >= u) <= tail.
    lower = least(tail) if below(0) <= tail else 0
    upper = least(1 - tail) + 1
    return lower, min(upper, n + 1)


def order_statistics(state: QuantilesState, q: float, level: float) -> Interval:
    """Interval for the ``q`` quantile from a state folded over :func:`grid` of ``q``.

    Rounded outward to the ranks that were asked for; a sketch's ranks are widened by its error.
    """
    low, high = between_ranks(state, q, *ranks(state.n, q, level))
    return Interval(low, high, "order-statistics")


def between_ranks(state: QuantilesState, q: float, lower: int, upper: int) -> tuple[float, float]:
    """The order statistics at these ranks (as :func:`ranks` gives them), rounded outward.

    From a state folded over :func:`grid` of ``q``; infinite where no order statistic bounds it.
    """
    n, slack = state.n, state.rank_error
    points = grid(q)
    low, high = -math.inf, math.inf
    # The value at p is the order statistic of rank ceil(p n), or the next where rounding pushes a
    # whole p n up: outward means rank <= lower.
    inside = [p for p in points if math.ceil((p + slack) * n + 1e-9) <= lower]
    if lower >= 1 and inside:
        low = state.value(max(inside))
    outside = [p for p in points if (p - slack) * n > upper - 1 + 1e-9]
    if upper <= n and outside:
        high = state.value(min(outside))
    return low, high


def sample_quantile(ascending: NDArray[np.float64], q: float) -> float:
    """The smallest value that at least a share ``q`` of the values do not exceed.

    Hyndman & Fan 1996, The American Statistician 50:361, type 1: always a value that occurred.
    """
    # Rounding in q n must not push an exact rank up: 0.95 * 200 is 190, not 190.00000000000003.
    return float(ascending[max(math.ceil(q * len(ascending) - 1e-9), 1) - 1])


def between_values(
    ascending: NDArray[np.float64], q: float, level: float, *, least: float = -math.inf
) -> Interval:
    """Interval for the ``q`` quantile between two of the values, which are independent.

    Args:
        ascending: the values, shape (n,), n at least 1.
        least: where no value bounds it below.
    """
    n = len(ascending)
    lower, upper = ranks(n, q, level)
    low = float(ascending[lower - 1]) if lower >= 1 else least
    high = float(ascending[upper - 1]) if upper <= n else math.inf
    return Interval(low, high, "order-statistics")
