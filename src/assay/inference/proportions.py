"""Intervals for a proportion."""

from __future__ import annotations

import math

from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.inference.interval import Interval, census, measured, z_value


def wilson(successes: float, n: float, level: float) -> Interval:
    """Score interval without continuity correction (Wilson 1927, JASA 22:209).

    Both may be effective numbers, which are not whole.

    Raises:
        ValueError: ``n < 1`` or successes outside ``0..n``.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} is not a proportion")
    z = z_value(level)
    p = successes / n
    scale = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / scale
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale
    # At 0 and n of n the ends are exactly 0 and 1; rounding must not leave them 1e-17 off.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low, high, "wilson")


def clopper_pearson(successes: int, n: int, level: float) -> Interval:
    """Exact interval from the binomial's tails (Clopper & Pearson 1934, Biometrika 26:404)."""
    from scipy.special import betaincinv

    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} is not a proportion")
    alpha = 1 - level
    low = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, alpha / 2))
    high = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1 - alpha / 2))
    return Interval(low, high, "clopper-pearson")


def proportion(
    successes: int,
    n: int,
    how: Estimation,
    *,
    unit: str = "share",
    key: dict[str, str] | None = None,
    empty: str = "there are no rows",
) -> Estimate:
    """``successes / n`` with its Wilson interval; ``empty`` is the reason given where n is 0."""
    if n == 0:
        return Unmeasured(reason=empty, key=key or {})
    if how.census:
        return census(successes / n, n=n, unit=unit, key=key)
    interval = wilson(successes, n, how.level)
    return measured(successes / n, interval, n=n, how=how, unit=unit, key=key)
