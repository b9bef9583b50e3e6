"""How far apart the means of several groups are that were measured on the same units."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from assay.inference.cluster_jackknife import cluster_interval
from assay.inference.interval import Interval
from assay.inference.means import student_t
from assay.inference.wordings import mean_drop

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from assay.inference.wordings import Units

METHOD = "paired-gap"


class Gap(NamedTuple):
    """The groups that lie farthest apart: by how much, with an interval, and which they are."""

    value: float
    interval: Interval
    highest: str
    lowest: str


def pair_interval(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    units: Units,
    level: float,
    *,
    low: float,
    high: float,
) -> Interval:
    """Interval for the mean of ``a - b``, paired by unit; values lie within [low, high].

    Within finite bounds that of :func:`~assay.inference.wordings.mean_drop`, which few values that
    differ do not deceive. Without bounds that of Student's t for the differences, leaving out whole
    clusters where units come in such. Where all differences are equal, they tell no spread: then
    it is that of values which lie between ``low`` and the greatest that was seen.

    Args:
        a, b: shape (n,), n >= 1.
    """
    if math.isfinite(low) and math.isfinite(high):
        return mean_drop(a, b, units, level, low=low, high=high)
    apart = a - b
    value, n = float(apart.mean()), len(apart)
    variance = float(apart.var(ddof=1)) if n > 1 else 0.0
    if variance <= 1e-24 * max(value * value, 1.0):
        most = float(max(a.max(), b.max()))
        if n > 1 and math.isfinite(low) and most > low:
            return mean_drop(a, b, units, level, low=low, high=most)
        return Interval(-math.inf, math.inf, "student-t")
    own = student_t(value, variance, n, level)
    if units.alone:
        return own
    return cluster_interval(value, units.without_each(apart), units.sizes, own, level=level)


def greatest_gap(
    values: Mapping[str, NDArray[np.float64]],
    units: Units,
    level: float,
    *,
    low: float = 0.0,
    high: float = 1.0,
) -> Gap:
    """The greatest difference between the means of two groups, over the same units.

    It is above a bound as soon as one pair of groups is, and below it only if all are. So the upper
    end is the greatest of the pairs' upper ends at the plain level: it fails only together with
    that of the pair which truly lies farthest apart (Berger 1982, Technometrics 24:295). The lower
    end is the greatest of the pairs' lower ends, Bonferroni-adjusted over the pairs. The value is
    pushed upward by chance.

    Args:
        values: of the same units, shape (n,), by group; two groups at least.

    Raises:
        ValueError: there are fewer than two groups, or no units.
    """
    if len(values) < 2 or not len(units.cluster):
        raise ValueError("a gap needs two groups at least, and a unit")
    pairs = list(combinations(values.values(), 2))
    strict = 1 - (1 - level) / len(pairs)
    plain = [pair_interval(a, b, units, level, low=low, high=high) for a, b in pairs]
    held = [pair_interval(a, b, units, strict, low=low, high=high) for a, b in pairs]
    means = {group: float(v.mean()) for group, v in values.items()}
    highest, lowest = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    value = means[highest] - means[lowest]
    lower = max(0.0, *(max(e.low, -e.high) for e in held))
    upper = max(max(e.high, -e.low) for e in plain)
    return Gap(value, Interval(min(lower, value), max(upper, value), METHOD), highest, lowest)
