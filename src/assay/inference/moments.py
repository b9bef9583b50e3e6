"""Intervals for a standard deviation."""

from __future__ import annotations

import math

from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.inference.interval import Interval, census, measured, z_value


def bonett(variance: float, kurtosis: float, n: int, level: float) -> Interval:
    """Interval for the standard deviation of data that need not be normal.

    Bonett (2006), Computational Statistics & Data Analysis 50:775, on the logarithm of the
    variance, with a standard error from the kurtosis (the moments of the sample about its mean;
    Bonett trims the mean, which one pass cannot).

    Args:
        variance: with divisor n - 1.
        kurtosis: ``n * sum(d**4) / sum(d**2)**2``, 3 for a normal distribution.
    """
    z = z_value(level)
    if n <= z or n < 2 or variance <= 0:
        # Too few values, or all alike: the sample bounds the spread from neither side.
        return Interval(0.0, math.inf, "bonett")
    scale = n / (n - z)
    error = scale * math.sqrt(max(0.0, kurtosis - (n - 3) / n) / (n - 1))
    centre = math.log(scale * variance)
    exponent = (centre + z * error) / 2
    high = math.exp(exponent) if exponent < 700 else math.inf
    return Interval(math.exp((centre - z * error) / 2), high, "bonett")


def standard_deviation(
    m2: float, m4: float, n: int, how: Estimation, *, empty: str = "there are no values"
) -> Estimate:
    """The sample standard deviation (divisor n - 1) with its Bonett interval.

    Args:
        m2, m4: sums of second and fourth powers of deviations from the mean.
        empty: the reason given where n is 0.
    """
    if n == 0:
        return Unmeasured(reason=empty)
    if n == 1:
        return Unmeasured(reason="the spread of a single value is not defined", n=1)
    variance = m2 / (n - 1)
    value = math.sqrt(variance)
    if how.census:
        return census(value, n=n)
    kurtosis = n * m4 / (m2 * m2) if m2 > 0 and m2 * m2 > 0 else 3.0
    return measured(value, bonett(variance, kurtosis, n, how.level), n=n, how=how)
