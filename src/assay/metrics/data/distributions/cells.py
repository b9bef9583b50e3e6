"""The cells that two distributions are drawn over: few enough to see, and none cut in two."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from assay.inference.distribution import Distribution
    from assay.metrics.data.distributions.sides import Values

_MOST = 40
_OUTER = np.array([0.005, 0.1, 0.25, 0.75, 0.9, 0.995])
_REACH = 4.0
"""Widths of the middle half beyond which a tail is summed up rather than drawn."""
_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
_TIMES = (
    1.0, 5.0, 15.0, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR,
    _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 28 * _DAY, 91 * _DAY, 182 * _DAY, 365 * _DAY,
)  # fmt: skip
_EXACT = 2.0**53


class Drawn(NamedTuple):
    """Shares of all rows of a side: in each cell, below the first and above the last."""

    inside: list[float]
    beyond: tuple[float, float]


def edges(distributions: Sequence[Distribution], *, temporal: bool) -> NDArray[np.float64]:
    """Where the cells begin, and where the last one ends.

    They reach from the outer half percents of both sides, but not further than four times the width
    of the middle half beyond it: of a heavy tail, the rest is summed up. Whole numbers are not
    cut between two cells, nor hours or days.
    """
    low, high = _ends(distributions)
    if temporal:
        steps = [step for step in _TIMES if (high - low) / step < _MOST - 1]
        if steps:
            return _stepped(low, high, steps[0])
    elif _whole(distributions) and high - low < _EXACT:
        step = max(1, math.ceil((high - low + 1) / _MOST))
        cells = math.ceil((high - low + 1) / step)
        return low - 0.5 + step * np.arange(cells + 1, dtype=np.float64)
    if low == high:
        room = abs(low) * 0.05 or 0.5
        return np.array([low - room, low + room])
    part = np.linspace(0, 1, _MOST + 1)  # in this form, because high - low may overflow
    return low * (1 - part) + high * part


def shares(sides: Values, at: NDArray[np.float64]) -> tuple[Drawn, Drawn]:
    """Shares of both sides in cells that begin at the edges; a cell holds its lower edge."""
    first, second = (
        _drawn(distribution, missing, at)
        for distribution, missing in zip(sides.distributions, sides.missing, strict=True)
    )
    return first, second


def _drawn(distribution: Distribution | None, missing: float, at: NDArray[np.float64]) -> Drawn:
    if distribution is None:
        return Drawn([0.0] * (len(at) - 1), (0.0, 0.0))
    below = distribution.share_before(at)
    below[-1] = distribution.share_upto(at[-1:])[0]
    there = 1 - missing
    inside = np.maximum(np.diff(below), 0.0) * there
    outside = float(below[0]) * there, (1 - float(below[-1])) * there
    return Drawn([round(float(s), 6) for s in inside], (round(outside[0], 6), round(outside[1], 6)))


def _ends(distributions: Sequence[Distribution]) -> tuple[float, float]:
    ends = [_reach(distribution.quantile(_OUTER)) for distribution in distributions]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _reach(at: NDArray[np.float64]) -> tuple[float, float]:
    """From where to where one side is drawn."""
    least, tenth, quarter, three_quarters, nine_tenths, greatest = (float(v) for v in at)
    # A spike may hold the whole middle half: then the next wider part that has a width counts.
    width = (three_quarters - quarter) or (nine_tenths - tenth) or (greatest - least)
    return max(least, quarter - _REACH * width), min(greatest, three_quarters + _REACH * width)


def _stepped(low: float, high: float, step: float) -> NDArray[np.float64]:
    """Multiples of a step that hold both ends."""
    first, last = math.floor(low / step), math.floor(high / step) + 1
    return step * np.arange(first, last + 1, dtype=np.float64)


def _whole(distributions: Sequence[Distribution]) -> bool:
    """Whether all values that are known are whole numbers: then others are not to be expected."""
    return all(
        bool((np.abs(d.knots) < _EXACT).all() and (d.knots == np.rint(d.knots)).all())
        for d in distributions
    )
