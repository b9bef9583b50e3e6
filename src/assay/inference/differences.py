"""How far apart proportions of independent groups are: differences and ratios, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.interval import Interval
from assay.inference.proportions import wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Share(NamedTuple):
    """``successes`` of ``n >= 1``."""

    successes: int
    n: int


class _Groups(NamedTuple):
    """Proportions of k groups and their Wilson limits, each of shape (k,)."""

    p: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def _groups(shares: Sequence[Share], level: float) -> _Groups:
    limits = np.array([wilson(s.successes, s.n, level)[:2] for s in shares])
    p = np.array([s.successes / s.n for s in shares])
    return _Groups(p, limits[:, 0], limits[:, 1])


def newcombe(a: Share, b: Share, level: float) -> Interval:
    """Hybrid score interval for ``a - b``: method 10 of Newcombe (1998, Stat. Med. 17:873)."""
    low, high = _differences(_groups((a, b), level))
    return Interval(float(low[0, 1]), float(high[0, 1]), "newcombe")


def mover_ratio(a: Share, b: Share, level: float) -> Interval:
    """Interval for ``a / b`` from both Wilson intervals: MOVER-R (Donner & Zou 2012, SMMR 21:347).

    The upper end is infinite where ``b`` has no successes.
    """
    low, high = _ratios(_groups((a, b), level))
    return Interval(float(low[0, 1]), float(high[0, 1]), "mover-ratio")


def _differences(g: _Groups) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Limits of ``p_i - p_j`` for every ordered pair, shape (k, k)."""
    difference = g.p[:, None] - g.p[None, :]
    down, up = g.p - g.low, g.high - g.p
    return (
        difference - np.hypot(down[:, None], up[None, :]),
        difference + np.hypot(up[:, None], down[None, :]),
    )


def _ratios(g: _Groups) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Limits of ``p_i / p_j`` for every ordered pair, shape (k, k).

    Donner & Zou's equation 9 with its lower end multiplied by the conjugate, so that neither end
    divides by ``u (2 p - u)``, which is 0 or negative for rare outcomes.
    """
    product = g.p[:, None] * g.p[None, :]
    falling, rising = g.low * (2 * g.p - g.low), g.high * (2 * g.p - g.high)
    square = product**2

    def root(
        numerator: NDArray[np.float64], denominator: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        return np.sqrt(np.maximum(square - numerator[:, None] * denominator[None, :], 0))

    with np.errstate(divide="ignore", invalid="ignore"):
        low = falling[:, None] / (product + root(falling, rising))
        high = (product + root(rising, falling)) / falling[None, :]
    return (
        np.where(g.low[:, None] > 0, low, 0.0),
        np.where(g.low[None, :] > 0, high, np.inf),
    )


def greatest_difference(families: Sequence[Sequence[Share]], level: float) -> Interval:
    """Interval for the greatest difference between two groups, in any family of proportions.

    One family for demographic parity, two (true and false positive rates) for equalized odds; each
    has at least two groups. The greatest of all differences between ordered pairs is above a bound
    as soon as one of them is, and below it only if all are. So

    - the upper end is the greatest of the pairs' upper ends at the plain level: it can only fail
      together with that of the pair which truly is farthest apart (Berger 1982, Technometrics
      24:295), so more groups cost nothing;
    - the lower end is the greatest of the pairs' lower ends, Bonferroni-adjusted over the pairs.

    With two groups it is Newcombe's interval for the absolute difference.
    """
    pairs = sum(len(family) * (len(family) - 1) // 2 for family in families)
    strict = 1 - (1 - level) / pairs
    low = max(float(_differences(_groups(f, strict))[0].max()) for f in families)
    high = max(float(_off_diagonal(_differences(_groups(f, level))[1]).max()) for f in families)
    return Interval(max(low, 0.0), min(high, 1.0), "newcombe-pairs")


def least_ratio(shares: Sequence[Share], level: float) -> Interval:
    """Interval for the least ratio between two groups: smallest over greatest proportion.

    By the argument of :func:`greatest_difference` with ends exchanged: the lower end at the plain
    level, the upper end adjusted over the pairs. Some group has a success.
    """
    pairs = len(shares) * (len(shares) - 1) // 2
    strict = 1 - (1 - level) / pairs
    low = float(_off_diagonal(_ratios(_groups(shares, level))[0]).min())
    high = float(_off_diagonal(_ratios(_groups(shares, strict))[1]).min())
    return Interval(max(low, 0.0), min(high, 1.0), "mover-ratio-pairs")


def _off_diagonal(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The entries of different pairs: a group is never compared with itself."""
    return matrix[~np.eye(len(matrix), dtype=bool)]
