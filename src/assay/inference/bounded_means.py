"""Intervals for means of values that lie between two bounds, such as scores from 0 to 1."""

from __future__ import annotations

from assay.inference.interval import Interval, t_value, z_value
from assay.inference.proportions import wilson

METHOD = "wilson-effective"


def bounded_mean(
    mean: float, variance: float, n: int, level: float, *, low: float = 0.0, high: float = 1.0
) -> Interval:
    """Score interval for the mean of ``n`` values within [low, high].

    Wilson's interval of as many yes-or-no answers as would be equally uncertain: ``p (1 - p) /
    variance of the mean`` (Dean & Pagano 2015, Journal of Survey Statistics and Methodology 3:484,
    after Korn & Graubard 1998), with the quantile of Student's t. It stays within the bounds, and
    has a width where no value differs from another: they then count as yes-or-no answers, which
    differ most.

    Args:
        variance: of the values, with divisor n - 1.

    Raises:
        ValueError: there is no value, or the mean lies outside the bounds.
    """
    if n < 1 or not low <= mean <= high or low >= high:
        raise ValueError(f"{mean} is no mean of {n} values between {low} and {high}")
    width = high - low
    p = (mean - low) / width
    spread, error = p * (1 - p), variance / width**2 / n
    # Below the rounding error of the mean a variance is none.
    rows = spread / error if error > 1e-24 and spread > 0 else float(n)
    if n > 1:
        rows *= (z_value(level) / t_value(level, n - 1)) ** 2
    rows = max(rows, 1.0)
    found = wilson(p * rows, rows, level)
    return Interval(low + width * found.low, low + width * found.high, METHOD)
