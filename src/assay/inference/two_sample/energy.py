"""The energy coefficient: how far two tables of numbers lie apart, from 0 (alike) to 1.

Szekely & Rizzo (2013, Journal of Statistical Planning and Inference 143:1249). With X and X' rows
of one table, Y and Y' of the other, and distances between rows,

    H = (2 E|X - Y| - E|X - X'| - E|Y - Y'|) / (2 E|X - Y|)

is 0 only if both have the same distribution. Its square root grows in proportion to a small shift:
for two normal columns it is half their distance in standard deviations.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.interval import Interval, z_value
from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST = 5
"""Rows of a table below which nothing is said."""

_CHUNK = 1_000


class Energy(NamedTuple):
    """The coefficient without bias (it may lie below 0 by chance), its variance, rows of both."""

    coefficient: float
    variance: float
    n: int
    m: int

    @property
    def value(self) -> float:
        """The square root of the coefficient, 0 where that is below."""
        return math.sqrt(max(self.coefficient, 0.0))

    def interval(self, level: float) -> Interval:
        """Of the square root: normal for the coefficient, cut at 0 and 1.

        Where every row of a table is like all others of it, the variance is 0 and says nothing;
        then a share of rows that would have shown itself with this level's probability may be
        those of the other table.
        """
        if self.variance <= 0:
            other = 1 - ((1 - level) / 2) ** (1 / min(self.n, self.m))
            mixed = 2 * other * (1 - other)
            low = max(1 - mixed / (1 - mixed), 0.0) if other < 0.5 else 0.0
            return Interval(math.sqrt(low), self.value, "rule-of-three")
        half = z_value(level) * math.sqrt(self.variance)
        low, high = (min(max(self.coefficient + s * half, 0.0), 1.0) for s in (-1, 1))
        return Interval(math.sqrt(low), math.sqrt(high), "hoeffding")


def energy(one: NDArray[np.float64], two: NDArray[np.float64]) -> Energy:
    """The energy coefficient of two tables.

    Distances between different rows only, so it has no bias (a U-statistic). The variance is
    Hoeffding's (1948, Annals of Mathematical Statistics 19:293) in both orders: what each row adds
    to it, which vanishes where the tables are alike, and twice the mean square of the centred
    distances times ``(1/n + 1/m)^2``, which is then all there is.

    Args:
        one, two: shapes (n, k) and (m, k), finite; columns on scales that may be compared.

    Raises:
        Undefined: fewer than five rows, or all rows of both are the same.
        ValueError: shapes do not fit, or a value is not finite.
    """
    if one.ndim != 2 or two.ndim != 2 or one.shape[1] != two.shape[1]:
        raise ValueError(f"tables of shapes {one.shape} and {two.shape} do not fit")
    if not (np.isfinite(one).all() and np.isfinite(two).all()):
        raise ValueError("a value is not a finite number")
    n, m = len(one), len(two)
    if min(n, m) < LEAST:
        raise Undefined(f"one of the tables has fewer than {LEAST} rows: {min(n, m)}")
    to_two, to_one = _means(one, two), _means(two, one)
    within_one, within_two = _means(one, one) * n / (n - 1), _means(two, two) * m / (m - 1)
    across, inside = to_two.mean(), within_one.mean() + within_two.mean()
    if across <= 0:
        raise Undefined("all rows of both tables are the same")
    # of 1 - inside / (2 across), by the delta method
    slope = inside / (2 * across**2)
    first = slope * (to_two - across) - (within_one - within_one.mean()) / across
    second = slope * (to_one - across) - (within_two - within_two.mean()) / across
    spread = (_centred(one, within_one) * n + _centred(two, within_two) * m) / (n + m)
    variance = (
        float(first @ first) / (n * (n - 1))
        + float(second @ second) / (m * (m - 1))
        + 2 * spread * (1 / n + 1 / m) ** 2 / (2 * across) ** 2
    )
    return Energy(float(1 - inside / (2 * across)), float(variance), n, m)


def _means(rows: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean distance of each row to the others, shape (n,)."""
    from scipy.spatial.distance import cdist

    parts = [cdist(rows[i : i + _CHUNK], others) for i in range(0, len(rows), _CHUNK)]
    return np.concatenate([part.mean(axis=1) for part in parts])


def _centred(rows: NDArray[np.float64], means: NDArray[np.float64]) -> float:
    """Mean square of the distances between different rows, less what both rows add by themselves.

    Of a thousand rows at most, which tells a variance well enough.
    """
    from scipy.spatial.distance import cdist

    some, own = rows[:_CHUNK], means[:_CHUNK]
    left = cdist(some, some) - own[:, None] - own[None, :] + means.mean()
    np.fill_diagonal(left, 0.0)
    return float(np.square(left).sum()) / (len(some) * (len(some) - 1))


def energy_alone(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """The square root of the coefficient of one column, shapes (n,) and (m,): with chance in it.

    From the distribution functions: ``E|X - Y|`` is the integral of ``F(1 - G) + G(1 - F)``.
    """
    at = np.sort(np.concatenate([one, two]))
    steps = np.diff(at)
    f, g = (np.searchsorted(np.sort(side), at[:-1], "right") / len(side) for side in (one, two))
    across = float(steps @ (f * (1 - g) + g * (1 - f)))
    return math.sqrt(float(steps @ (f - g) ** 2) / across) if across > 0 else 0.0
