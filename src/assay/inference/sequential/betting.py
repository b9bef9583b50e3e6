"""Betting on bounded values in their order: an exact confidence sequence that is sharp with few.

The hedged capital process of Waudby-Smith & Ramdas (2024), "Estimating means of bounded random
variables by betting", J R Stat Soc B 86:1, section 4.4. Against each candidate mean m two
gamblers bet a share of their wealth that was fixed before the value was seen, one on means above
m, one on means below. If m is the mean, neither grows rich; the means that still stand are the
interval. Unlike the rest of this package it needs the values, not their moments.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_MOST = 0.5
"""No gambler stakes more than this share of what a value may cost: truncation c of the paper."""
_STEPS = 50


class Path(NamedTuple):
    """Interval at each look: ends of shape (looks,)."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def stakes(values: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Predictable plug-in bets for values in [0, 1] along the last axis; each sees those before it.

    ``sqrt(2 ln(2 / alpha) / (variance so far · t ln(1 + t)))``, the mean and variance regularised
    by one pseudo-value (1/2 and 1/4): section 4.2 of the paper.
    """
    t = np.arange(1, values.shape[-1] + 1)
    centre = (0.5 + np.cumsum(values, axis=-1)) / (t + 1)
    spread = (0.25 + np.cumsum((values - centre) ** 2, axis=-1)) / (t + 1)
    before = np.concatenate([np.full((*values.shape[:-1], 1), 0.25), spread[..., :-1]], axis=-1)
    found: NDArray[np.float64] = np.sqrt(2 * math.log(2 / (1 - level)) / (before * t * np.log1p(t)))
    return found


def log_capital(
    values: NDArray[np.float64], null: float, level: float, *, cumulative: bool = True
) -> NDArray[np.float64]:
    """Logarithm of the hedged capital against the mean ``null``, of values in [0, 1].

    Half the wealth is with each gambler, and the greater half counts (``max`` in the paper, which
    makes the means that stand an interval). It ever exceeds ``ln(1 / alpha)`` with a probability of
    at most alpha while ``null`` is the mean of each value given those before.

    Args:
        values: shape (..., n), in their order.
        cumulative: after each value, shape (..., n); else after all, shape (...).
    """
    bet = stakes(values, level)
    up = _wealth(values, bet, null, cumulative=cumulative)
    down = _wealth(1 - values, bet, 1 - null, cumulative=cumulative)
    found: NDArray[np.float64] = np.maximum(up, down) - math.log(2)
    return found


def _wealth(
    values: NDArray[np.float64], bet: NDArray[np.float64], null: float, *, cumulative: bool = False
) -> NDArray[np.float64]:
    """Logarithm of what betting on a mean above ``null`` came to; it falls as ``null`` grows."""
    share = np.minimum(bet, _MOST / null) if null > 0 else bet
    gains = np.log1p(share * (values - null))
    found: NDArray[np.float64] = (np.cumsum if cumulative else np.sum)(gains, axis=-1)
    return found


def betting(
    values: NDArray[np.float64],
    level: float,
    *,
    bounds: tuple[float, float],
    looks: Sequence[int] | None = None,
    intersect: bool = False,
) -> Path:
    """Exact confidence sequence for the mean of bounded values, at the looks.

    Takes about ``100 n`` logarithms a look: for millions of values, or many looks, take
    :func:`~assay.inference.sequential.bounded.bounded_mean`, which needs the moments alone.

    Args:
        values: shape (n,), in the order in which they came.
        bounds: least and greatest value that there can be.
        looks: after how many values; None looks once, after all.
        intersect: at each look, what all looks so far leave. Shorter, and as valid while the mean
            stays where it is. Where no mean is left, both ends are the point between.

    Raises:
        ValueError: no values, a value that is outside the bounds or not finite, or looks that do
            not increase within 1..n.
    """
    unit, (lower, width) = _unit(values, bounds)
    at = [len(unit)] if looks is None else list(looks)
    if not at or at[0] < 1 or at[-1] > len(unit) or any(np.diff(at) <= 0):
        raise ValueError(f"the looks must increase within 1 and {len(unit)}")
    bet, threshold = stakes(unit, level), math.log(2 / (1 - level))
    low = np.array([_lower(unit[:n], bet[:n], threshold) for n in at])
    high = np.array([1 - _lower(1 - unit[:n], bet[:n], threshold) for n in at])
    if intersect:
        low, high = np.maximum.accumulate(low), np.minimum.accumulate(high)
    between = (low + high) / 2
    low, high = np.minimum(low, between), np.maximum(high, between)
    return Path(lower + width * low, lower + width * high)


def _unit(
    values: NDArray[np.float64], bounds: tuple[float, float]
) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """The values brought to [0, 1], and what brings them back."""
    lower, upper = bounds
    width = upper - lower
    if not (width > 0 and math.isfinite(width)):
        raise ValueError(f"the bounds {lower} and {upper} are not finite and in order")
    x = np.asarray(values, dtype=float)
    if x.ndim != 1 or not x.size:
        raise ValueError("a mean needs at least one value")
    if not np.all((x >= lower) & (x <= upper)):
        raise ValueError("there is a value outside the bounds, or one that is not a number")
    return (x - lower) / width, (lower, width)


def _lower(values: NDArray[np.float64], bet: NDArray[np.float64], threshold: float) -> float:
    """The least mean that is not excluded by who bets on a greater one."""
    excluded, stands = 0.0, 1.0
    if float(_wealth(values, bet, 0.0)) < threshold:
        return 0.0
    for _ in range(_STEPS):
        middle = (excluded + stands) / 2
        if float(_wealth(values, bet, middle)) >= threshold:
            excluded = middle
        else:
            stands = middle
    return excluded
