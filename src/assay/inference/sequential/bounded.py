"""A confidence sequence for the mean of bounded values: exact, and from their moments alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from assay.inference.interval import Interval
from assay.inference.sequential.means import Summary

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_GREATEST = 0.55
"""Bets above this would make the wealth fall again for means far off: no interval would result."""
_STEPS = 60


def bets(level: float, tuned_for: float) -> NDArray[np.float64]:
    """Shares of the wealth that are bet, from 0.55 down by halves to what ``tuned_for`` rows need.

    The best bet for a distance d is about d / variance; at n rows the distance that is just found
    is ``sqrt(2 variance ln(2 / alpha) / n)``, and the variance is at most 1/4.
    """
    if not (tuned_for > 0 and math.isfinite(tuned_for)):
        raise ValueError(f"the number of rows to tune for must be above 0, not {tuned_for}")
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    least = math.sqrt(8 * math.log(2 / (1 - level)) / tuned_for)
    count = max(1, math.ceil(math.log2(_GREATEST / min(least, _GREATEST))) + 1)
    found: NDArray[np.float64] = _GREATEST * 0.5 ** np.arange(count, dtype=np.float64)
    return found


def log_wealth(
    n: ArrayLike, mean: ArrayLike, variance: ArrayLike, null: ArrayLike, bet: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Logarithm of what betting on a mean above ``null`` has come to: an e-process.

    Each bet b turns one unit into ``prod(1 + b (x - null))``, a martingale if the mean is ``null``
    (Waudby-Smith & Ramdas 2024, J R Stat Soc B 86:1). By the inequality of Fan, Grama & Liu (2015),
    EJP 20:1, ``ln(1 + b y) >= b y + (b + ln(1 - b)) y²`` for y >= -1, so the wealth is at least
    ``exp(b n (mean - null) - (-ln(1 - b) - b) sum((x - null)²))``: a function of the moments. The
    stakes are divided evenly over the bets. It never falls as ``null`` does, below the mean.

    Args:
        n, mean, variance: of values in [0, 1]; the variance with divisor n.
    """
    given = (np.asarray(v, dtype=float)[..., None] for v in (n, mean, variance, null))
    rows, centre, spread, m = given
    distance = centre - m
    exponent = rows * (bet * distance + (bet + np.log1p(-bet)) * (spread + distance**2))
    greatest = exponent.max(axis=-1)
    found: NDArray[np.float64] = greatest + np.log(
        np.exp(exponent - greatest[..., None]).mean(axis=-1)
    )
    return found


def limits(
    n: ArrayLike, mean: ArrayLike, variance: ArrayLike, level: float, *, tuned_for: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper ends for arrays of looks at values in [0, 1]; the variance with divisor n."""
    rows, centre, spread = np.broadcast_arrays(*(np.asarray(v, float) for v in (n, mean, variance)))
    bet, threshold = bets(level, tuned_for), math.log(2 / (1 - level))

    def reach(value: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far below ``value`` a mean is not excluded."""
        excluded, kept = value.copy(), np.zeros(value.shape)
        for _ in range(_STEPS):
            middle = (excluded + kept) / 2
            wealth = log_wealth(rows, value, spread, value - middle, bet)
            rejected = wealth >= threshold
            excluded, kept = np.where(rejected, middle, excluded), np.where(rejected, kept, middle)
        return excluded

    return centre - reach(centre), centre + reach(1 - centre)


def bounded_mean(
    of: Summary, level: float, *, bounds: tuple[float, float], tuned_for: float
) -> Interval:
    """Exact confidence sequence for the mean of values that lie within ``bounds``.

    It holds at every look, for every n and every distribution on the bounds, ties, skew and
    constants included. It adapts to the variance; bounds much wider than the data cost rows.

    Raises:
        ValueError: the bounds are not two finite numbers in order, the moments do not fit them, or
            ``tuned_for`` is not above 0.
    """
    lower, upper = bounds
    width = upper - lower
    if not (width > 0 and math.isfinite(width)):
        raise ValueError(f"the bounds {lower} and {upper} are not finite and in order")
    if of.n < 1 or not (lower <= of.mean <= upper and of.variance >= 0):
        raise ValueError("the moments are not those of values within the bounds")
    centre = (of.mean - lower) / width
    population = of.variance * (of.n - 1) / of.n / width**2
    if population > centre * (1 - centre) * (1 + 1e-9) + 1e-12:
        raise ValueError("the variance is greater than values within the bounds can have")
    low, high = limits(of.n, centre, population, level, tuned_for=tuned_for)
    return Interval(
        min(lower + width * float(low), of.mean),
        max(lower + width * float(high), of.mean),
        "bounded-sequence",
    )
