"""An interval with its method, and the step from an interval to a measurement."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

from assay.core.measurement import Estimation, Measurement


class Interval(NamedTuple):
    """Lower end, upper end (infinite where unbounded), and the name of the method."""

    low: float
    high: float
    method: str


def z_value(level: float) -> float:
    """Two-sided standard normal quantile of a confidence level: 1.96 for 0.95.

    Raises:
        ValueError: the level is not inside (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    return NormalDist().inv_cdf(0.5 + level / 2)


def t_value(level: float, df: float) -> float:
    """Two-sided Student t quantile of a confidence level with ``df`` degrees of freedom."""
    from scipy.special import stdtrit

    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    return float(stdtrit(df, 0.5 + level / 2))


def logit_interval(value: float, variance: float, level: float, *, method: str) -> Interval:
    """Normal interval on the logit scale for a value inside (0, 1) (delta method)."""
    centre = math.log(value / (1 - value))
    half = z_value(level) * math.sqrt(variance) / (value * (1 - value))
    return Interval(_logistic(centre - half), _logistic(centre + half), method)


def _logistic(x: float) -> float:
    """The inverse of the logit, without overflow."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def measured(
    value: float,
    interval: Interval,
    *,
    n: int,
    how: Estimation,
    unit: str = "",
    key: dict[str, str] | None = None,
) -> Measurement:
    """A measurement from a value and its interval (widened to hold the value, ends made None)."""
    # plain floats: a NumPy scalar counts as one for mypy, and JSON cannot hold it
    low, high = float(min(interval.low, value)), float(max(interval.high, value))
    return Measurement(
        value=float(value),
        low=low if math.isfinite(low) else None,
        high=high if math.isfinite(high) else None,
        level=how.level,
        method=interval.method,
        n=n,
        unit=unit,
        key=key or {},
    )


def census(
    value: float, *, n: int, unit: str = "", key: dict[str, str] | None = None
) -> Measurement:
    """A measurement of these rows as they are: exact, with a zero-width interval."""
    return Measurement(
        value=value, low=value, high=value, level=None, method="census", n=n, unit=unit,
        key=key or {},
    )  # fmt: skip
