"""How far a mean moves if what lacks is not like what is there: delta adjustment.

A pattern-mixture model (Little 1993, JASA 88:125; delta: Rubin 1977, JASA 72:538, and van Buuren
2018, Flexible Imputation of Missing Data, section 3.8): missing values have the mean of those that
are there, moved by ``delta`` of their standard deviations. No data can tell ``delta``; the question
is how large it must be for the answer to change.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from assay.inference.interval import Interval, t_value


class Observed(NamedTuple):
    """What is known: rows, how many lack a value, and moments of the values that are there.

    ``m2``, ``m3``, ``m4`` are sums of powers of deviations from the mean. ``ends`` are the least
    and greatest mean that the missing values can have (0 and 1 for outcomes).
    """

    rows: int
    missing: int
    mean: float
    m2: float
    m3: float
    m4: float
    ends: tuple[float, float] = (-math.inf, math.inf)

    @property
    def share(self) -> float:
        """Share of rows that lack a value."""
        return self.missing / self.rows

    @property
    def spread(self) -> float:
        """Standard deviation of the values that are there (divisor n - 1)."""
        there = self.rows - self.missing
        return math.sqrt(self.m2 / (there - 1)) if there > 1 else 0.0

    def guessed(self, delta: float) -> float:
        """The mean that the missing values are taken to have."""
        return min(max(self.mean + delta * self.spread, self.ends[0]), self.ends[1])

    def adjusted(self, delta: float) -> float:
        """The mean of all rows, if the missing values lie ``delta`` standard deviations off."""
        return self.mean + self.share * (self.guessed(delta) - self.mean)

    def interval(self, delta: float, level: float) -> Interval:
        """Student t interval for :meth:`adjusted`, with ``delta`` taken as given.

        Delta method over the mean, the standard deviation (with skewness and kurtosis) and the
        share that lacks; unbounded with one value.
        """
        there = self.rows - self.missing
        if there < 2:
            return Interval(-math.inf, math.inf, "delta-adjusted-t")
        p, guess = self.share, self.guessed(delta)
        held = guess != self.mean + delta * self.spread  # cut at an end, it moves with nothing
        by_mean = 1 - p if held else 1.0
        by_spread = 0.0 if held else p * delta
        variance = self.spread**2
        error = by_mean**2 * variance / there + (guess - self.mean) ** 2 * p * (1 - p) / self.rows
        if variance > 0 and by_spread:
            of_variance = max(self.m4 / there - (self.m2 / there) ** 2, 0.0) / there
            error += by_spread**2 * of_variance / (4 * variance)
            error += by_mean * by_spread * (self.m3 / there) / there / self.spread
        half = t_value(level, there - 1) * math.sqrt(max(error, 0.0))
        value = self.adjusted(delta)
        low, high = value - half, value + half
        return Interval(max(low, self.ends[0]), min(high, self.ends[1]), "delta-adjusted-t")

    def tipping(self, bound: float) -> float | None:
        """The delta at which the mean of all rows is ``bound``; None where no delta gets there."""
        pull = self.share * self.spread
        if pull == 0:
            return None
        delta = (bound - self.mean) / pull
        reached = self.adjusted(delta)
        return delta if math.isclose(reached, bound, rel_tol=1e-9, abs_tol=1e-12) else None
