"""Intervals for a mean."""

from __future__ import annotations

import math

from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.inference.interval import Interval, census, measured, t_value


def student_t(mean: float, variance: float, n: int, level: float) -> Interval:
    """Student's t interval (Student 1908) from a sample variance with divisor n - 1.

    With one value nothing is known about the spread: the interval is unbounded.
    """
    if n < 2:
        return Interval(-math.inf, math.inf, "student-t")
    half = t_value(level, n - 1) * math.sqrt(variance / n)
    return Interval(mean - half, mean + half, "student-t")


def mean(
    value: float,
    variance: float,
    n: int,
    how: Estimation,
    *,
    unit: str = "",
    key: dict[str, str] | None = None,
    empty: str = "there are no values",
) -> Estimate:
    """A mean with its t interval; ``empty`` is the reason given where n is 0."""
    if n == 0:
        return Unmeasured(reason=empty, key=key or {})
    if how.census:
        return census(value, n=n, unit=unit, key=key)
    return measured(
        value, student_t(value, variance, n, how.level), n=n, how=how, unit=unit, key=key
    )
