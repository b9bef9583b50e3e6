"""Intervals of any smooth statistic whose rows come in clusters.

Rows of one customer, patient or document resemble each other, so that they tell less than as many
rows of different ones. The variance is that of leaving out one cluster at a time
(:func:`~assay.inference.jackknife.delete_cluster`), with Student's t of one less than the clusters.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.inference.interval import Interval, t_value
from assay.inference.jackknife import delete_cluster

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

METHOD = "cluster-jackknife"


def cluster_interval(
    value: float,
    left_out: NDArray[np.float64],
    sizes: NDArray[np.int64],
    own: Interval,
    *,
    level: float,
    share: bool = False,
) -> Interval:
    """An interval for a statistic over clusters.

    A share gets the score interval of its effective number of rows, ``value (1 - value) /
    variance``, with the quantile of Student's t (Dean & Pagano 2015, Journal of Survey Statistics
    and Methodology 3:484), so that it stays within 0 and 1; any other statistic gets ``value ± t
    se``. Where no cluster differs from another (no event at all, say) the variance is not known:
    then the rows of a cluster count as one row, which is the most they can have in common.

    Args:
        value: the statistic over all rows.
        left_out: the statistic without each cluster, shape (G,); NaN where there is none.
        sizes: rows of each cluster, shape (G,).
        own: the statistic's interval for independent rows, at the same level.
        share: the statistic lies between 0 and 1.

    Returns:
        Unbounded (a share: from 0 to 1) where there are fewer than two clusters, or where one holds
        all that the statistic rests on: nothing is then known of how clusters differ.
    """
    import numpy as np

    groups = len(left_out)
    if groups < 2 or not np.isfinite(left_out).all():
        return Interval(0.0, 1.0, METHOD) if share else Interval(-math.inf, math.inf, METHOD)
    variance, df = delete_cluster(value, left_out, sizes)
    t = t_value(level, df)
    # Leaving out rows that change nothing leaves rounding errors: those are no variance.
    known = math.sqrt(variance) > 1e-12 * max(abs(value), 1e-300)
    if share and 0 <= value <= 1:
        spread = value * (1 - value)
        rows = spread / variance if known and spread > 0 else float(groups)
        return _score(value, rows, t)
    if not known:
        worst = float(sizes.sum()) / groups
        return Interval(
            value - (value - own.low) * worst, value + (own.high - value) * worst, METHOD
        )
    half = t * math.sqrt(variance)
    return Interval(value - half, value + half, METHOD)


def _score(p: float, n: float, quantile: float) -> Interval:
    """Wilson's score interval (1927, JASA 22:209) for any quantile and effective size."""
    square = quantile * quantile / n
    centre = (p + square / 2) / (1 + square)
    half = math.sqrt(p * (1 - p) * square + square * square / 4) / (1 + square)
    return Interval(max(0.0, centre - half), min(1.0, centre + half), METHOD)
