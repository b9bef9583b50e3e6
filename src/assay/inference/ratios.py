"""Ratios of two means of the same rows: clicks per view, revenue per visit.

Numerator and denominator both vary, and with each other. The delta method takes the ratio as if it
were linear in both; Fieller's set is exact for normal means, whatever the denominator.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.clustered import cluster_degrees
from assay.inference.interval import Interval, t_value
from assay.inference.resampling.design import Design
from assay.inference.resampling.statistic import finite_column

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from assay.states import ComomentsState


class MeanPair(NamedTuple):
    """Two means with the variances and the covariance of these means (not of the rows).

    Attributes:
        numerator, denominator: the means.
        above, below: their variances; 0 for a denominator that is known.
        covariance: of both; 0 for means of independent groups.
        df: degrees of freedom of the variances: rows less one; of clusters the effective ones; for
            independent groups of equal variance the rows less two.
    """

    numerator: float
    denominator: float
    above: float
    below: float
    covariance: float
    df: float

    @property
    def value(self) -> float:
        """The ratio.

        Raises:
            ValueError: the denominator is 0.
        """
        if self.denominator == 0:
            raise ValueError("the mean of the denominator is 0: there is no ratio")
        return self.numerator / self.denominator


def pair_of_rows(pairs: ComomentsState) -> MeanPair:
    """From the joint moments of independent rows, ``x`` the numerator and ``y`` the denominator.

    Raises:
        ValueError: fewer than two rows.
    """
    if pairs.n < 2:
        raise ValueError("at least two rows are needed to know how they vary")
    scale = pairs.n * (pairs.n - 1)
    return MeanPair(
        pairs.mean_x,
        pairs.mean_y,
        pairs.m2_x / scale,
        pairs.m2_y / scale,
        pairs.cross / scale,
        pairs.n - 1,
    )


def pair_of_clusters(numerator: ArrayLike, denominator: ArrayLike, clusters: ArrayLike) -> MeanPair:
    """From clustered rows, all of shape (n,): means of the clusters' totals.

    Their ratio is that of the rows' means, and clusters are independent where rows are not (Deng,
    Knoblich & Lu 2018, KDD, section 3): the way to analyse clicks per view when users, not views,
    were drawn.

    Raises:
        ValueError: one cluster, unequal lengths, values that are NaN or infinite.
    """
    y, x = finite_column(numerator, "numerators"), finite_column(denominator, "denominators")
    if len(x) != len(y):
        raise ValueError(f"{len(y)} numerators for {len(x)} denominators")
    design = Design.of(len(x), clusters=clusters)
    totals = design.totals(np.stack([y, x]))
    groups = totals.shape[1]
    weights = x if (x >= 0).all() and x.any() else np.ones(len(x))
    spread = np.cov(totals) / groups
    above, below = totals.mean(axis=1)
    return MeanPair(
        float(above),
        float(below),
        float(spread[0, 0]),
        float(spread[1, 1]),
        float(spread[0, 1]),
        cluster_degrees(design, weights),
    )


def ratio_by_delta(pair: MeanPair, level: float) -> Interval:
    """Student's t interval with the variance of the linearised ratio (Cochran 1977, 6.4).

    Good where the denominator is many standard errors from 0 (ten, say); with few it is too short
    and too symmetric, and Fieller's is the one to take.

    Raises:
        ValueError: a denominator of 0, or no variance: every row has the same ratio.
    """
    ratio = pair.value
    variance = pair.above - 2 * ratio * pair.covariance + ratio**2 * pair.below
    if not variance > 1e-14 * (pair.above + ratio**2 * pair.below):
        raise ValueError("every row has the same ratio: nothing is known of its spread")
    half = t_value(level, pair.df) * math.sqrt(variance) / abs(pair.denominator)
    return Interval(ratio - half, ratio + half, "delta")


def ratio_by_fieller(pair: MeanPair, level: float) -> Interval:
    """All ratios that a t test does not reject (Fieller 1954, JRSS B 16:175).

    Where the denominator does not differ from 0 at this level, no finite set can hold the ratio
    with the stated confidence: the set is then the whole line, or all but a gap, and the interval
    has infinite ends. That is the answer, not a failure.

    Raises:
        ValueError: a denominator of 0, or no variance: every row has the same ratio.
    """
    ratio, t2 = pair.value, t_value(level, pair.df) ** 2
    residual = pair.above - 2 * ratio * pair.covariance + ratio**2 * pair.below
    if not residual > 1e-14 * (pair.above + ratio**2 * pair.below):
        raise ValueError("every row has the same ratio: nothing is known of its spread")
    # a r² - 2 b r + c <= 0
    a = pair.denominator**2 - t2 * pair.below
    b = pair.numerator * pair.denominator - t2 * pair.covariance
    if a <= 0:
        return Interval(-math.inf, math.inf, "fieller")
    c = pair.numerator**2 - t2 * pair.above
    root = math.sqrt(max(b * b - a * c, 0.0))
    return Interval((b - root) / a, (b + root) / a, "fieller")
