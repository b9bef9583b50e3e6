"""How far a quantile differs between two values of the same units."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.inference.interval import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def paired_quantile_difference(
    a: NDArray[np.float64], b: NDArray[np.float64], q: float, level: float
) -> tuple[float, Interval]:
    """The ``q`` quantile of ``b`` less that of ``a``, with an interval that knows they are paired.

    Each quantile's standard error is what its distribution-free interval says (Price & Bonett 2002,
    Journal of Statistical Computation and Simulation 72:119), so nothing is assumed of the shape.
    To first order a sample quantile moves with the share of values below it (Bahadur 1966, Annals
    of Mathematical Statistics 37:577), so the correlation of both is that of "a is at most its
    quantile" and "b is at most its". Where that is positive it is corrected for continuity, as in
    method 10 of Newcombe (1998, Statistics in Medicine 17:2635): the few units beyond a quantile
    in the tail would make the interval too short.

    Args:
        a, b: finite values of the same units in the same order, shape (n,).
        q: probability inside (0, 1).

    Returns:
        The difference of both quantiles (type 1 of Hyndman & Fan 1996), and its interval: infinite
        where there are too few units beyond the quantile to bound it.

    Raises:
        ValueError: lengths that differ, no unit, a value that is not finite, or q outside (0, 1).
    """
    import numpy as np

    if len(a) != len(b) or len(a) == 0:
        raise ValueError(f"{len(a)} and {len(b)} values are not paired")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("a value is not finite")
    if not 0 < q < 1:
        raise ValueError(f"a quantile's probability lies between 0 and 1, not {q}")
    (at_a, half_a), (at_b, half_b) = _quantile(a, q, level), _quantile(b, q, level)
    half = math.inf
    if math.isfinite(half_a) and math.isfinite(half_b):
        shared = 2 * _correlation(a <= at_a, b <= at_b) * half_a * half_b
        half = math.sqrt(max(half_a**2 + half_b**2 - shared, 0.0))
    return at_b - at_a, Interval(at_b - at_a - half, at_b - at_a + half, "paired-quantiles")


def _quantile(values: NDArray[np.float64], q: float, level: float) -> tuple[float, float]:
    """The quantile and half the width of its interval, which runs between fractional ranks.

    Interpolated between order statistics (Hutson 1999, Journal of Applied Statistics 26:343), since
    whole ranks make it too wide.
    """
    import numpy as np
    from scipy.special import bdtrik

    n = len(values)
    # Rounding in q n must not push an exact rank up: 0.95 * 200 is 190, not 190.00000000000003.
    own = max(math.ceil(q * n - 1e-9), 1)
    tail = (1 - level) / 2
    if q**n >= tail or (1 - q) ** n >= tail:  # all values may lie on one side of it
        return float(np.partition(values, own - 1)[own - 1]), math.inf
    ends = [min(max(float(bdtrik(p, n, q)) + 1, 1.0), float(n)) for p in (tail, 1 - tail)]
    whole = [math.floor(rank) for rank in ends]
    places = sorted({own, *whole, *(min(rank + 1, n) for rank in whole)})
    ordered = np.partition(values, [place - 1 for place in places])
    low, high = (
        float(ordered[w - 1] + (end - w) * (ordered[min(w + 1, n) - 1] - ordered[w - 1]))
        for end, w in zip(ends, whole, strict=True)
    )
    return float(ordered[own - 1]), (high - low) / 2


def _correlation(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Of two events of the same units; 0 where one of them occurs always or never."""
    n = len(a)
    both, in_a, in_b = int((a & b).sum()), int(a.sum()), int(b.sum())
    margins = float(in_a) * (n - in_a) * in_b * (n - in_b)
    if margins == 0:
        return 0.0
    determinant = float(both * n - in_a * in_b)
    if determinant > 0:
        determinant = max(determinant - n / 2, 0.0)
    return determinant / math.sqrt(margins)
