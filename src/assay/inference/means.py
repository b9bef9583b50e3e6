"""Intervals for a mean."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.inference.interval import Interval, census, measured, t_value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
    ends: tuple[float, float] = (-math.inf, math.inf),
) -> Estimate:
    """A mean with its t interval; ``empty`` is the reason given where n is 0.

    ``ends`` are the least and greatest value the mean can have; the interval is cut there.
    """
    if n == 0:
        return Unmeasured(reason=empty, key=key or {})
    if how.census:
        return census(value, n=n, unit=unit, key=key)
    low, high, method = student_t(value, variance, n, how.level)
    interval = Interval(max(low, ends[0]), min(high, ends[1]), method)
    return measured(value, interval, n=n, how=how, unit=unit, key=key)


def root_mean(mean_square: float, variance: float, n: int, level: float) -> Interval:
    """Interval for the root of a mean of squares, ``variance`` being that of the squares.

    Delta method on the log scale (mean squares are skewed, and their spread grows with their
    size), with a t quantile. Unbounded above, and 0 below, with one value.
    """
    if mean_square <= 0:
        return Interval(0.0, 0.0 if n > 1 else math.inf, "delta-log")
    if n < 2:
        return Interval(0.0, math.inf, "delta-log")
    half = t_value(level, n - 1) * math.sqrt(variance / n) / mean_square / 2
    root = math.sqrt(mean_square)
    return Interval(root * math.exp(-half), root * math.exp(min(half, 700)), "delta-log")


def explained_share(
    target: NDArray[np.float64], error: NDArray[np.float64], level: float
) -> tuple[float, Interval]:
    """R² and its interval from targets (not all equal) and prediction errors, shape (n,) each.

    Delta method for ``ln(1 - R²) = ln mean error² - ln variance of the target``: its influence is
    ``error² / mean error² - deviation² / variance``, so joint spread and heavy tails of both count,
    and no model of the errors is assumed. With a t quantile.
    """
    n = len(target)
    squared, deviation = error**2, (target - target.mean()) ** 2
    missed, varied = float(squared.mean()), float(deviation.mean())
    value = 1 - missed / varied
    if missed == 0:
        return value, Interval(value, value, "delta-log")
    influence = squared / missed - deviation / varied
    half = t_value(level, n - 1) * math.sqrt(float(influence @ influence) / (n * (n - 1)))
    rest = missed / varied
    return value, Interval(
        1 - rest * math.exp(min(half, 700)), 1 - rest * math.exp(-half), "delta-log"
    )
