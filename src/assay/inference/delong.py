"""The area under the ROC curve, with the variance of DeLong, DeLong & Clarke-Pearson (1988).

The structural components are computed from midranks in O(n log n), after Sun & Xu (2014, IEEE
Signal Processing Letters 21:1389): here from one sort, by groups of tied scores.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from assay.inference.interval import Interval, logit_interval, z_value
from assay.inference.ranks import Ranked

if TYPE_CHECKING:
    from assay.inference.ranks import Ranking

SMALL = 10
"""Rows of the rarer class below which DeLong's variance is not used."""


def area(ranking: Ranking) -> Ranked:
    """Share of (positive, negative) pairs in the right order, ties counted half.

    Both classes must occur. The sum of squared influences is DeLong's unbiased variance (divisors
    m - 1 and n - 1); for a class with one row its part is taken as 0.
    """
    m, n = ranking.n_positive, ranking.n_negative
    p, q = ranking.positives, ranking.negatives
    below = (q.cumsum() - q / 2) / n  # of a positive: share of negatives that it beats
    above = (ranking.above(p) - p / 2) / m  # of a negative: share of positives that beat it
    value = float(p @ below) / m
    return Ranked(
        value,
        (below - value) / math.sqrt(m * max(m - 1, 1)),
        (above - value) / math.sqrt(n * max(n - 1, 1)),
    )


def area_interval(ranked: Ranked, ranking: Ranking, level: float) -> Interval:
    """Interval for an area.

    From DeLong's variance on the logit scale (Pepe 2003, section 5.2.4), which respects 0 and 1 and
    covers better near them. Where that variance says little (an area of 0 or 1, a class with fewer
    than ten rows: it then covers 90 % instead of 95), the score interval of Newcombe.
    """
    m, n, variance = ranking.n_positive, ranking.n_negative, ranked.variance(ranking)
    if min(m, n) < SMALL or not 0 < ranked.value < 1 or variance <= 0:
        return newcombe_area(ranked.value, m, n, level)
    return logit_interval(ranked.value, variance, level, method="delong-logit")


def newcombe_area(value: float, m: int, n: int, level: float) -> Interval:
    """Score interval for an area from the class sizes alone: method 5 of Newcombe (2006).

    Statistics in Medicine 25:559. All areas ``a`` with ``|a - value| <= z sqrt(V(a))``, where V is
    the variance of Hanley & McNeil (1982) made symmetric in the two classes.
    """
    z = z_value(level)
    extra = max((m + n) / 2 - 1, 0.0)

    def gap(a: float) -> float:
        spread = a * (1 - a) * (1 + extra * ((1 - a) / (2 - a) + a / (1 + a))) / (m * n)
        return abs(a - value) - z * math.sqrt(spread)

    def end(outer: float) -> float:
        """Bisect between ``outer`` (outside the interval) and the value (inside)."""
        inner = value
        for _ in range(60):
            middle = (outer + inner) / 2
            outer, inner = (middle, inner) if gap(middle) > 0 else (outer, middle)
        return inner

    low = 0.0 if value <= 0 else end(0.0)
    high = 1.0 if value >= 1 else end(1.0)
    return Interval(float(np.clip(low, 0, 1)), float(np.clip(high, 0, 1)), "newcombe")
