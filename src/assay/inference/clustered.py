"""Rows that come in clusters (many of one customer): standard errors that know it.

Rows of one cluster resemble each other, so they tell less than as many independent rows: by the
design effect. What is independent are the clusters; their number decides, not that of the rows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.interval import Interval, t_value
from assay.inference.resampling.design import Design

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

RHO = 0.2
"""Intraclass correlation that the degrees of freedom are worked out for; little depends on it."""


class Clustered(NamedTuple):
    """An estimate from clustered rows.

    Attributes:
        value: the estimate.
        variance: of the estimate, robust to any dependence within clusters (CR1).
        independent: what the variance would be if the rows were independent.
        df: effective degrees of freedom (:func:`cluster_degrees`): clusters less strata where all
            are of one size.
        n, clusters: rows and clusters.
    """

    value: float
    variance: float
    independent: float
    df: float
    n: int
    clusters: int

    @property
    def error(self) -> float:
        """The standard error."""
        return math.sqrt(self.variance)

    @property
    def design_effect(self) -> float:
        """By which factor the clusters inflate the variance (Kish 1965, Survey Sampling, 8.2)."""
        return self.variance / self.independent

    @property
    def effective_n(self) -> float:
        """How many independent rows would tell as much."""
        return self.n / self.design_effect

    def interval(self, level: float) -> Interval:
        """Student's t with the effective degrees of freedom."""
        half = t_value(level, self.df) * self.error
        return Interval(self.value - half, self.value + half, "cluster-t")


def clustered(
    value: float,
    influence: ArrayLike,
    clusters: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> Clustered:
    """Any linearised statistic of clustered rows.

    The sandwich of Liang & Zeger (1986, Biometrika 73:13) with the factor G / (G - 1) for G
    clusters, called CR1; within strata it is the ultimate-cluster variance (Hansen, Hurwitz & Madow
    1953; Lohr 2010, Sampling, 9.3).

    Args:
        value: the statistic.
        influence: shape (n,): how far the statistic moves, to first order, as a row's weight grows
            from 1 to 2; for a mean ``(x - mean) / n``. Their sum is 0.
        clusters, strata: shape (n,), labels; a cluster lies in one stratum.
        weights: shape (n,), at least 0, with which the rows count in the statistic; all the same
            if None. Only the degrees of freedom depend on them.

    Raises:
        ValueError: one cluster (or one in a stratum), labels missing or too few, influences that
            are not finite, or totals of clusters that do not vary.
    """
    z = np.asarray(influence, dtype=np.float64)
    if z.ndim != 1 or not np.isfinite(z).all() or not math.isfinite(value):
        raise ValueError("a value or an influence is NaN or infinite")
    n = len(z)
    design = Design.of(n, clusters=clusters, strata=strata)
    variance = _spread(design.totals(z[None, :])[0], design.strata)
    rows = design.strata if design.cluster is None else design.strata[design.cluster]
    independent = _spread(z, rows)
    if not variance > 1e-24 * max(value**2, independent):
        raise ValueError("the totals of the clusters do not vary: there is no standard error")
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    return Clustered(value, variance, independent, cluster_degrees(design, w), n, design.units)


def cluster_degrees(design: Design, weights: NDArray[np.float64]) -> float:
    """Effective degrees of freedom of the variance between clusters' totals.

    Satterthwaite's approximation, with the moments of the totals' squares under a working model in
    which rows of one cluster correlate by :data:`RHO` (Bell & McCaffrey 2002, Survey Methodology
    28:169; Imbens & Kolesár 2016, Review of Economics and Statistics 98:701). For G clusters of one
    size it is G - 1, less where a few clusters hold most of the weight. There the usual G - 1
    covers far too little: in simulations with ten clusters of Pareto sizes 82 %, for 95 %, and 95
    with these.

    Args:
        design: with clusters, and perhaps strata.
        weights: shape (n,), at least 0, with which the rows count.

    Raises:
        ValueError: one cluster holds all the weight.
    """
    total = design.totals(weights[None, :])[0]
    squares = design.totals(weights[None, :] ** 2)[0]
    moments = np.zeros(2)
    spread = (1 - RHO) * squares + RHO * total**2
    for stratum, size in enumerate(design.sizes):
        at = design.strata == stratum
        # deviations are from the mean over all rows, or from that of the stratum's clusters
        share = total[at] / total.sum() if len(design.sizes) == 1 else np.full(size, 1 / size)
        factor = size / (size - 1)
        moments += np.array(_traces(share, spread[at])) * (factor, factor**2)
    if not moments[1] > 1e-12 * spread.sum() ** 2:
        raise ValueError("one cluster holds all the weight: there is no standard error")
    return float(moments[0] ** 2 / moments[1])


def _traces(w: NDArray[np.float64], v: NDArray[np.float64]) -> tuple[float, float]:
    """Traces of A and A², the covariance of e - w sum(e) for independent e with variances v."""
    c, vw, ww, vv = v.sum(), v @ w, w @ w, v @ v
    first = c - 2 * vw + c * ww
    second = vv + 2 * vw**2 + 2 * ww * vv + (c * ww) ** 2
    second += 2 * c * (v @ w**2) - 4 * (w @ v**2) - 4 * c * vw * ww
    return float(first), float(second)


def clustered_mean(
    values: ArrayLike,
    clusters: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> Clustered:
    """The mean of clustered rows, weighted where ``weights`` (shape (n,), at least 0) are given.

    Its standard error is that of a regression on a constant (``statsmodels``, ``cov_type=
    "cluster"``). Raises ValueError as :func:`clustered` does, and for weights that are negative or
    add up to 0.
    """
    x = np.asarray(values, dtype=np.float64)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != x.shape:
        raise ValueError(f"weights of shape {w.shape} for values of shape {x.shape}")
    total = float(w.sum())
    if not (np.isfinite(w).all() and (w >= 0).all() and total > 0):
        raise ValueError("weights must be finite, at least 0, and not all 0")
    mean = float(w @ x) / total
    influence = w * (x - mean) / total
    return clustered(mean, influence, clusters, strata=strata, weights=w)


def _spread(z: NDArray[np.float64], stratum: NDArray[np.intp]) -> float:
    """Variance of a sum of independent terms, from their spread within strata."""
    sizes = np.bincount(stratum)
    means = np.bincount(stratum, weights=z) / sizes
    squares = np.bincount(stratum, weights=(z - means[stratum]) ** 2)
    return float((squares * sizes / (sizes - 1)).sum())
