"""Means and proportions of a population from samples of its strata.

The strata's sizes in the population are known; the samples need not have their proportions.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from assay.inference.finite_population import finite_factor
from assay.inference.interval import Interval, t_value
from assay.inference.proportions import wilson

if TYPE_CHECKING:
    from collections.abc import Sequence


class Stratum(NamedTuple):
    """A stratum and what was measured in it.

    Attributes:
        size: rows of the population in it; a share will do where no finite correction is wanted.
        n: rows of the sample.
        mean: their mean, or the share of successes.
        variance: their sample variance (divisor n - 1); not used for proportions.
    """

    size: float
    n: int
    mean: float
    variance: float = 0.0


class Stratified(NamedTuple):
    """A mean over strata, its variance, and its effective degrees of freedom."""

    value: float
    variance: float
    df: float

    @property
    def error(self) -> float:
        """The standard error."""
        return math.sqrt(self.variance)

    def interval(self, level: float) -> Interval:
        """Student's t with Satterthwaite's degrees of freedom; no width where all was seen."""
        half = t_value(level, self.df) * self.error if self.variance > 0 else 0.0
        return Interval(self.value - half, self.value + half, "stratified-t")


def stratified_mean(strata: Sequence[Stratum], *, finite: bool = False) -> Stratified:
    """The mean over all strata: Cochran (1977), Sampling Techniques, 5.3 to 5.4.

    ``finite``: the sizes are numbers of rows, and the statement is about these rows alone, so that
    what was sampled is known (finite-population correction).

    Raises:
        ValueError: no strata; sizes that are negative or add up to 0; a stratum with one row (its
            spread is unknown: merge it with another), unless it was seen whole; no spread anywhere.
    """
    shares = _shares(strata)
    parts = []
    for share, stratum in zip(shares, strata, strict=True):
        open_share = _in_doubt(stratum, finite=finite)
        if stratum.n < 2 and open_share > 0:
            raise ValueError("a stratum has one row: its spread is unknown; merge strata")
        parts.append(share**2 * open_share * stratum.variance / stratum.n)
    value = sum(share * s.mean for share, s in zip(shares, strata, strict=True))
    variance = sum(parts)
    if variance > 0:
        spread = sum(p**2 / (s.n - 1) for p, s in zip(parts, strata, strict=True) if p > 0)
        return Stratified(value, variance, variance**2 / spread)
    if any(_in_doubt(s, finite=finite) > 0 for s in strata):
        raise ValueError("the values do not vary within any stratum: there is no standard error")
    return Stratified(value, 0.0, math.inf)


def stratified_proportion(
    strata: Sequence[Stratum], level: float, *, finite: bool = False
) -> tuple[float, Interval]:
    """The proportion over all strata, and its interval from the strata's Wilson intervals (MOVER).

    Zou, Huang & Zhang (2009, Computational Statistics & Data Analysis 53:1080): distances from each
    proportion to its limits are added as standard errors would be. Unlike the normal interval it
    does not collapse where no stratum has a success. ``finite`` as in :func:`stratified_mean`.

    Raises:
        ValueError: no strata, sizes that are negative or add up to 0, an empty stratum, or a
            proportion outside [0, 1].
    """
    value = down = up = 0.0
    for share, stratum in zip(_shares(strata), strata, strict=True):
        if not 0 <= stratum.mean <= 1:
            raise ValueError(f"{stratum.mean} is not a proportion")
        low, high, _ = wilson(stratum.mean * stratum.n, stratum.n, level)
        open_share = _in_doubt(stratum, finite=finite)
        value += share * stratum.mean
        down += share**2 * open_share * (stratum.mean - low) ** 2
        up += share**2 * open_share * (high - stratum.mean) ** 2
    low, high = value - math.sqrt(down), value + math.sqrt(up)
    return value, Interval(max(0.0, low), min(1.0, high), "stratified-wilson")


def _in_doubt(stratum: Stratum, *, finite: bool) -> float:
    """The share of a stratum that a finite correction leaves in doubt; 1 without one."""
    return finite_factor(stratum.n, int(stratum.size)) ** 2 if finite else 1.0


def _shares(strata: Sequence[Stratum]) -> list[float]:
    """Each stratum's share of the population."""
    if not strata:
        raise ValueError("there are no strata")
    for s in strata:
        if s.n < 1:
            raise ValueError("a stratum has no row: nothing is known of it; merge strata")
        if not (math.isfinite(s.mean) and math.isfinite(s.variance) and s.variance >= 0):
            raise ValueError(f"a stratum has a mean of {s.mean} and a variance of {s.variance}")
        if not (math.isfinite(s.size) and s.size >= 0):
            raise ValueError(f"a stratum has a size of {s.size}")
    total = sum(s.size for s in strata)
    if total <= 0:
        raise ValueError("the sizes of the strata add up to 0")
    return [s.size / total for s in strata]
