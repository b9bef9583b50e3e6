"""The area under the ROC curve, with the variance of DeLong, DeLong & Clarke-Pearson (1988).

The structural components are computed from midranks in O(n log n), after Sun & Xu (2014, IEEE
Signal Processing Letters 21:1389): here from one sort, by groups of tied scores.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.interval import Interval, logit_interval, z_value
from assay.inference.ranks import Ranked, rank

if TYPE_CHECKING:
    from numpy.typing import NDArray

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


class AreaDifference(NamedTuple):
    """Areas ``a`` and ``b`` over the same rows, the variance of ``b - a``, rows of both classes."""

    a: float
    b: float
    variance: float
    n_positive: int
    n_negative: int

    @property
    def value(self) -> float:
        """The difference ``b - a``."""
        return self.b - self.a

    def interval(self, level: float) -> Interval:
        """Normal interval, cut at -1 and 1.

        Where the variance is 0 (both scores rank all rows alike, or without a fault) it says
        nothing; then the areas' score intervals are put together as if they were independent
        (MOVER, Zou & Donner 2008, Statistics in Medicine 27:1693), which is wider than need be.
        """
        down, up, method = self._arms(level)
        return Interval(max(self.value - down, -1.0), min(self.value + up, 1.0), method)

    @property
    def p_value(self) -> float:
        """Two-sided, of no difference."""
        if self.value == 0:
            return 1.0
        down, up, _ = self._arms(0.95)
        arm = (down if self.value > 0 else up) / z_value(0.95)
        return math.erfc(abs(self.value) / arm / math.sqrt(2))

    def _arms(self, level: float) -> tuple[float, float, str]:
        """How far the interval reaches below and above the difference."""
        if self.variance > 0:
            half = z_value(level) * math.sqrt(self.variance)
            return half, half, "delong-paired"
        a, b = (
            newcombe_area(area, self.n_positive, self.n_negative, level)
            for area in (self.a, self.b)
        )
        return (
            math.hypot(self.b - b.low, a.high - self.a),
            math.hypot(b.high - self.b, self.a - a.low),
            "newcombe-mover",
        )


def area_difference(
    positive: NDArray[np.bool_], a: NDArray[np.float64], b: NDArray[np.float64]
) -> AreaDifference:
    """Difference of the areas under two correlated ROC curves, in O(n log n).

    DeLong, DeLong & Clarke-Pearson (1988, Biometrics 44:837): what each row adds to both areas is
    subtracted before it is squared, so what the two scores share cancels.

    Args:
        positive, a, b: class and both scores of the same rows, shape (n,) each.

    Raises:
        ValueError: lengths differ, a score is not finite, or a class does not occur.
    """
    if not len(positive) == len(a) == len(b):
        raise ValueError("classes and scores differ in length")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("a score is not a finite number")
    m = int(positive.sum())
    if not 0 < m < len(positive):
        raise ValueError("both classes must occur")
    rankings = rank(positive, a), rank(positive, b)
    found = [area(ranking) for ranking in rankings]
    of_a, of_b = (
        ranking.per_row(positive, one.for_positives, one.for_negatives)
        for ranking, one in zip(rankings, found, strict=True)
    )
    variance = float(np.square(of_b - of_a).sum())
    return AreaDifference(found[0].value, found[1].value, variance, m, len(positive) - m)
