"""Any estimate at all: from the width of its interval at some n to the n that decides.

Standard errors shrink with the square root of n, whatever the metric, once n is large enough for
its interval to be right at all. So a pilot's interval tells what n rows would give. It is an
extrapolation; where a design has a formula of its own, that is better.
"""

from __future__ import annotations

import math

from assay.inference.interval import z_value
from assay.inference.power.rates import Rates, normal_power, positive


def standard_error(half_width: float, level: float) -> float:
    """The standard error that a normal interval of this half-width at this level stands for.

    Raises:
        ValueError: the half-width is negative or not finite.
    """
    if not (math.isfinite(half_width) and half_width >= 0):
        raise ValueError(f"a half-width must be finite and not negative, not {half_width}")
    return half_width / z_value(level)


def needed(effect: float, error: float, n: float, rates: Rates) -> float:
    """Rows at which an estimate clears a bound ``effect`` away.

    Args:
        error: its standard error over ``n`` rows of a pilot.

    Raises:
        ValueError: the effect is 0, or the pilot has no rows.
    """
    if effect == 0 or not math.isfinite(effect):
        raise ValueError(f"the effect must be finite and not 0, not {effect}")
    positive(n, "n")
    return n * ((rates.z_alpha + rates.z_power) * error / effect) ** 2


def power(effect: float, error: float, n: float, rows: float, rates: Rates) -> float:
    """Probability that the interval of ``rows`` rows clears the bound; see :func:`needed`."""
    at_rows = error * math.sqrt(positive(n, "n") / positive(rows, "rows"))
    return normal_power(effect, at_rows, at_rows, rates)


def detectable(error: float, n: float, rows: float, rates: Rates) -> float:
    """The least distance from the bound that ``rows`` rows decide."""
    shrunk = error * math.sqrt(positive(n, "n") / positive(rows, "rows"))
    return (rates.z_alpha + rates.z_power) * shrunk
