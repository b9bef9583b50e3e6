"""The variance of any smooth statistic, from leaving out one group of units at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Jackknife(NamedTuple):
    """A variance, and its degrees of freedom (groups that were left out, less one)."""

    variance: float
    df: float


def delete_group(
    value: float, left_out: NDArray[np.float64], sizes: NDArray[np.int64]
) -> Jackknife:
    """Variance of a statistic by the delete-m_j jackknife for groups of unequal size.

    Busing, Meijer & van der Leeden (1999), Statistics and Computing 9:3. With groups of one unit
    it is the ordinary jackknife; with equal groups the grouped one. It is right for smooth
    statistics (means, rates, ratios, ranks), not for extremes, and not for quantiles unless the
    groups are large.

    Args:
        value: the statistic over all units.
        left_out: the statistic without group j, shape (G,).
        sizes: units in group j, shape (G,), each at least 1.

    Raises:
        ValueError: fewer than two groups.
    """
    groups = len(left_out)
    if groups < 2:
        raise ValueError("a jackknife needs at least two groups")
    n = sizes.sum()
    h = n / sizes
    pseudo = h * value - (h - 1) * left_out
    estimate = groups * value - ((1 - sizes / n) * left_out).sum()
    return Jackknife(float(((pseudo - estimate) ** 2 / (h - 1)).mean()), groups - 1)


def delete_cluster(
    value: float, left_out: NDArray[np.float64], sizes: NDArray[np.int64]
) -> Jackknife:
    """Variance of a statistic by leaving out one cluster (or one group of clusters) at a time.

    The cluster jackknife CV3 of MacKinnon, Nielsen & Webb (2023), Journal of Applied Econometrics
    38:671, centred at the statistic itself, which is never the smaller. It is right whatever the
    rows of a cluster have in common and however unequal clusters are, where
    :func:`delete_group` takes a group's variance to follow from its size.

    Degrees of freedom are those of the effective number of clusters, ``n² / sum of squared sizes``:
    as many clusters of equal size would tell as much where the rows of a cluster are alike (Carter,
    Schnepel & Steigerwald 2017, Review of Economics and Statistics 99:698). At least 1.

    Args:
        value: the statistic over all rows.
        left_out: the statistic without cluster j, shape (G,).
        sizes: rows of cluster j, shape (G,), each at least 1.

    Raises:
        ValueError: fewer than two clusters.
    """
    groups = len(left_out)
    if groups < 2:
        raise ValueError("a jackknife over clusters needs at least two of them")
    shares = sizes / sizes.sum()
    effective = 1 / float((shares**2).sum())
    variance = float(((left_out - value) ** 2).sum()) * (groups - 1) / groups
    return Jackknife(variance, max(1.0, effective - 1))
