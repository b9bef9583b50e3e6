"""A confidence sequence for a share: exact, from the counts alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from assay.inference.interval import Interval
from assay.inference.sequential.mixture import tuning

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

EARLY = 0.25
"""Share of the evidence that is not tuned for a number of rows: it costs 3 % of the width there."""

_STEPS = 60
"""Halvings: an end is found to 1e-18 of the range, which is below what a float tells apart."""


def concentration(level: float, tuned_for: float) -> float:
    """Pseudo-rows of the prior that makes the interval shortest at about ``tuned_for`` rows."""
    if not (tuned_for > 0 and math.isfinite(tuned_for)):
        raise ValueError(f"the number of rows to tune for must be above 0, not {tuned_for}")
    return max(tuned_for / tuning(level) - 1, 0.0)


def log_ratio(
    successes: ArrayLike, n: ArrayLike, null: ArrayLike, *, pseudo_rows: float
) -> NDArray[np.float64]:
    """Logarithm of a beta-binomial mixture's likelihood ratio against the share ``null``.

    The alternatives are drawn from ``Beta(c null + 1/2, c (1 - null) + 1/2)``, ``c`` pseudo-rows
    strong: around the null and as wide as effects worth finding are, but never so narrow that rare
    events go unseen. Whatever the prior, the ratio is a martingale under the null (Ville 1939;
    Robbins 1970, Ann Math Stat 41:1397; Howard, Ramdas, McAuliffe & Sekhon 2021, Ann Stat 49:1055).


    As a function of ``null`` it is convex (each success and each failure contributes an increasing
    derivative) and it is at most 0 at the observed share, so the values it does not reject form an
    interval around that.

    Raises:
        ValueError: successes outside ``0..n``, or a null outside (0, 1).
    """
    from scipy.special import betaln, xlog1py, xlogy

    s, rows, p = (np.asarray(v, dtype=float) for v in (successes, n, null))
    if not (np.all(s >= 0) and np.all(s <= rows)):
        raise ValueError("successes must lie between 0 and n")
    if not np.all((p > 0) & (p < 1)):
        raise ValueError("the share under test must lie inside (0, 1)")
    a, b = pseudo_rows * p + 0.5, pseudo_rows * (1 - p) + 0.5
    f = rows - s
    found: NDArray[np.float64] = betaln(a + s, b + f) - betaln(a, b) - xlogy(s, p) - xlog1py(f, -p)
    return found


def log_e_value(
    successes: ArrayLike, n: ArrayLike, null: ArrayLike, *, tuned_for: float, level: float = 0.95
) -> NDArray[np.float64]:
    """Logarithm of the evidence against the share ``null``, at any look.

    Three quarters are with the prior that is tuned for ``tuned_for`` rows and intervals of this
    level, one quarter with Jeffreys' (:func:`log_ratio` of no pseudo-rows), which sees what is far
    off early. An average of two e-processes is one, and of two log-convex functions log-convex.

    Raises:
        ValueError: as :func:`log_ratio`, or ``tuned_for`` is not above 0.
    """
    pseudo = concentration(level, tuned_for)
    found: NDArray[np.float64] = np.logaddexp(
        math.log1p(-EARLY) + log_ratio(successes, n, null, pseudo_rows=pseudo),
        math.log(EARLY) + log_ratio(successes, n, null, pseudo_rows=0.0),
    )
    return found


def limits(
    successes: ArrayLike, n: ArrayLike, level: float, *, tuned_for: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper ends for arrays of counts (many looks, or many slices), of their shape."""
    s, rows = np.broadcast_arrays(np.asarray(successes, float), np.asarray(n, float))
    if not (np.all(rows >= 1) and np.all(s >= 0) and np.all(s <= rows)):
        raise ValueError("a share needs n >= 1 and successes between 0 and n")
    threshold = -math.log1p(-level)
    value = s / rows

    def end(edge: float) -> NDArray[np.float64]:
        outer, inner = np.full(value.shape, edge), value.copy()
        for _ in range(_STEPS):
            middle = (outer + inner) / 2
            inside = np.clip(middle, 1e-300, 1 - 2**-53)
            evidence = log_e_value(s, rows, inside, tuned_for=tuned_for, level=level)
            rejected = evidence >= threshold
            outer, inner = np.where(rejected, middle, outer), np.where(rejected, inner, middle)
        return outer

    low, high = end(0.0), end(1.0)
    return np.where(s == 0, 0.0, low), np.where(s == rows, 1.0, high)


def proportion(successes: int, n: int, level: float, *, tuned_for: float) -> Interval:
    """Exact confidence sequence for a share: holds at every look, for every n and every share.

    Args:
        tuned_for: the number of rows at which it is (about) shortest.

    Raises:
        ValueError: ``n < 1``, successes outside ``0..n``, or ``tuned_for`` not above 0.
    """
    low, high = limits(successes, n, level, tuned_for=tuned_for)
    return Interval(float(low), float(high), "beta-binomial-mixture")


def p_value(successes: int, n: int, null: float, *, tuned_for: float, level: float = 0.95) -> float:
    """Always-valid two-sided p-value of ``share = null``; the least of all looks is valid too.

    ``level`` only tunes: a rejection at ``1 - level`` comes soonest.
    """
    evidence = log_e_value(successes, n, null, tuned_for=tuned_for, level=level)
    return min(1.0, math.exp(-float(evidence)))
