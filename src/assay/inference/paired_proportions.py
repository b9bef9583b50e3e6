"""How far two proportions of the same units are apart.

Newcombe's method 10 is what the rest of the package uses: it keeps its level with few discordant
units and near 0 and 1, and stays inside [-1, 1]. Bonett & Price's interval is simpler and as good
where there are many; it can reach beyond [-1, 1] and is cut there.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from assay.inference.interval import Interval, z_value
from assay.inference.mcnemar import mcnemar_mid_p
from assay.inference.proportions import wilson


class Pairs(NamedTuple):
    """Units by two outcomes: both occurred, only the first, only the second, neither."""

    both: int
    only_a: int
    only_b: int
    neither: int

    @property
    def n(self) -> int:
        """Units."""
        return sum(self)

    @property
    def difference(self) -> float:
        """Share of ``b`` less share of ``a``."""
        return (self.only_b - self.only_a) / self.n

    @property
    def p_value(self) -> float:
        """Of no difference: McNemar's mid-p."""
        return mcnemar_mid_p(self.only_a, self.only_b)


def newcombe_paired(pairs: Pairs, level: float) -> Interval:
    """Interval for the share of ``b`` less that of ``a``: method 10 of Newcombe (1998).

    Statistics in Medicine 17:2635. Both Wilson intervals, squared and added, less what they share
    by the outcomes' correlation. Where that is positive it is taken with a continuity correction,
    which keeps the interval from becoming too short.

    Raises:
        ValueError: a count is negative, or there is no unit.
    """
    n = _units(pairs)
    in_a, in_b = pairs.both + pairs.only_a, pairs.both + pairs.only_b
    a, b = wilson(in_a, n, level), wilson(in_b, n, level)
    a_down, a_up = in_a / n - a.low, a.high - in_a / n
    b_down, b_up = in_b / n - b.low, b.high - in_b / n
    shared = 2 * _correlation(pairs)
    below = b_down**2 - shared * b_down * a_up + a_up**2
    above = b_up**2 - shared * b_up * a_down + a_down**2
    value = pairs.difference
    return Interval(
        max(value - math.sqrt(max(below, 0.0)), -1.0),
        min(value + math.sqrt(max(above, 0.0)), 1.0),
        "newcombe-paired",
    )


def _correlation(pairs: Pairs) -> float:
    """Of both outcomes, corrected; 0 where one of them occurs always or never."""
    both, only_a, only_b, neither = pairs
    margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    if margins == 0:
        return 0.0
    determinant = float(both * neither - only_a * only_b)
    if determinant > 0:
        determinant = max(determinant - pairs.n / 2, 0.0)
    return determinant / math.sqrt(margins)


def bonett_price(pairs: Pairs, level: float) -> Interval:
    """Wald interval with one unit added to each discordant cell: Bonett & Price (2012).

    Journal of Educational and Behavioral Statistics 37:479.

    Raises:
        ValueError: a count is negative, or there is no unit.
    """
    n = _units(pairs) + 2
    only_a, only_b = (pairs.only_a + 1) / n, (pairs.only_b + 1) / n
    value = only_b - only_a
    half = z_value(level) * math.sqrt((only_a + only_b - value**2) / n)
    return Interval(max(value - half, -1.0), min(value + half, 1.0), "bonett-price")


def _units(pairs: Pairs) -> int:
    if min(pairs) < 0 or pairs.n == 0:
        raise ValueError(f"{tuple(pairs)} are no counts of units")
    return pairs.n
