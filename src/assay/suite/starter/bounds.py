"""Bounds that a person would write: round figures, always to the side that leaves more room."""

from __future__ import annotations

import math

from assay.inference.proportions import wilson

LEVEL = 0.999999
"""Level of the interval whose lower end a share of rows is required to reach.

Its half-width is 4.9 standard errors. A second sample of the same size differs from the first by
1.4 of them, so it falls below about once in four thousand times.
"""
REACH = 3.0
"""How many half-widths of its 95 % interval a model's bound lies from its value: the second sample
is judged by an interval too, and that one must clear the bound."""

_TINY, _HUGE = 1e-290, 1e290
_STEPS = (1, 2, 3, 5, 10)


def share_bound(good: int, n: int) -> float:
    """The share of rows to require where ``good`` of ``n`` were seen; 0 where nothing can be."""
    return share_below(wilson(good, n, LEVEL).low)


def share_below(share: float) -> float:
    """A share at or below this one; what it lacks to 1 is 1, 2, 3 or 5 of some power of ten.

    ``0.9896`` gives 0.98, ``0.99993`` gives 0.9999, ``0.42`` gives 0.4.
    """
    lacks = 1 - share
    if lacks <= 0:
        return 1.0
    if lacks > 0.1:
        return max(0, math.floor(share * 20 + 1e-9)) / 20
    power = math.floor(math.log10(lacks))
    step = next(s for s in _STEPS if s * 10.0**power >= lacks * (1 - 1e-9))
    return round(1 - step * 10.0**power, -power)


def below(value: float) -> float:
    """The number of two significant digits at or below the value."""
    return -above(-value)


def above(value: float) -> float:
    """The number of two significant digits at or above the value."""
    if not _TINY < abs(value) < _HUGE:
        return value
    power = math.floor(math.log10(abs(value))) - 1
    return multiple(math.ceil(scaled(value, power) - 1e-9), power)


def padded(least: float, greatest: float, room: float = 0.1) -> tuple[float, float] | None:
    """The range seen and about a tenth of it on each side, cut at natural limits; None for a point.

    ``room`` is another share than a tenth.

    What was never negative stays so, what was never positive likewise, and a share stays below 1.
    """
    span = greatest - least
    if not (_TINY < span < _HUGE and abs(least) < _HUGE and abs(greatest) < _HUGE):
        return None
    power = math.floor(math.log10(span / 10))
    lower = multiple(math.floor(scaled(least - room * span, power)), power)
    upper = multiple(math.ceil(scaled(greatest + room * span, power)), power)
    if least >= 0 > lower:
        lower = 0.0
    if greatest <= 0 < upper:
        upper = 0.0
    if least >= 0 and 0.5 < greatest <= 1 < upper:
        upper = 1.0
    # beside its distance from 0 the range may be too narrow for a double to widen it
    return (lower, upper) if lower <= least and greatest <= upper else None


def scaled(value: float, power: int) -> float:
    """``value / 10**power``, exact where the power of ten is."""
    return value / 10.0**power if power >= 0 else value * 10.0**-power


def multiple(count: int, power: int) -> float:
    """``count * 10**power`` as the nearest double, so that it prints as it is meant."""
    return float(f"{count}e{power}")


def plain(value: float) -> int | float:
    """Whole numbers without a point."""
    return int(value) if value == int(value) and abs(value) < 1e15 else value
