"""The difference of one statistic between two measurements of the same units."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from assay.inference.interval import Interval, t_value
from assay.inference.jackknife import delete_cluster, delete_group

if TYPE_CHECKING:
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray

PSEUDO_UNITS = 4
"""Units added to the variance, on which the two measurements have nothing in common."""


class PairedDifference(NamedTuple):
    """``b - a`` over the same units, its variance and degrees of freedom."""

    value: float
    variance: float
    df: float
    method: str = "paired-jackknife"

    def interval(self, level: float) -> Interval:
        """Student t interval."""
        half = t_value(level, self.df) * math.sqrt(self.variance)
        return Interval(self.value - half, self.value + half, self.method)

    def about(self, null: float) -> Self:
        """The same estimate seen from ``null``: its p-value is that of a difference of null."""
        return self._replace(value=self.value - null)

    @property
    def p_value(self) -> float:
        """Two-sided, of no difference."""
        from scipy.special import stdtr

        return float(2 * stdtr(self.df, -abs(self.value) / math.sqrt(self.variance)))


def paired_difference(
    a: float,
    b: float,
    left_out_a: NDArray[np.float64],
    left_out_b: NDArray[np.float64],
    sizes: NDArray[np.int64],
    *,
    clusters: int | None = None,
) -> PairedDifference | None:
    """The difference with a jackknife variance; None where a side does not vary at all.

    What the two sides share cancels in each left-out difference, so the variance is that of paired
    data whatever the statistic. Where the sides agree on nearly every unit, it rests on a handful
    of units and is too small (it is 0 where they agree on all). So, as Agresti & Min (2005, Stat.
    Med. 24:729) add to the table of pairs, :data:`PSEUDO_UNITS` unpaired units are added: each
    contributes the variance of one unit of ``a`` plus one of ``b``.

    Args:
        a, b: the statistic of each side over all units.
        left_out_a, left_out_b: the statistic without group j, shape (G,).
        sizes: units in group j, shape (G,).
        clusters: how many clusters the units come in, where groups are made of whole ones: the
            variance is then that of leaving out clusters, and clusters are added in place of units.
    """
    if clusters is not None:
        return _over_clusters(a, b, left_out_a, left_out_b, sizes, clusters)
    alone = delete_group(a, left_out_a, sizes).variance, delete_group(b, left_out_b, sizes).variance
    if min(alone) <= 0:
        return None
    joint = delete_group(b - a, left_out_b - left_out_a, sizes)
    added = PSEUDO_UNITS * sum(alone) / int(sizes.sum())
    return PairedDifference(b - a, joint.variance + added, joint.df)


def _over_clusters(
    a: float,
    b: float,
    left_out_a: NDArray[np.float64],
    left_out_b: NDArray[np.float64],
    sizes: NDArray[np.int64],
    clusters: int,
) -> PairedDifference | None:
    alone = [
        delete_cluster(v, out, sizes).variance for v, out in ((a, left_out_a), (b, left_out_b))
    ]
    if min(alone) <= 0:
        return None
    joint = delete_cluster(b - a, left_out_b - left_out_a, sizes)
    added = PSEUDO_UNITS * sum(alone) / clusters
    return PairedDifference(b - a, joint.variance + added, joint.df, "paired-cluster-jackknife")
