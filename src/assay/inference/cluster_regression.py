"""Least squares whose rows come in clusters, with standard errors that hold for few clusters.

The sandwich estimator of Liang & Zeger (1986, Biometrika 73:13) is too small, and Student's t with
G - 1 degrees of freedom too sure, where clusters are few or unequal. Here residuals are corrected
so that the variance is unbiased for independent rows of equal spread (CR2), and the degrees of
freedom are those of Satterthwaite for that estimator: Bell & McCaffrey (2002), Survey Methodology
28:169; Imbens & Kolesár (2016), Review of Economics and Statistics 98:701; Pustejovsky & Tipton
(2018), Journal of Business & Economic Statistics 36:672.

Everything follows from each cluster's sums of squares and products, so the rows may be many.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.interval import Interval, t_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

_SMALL = 1e-10
"""Eigenvalues below this, relative to 1, are rounding errors."""


class Coefficient(NamedTuple):
    """A coefficient, its variance and the degrees of freedom of that."""

    value: float
    variance: float
    df: float

    @property
    def error(self) -> float:
        """The standard error."""
        return math.sqrt(self.variance)

    def interval(self, level: float) -> Interval:
        """Student's t interval."""
        half = t_value(level, self.df) * self.error
        return Interval(self.value - half, self.value + half, "cr2-t")

    @property
    def p_value(self) -> float:
        """Two-sided, of a coefficient of 0."""
        from scipy.special import stdtr

        return float(2 * stdtr(self.df, -abs(self.value) / self.error))


def regress(
    outcome: ArrayLike,
    regressors: ArrayLike,
    clusters: ArrayLike,
    *,
    of: Sequence[int] | None = None,
) -> tuple[Coefficient, ...]:
    """Coefficients of a linear regression, one for each column of the regressors.

    Args:
        outcome: shape (n,).
        regressors: shape (n, k), with a column of ones where an intercept is wanted.
        clusters: shape (n,), labels; rows of different clusters are independent.
        of: the columns whose coefficients are wanted; all where not given. (The level of a cluster
            that has a column of its own has no standard error; other coefficients do.)

    Raises:
        ValueError: shapes that do not fit, values that are not finite, fewer than two clusters,
            regressors that are linearly dependent, or a coefficient that rests on one cluster.
    """
    y = np.asarray(outcome, dtype=np.float64)
    x = np.asarray(regressors, dtype=np.float64)
    labels = np.asarray(clusters)
    if y.ndim != 1 or x.ndim != 2 or labels.shape != y.shape or len(x) != len(y):
        raise ValueError(
            f"outcome {y.shape}, regressors {x.shape} and clusters {labels.shape} do not fit"
        )
    if not (np.isfinite(y).all() and np.isfinite(x).all()):
        raise ValueError("an outcome or a regressor is NaN or infinite")
    cluster = np.unique(labels, return_inverse=True)[1]
    if not len(y) or cluster.max() < 1:
        raise ValueError("a regression over clusters needs at least two of them")
    scale = np.sqrt((x**2).mean(axis=0))
    if not (scale > 0).all():
        raise ValueError("a regressor is 0 in every row")
    columns = range(x.shape[1]) if of is None else of
    found = _fit(y, x / scale, cluster, columns)
    return tuple(
        Coefficient(c.value / scale[j], c.variance / scale[j] ** 2, c.df)
        for c, j in zip(found, columns, strict=True)
    )


def _fit(
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    cluster: NDArray[np.intp],
    columns: Sequence[int],
) -> list[Coefficient]:
    squares = _products(x, cluster)  # X_g' X_g, shape (G, k, k)
    total = squares.sum(axis=0)
    if np.linalg.cond(total) > 1e12:
        raise ValueError("the regressors are linearly dependent")
    bread = np.linalg.inv(total)
    beta = bread @ (x.T @ y)
    residuals = y - x @ beta
    sums = [np.bincount(cluster, weights=residuals * column) for column in x.T]
    score = np.asarray(sums, dtype=np.float64).T
    if not (residuals**2).sum() > _SMALL**2 * (y**2).sum():
        raise ValueError("the outcome does not vary around the regression: no standard error")
    return [_coefficient(float(beta[j]), bread[:, j], bread, squares, score) for j in columns]


def _products(x: NDArray[np.float64], cluster: NDArray[np.intp]) -> NDArray[np.float64]:
    k, groups = x.shape[1], int(cluster.max()) + 1
    found = np.empty((groups, k, k))
    for i in range(k):
        for j in range(i, k):
            found[:, i, j] = np.bincount(cluster, weights=x[:, i] * x[:, j])
            found[:, j, i] = found[:, i, j]
    return found


def _coefficient(
    value: float,
    contrast: NDArray[np.float64],
    bread: NDArray[np.float64],
    squares: NDArray[np.float64],
    score: NDArray[np.float64],
) -> Coefficient:
    """One coefficient; ``contrast`` is its column of the bread.

    With ``S = X_g' X_g`` and ``R`` its root, CR2's matrix ``A_g = (I - X_g B X_g')^(-1/2)`` acts on
    the columns of ``X_g`` as ``R (I - R B R)^(-1/2) R^+``, which needs k by k matrices only.
    """
    values, vectors = np.linalg.eigh(squares)
    top = values.max(axis=1, keepdims=True)
    kept = values > _SMALL * top
    root = _rebuilt(np.where(kept, np.sqrt(np.clip(values, 0, None)), 0.0), vectors)
    inverse = _rebuilt(np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0), vectors)
    left, directions = np.linalg.eigh(np.eye(len(bread)) - root @ bread @ root)
    own = root @ contrast
    # A direction that one cluster alone decides has no residual to correct: it adds nothing, and
    # a coefficient that has a part in it cannot be told from that cluster.
    alive = left > _SMALL
    part = (own[:, None, :] @ directions)[:, 0, :] ** 2
    if (part[~alive] > 1e-8 * (own**2).sum()).any():
        raise ValueError("a coefficient rests on one cluster: its standard error is not known")
    power = np.where(alive, 1 / np.sqrt(np.where(alive, left, 1.0)), 0.0)
    corrected = root @ _rebuilt(power, directions) @ inverse @ score[:, :, None]
    parts = corrected[:, :, 0] @ contrast
    variance = float(parts @ parts)
    a = ((own[:, None, :] @ _rebuilt(power**2, directions))[:, 0, :] * own).sum(axis=1)
    b = (root @ (_rebuilt(power, directions) @ own[:, :, None]))[:, :, 0]
    middle = ((b @ bread) * b).sum(axis=1)
    trace = float((a - middle).sum())
    spread = b.T @ b @ bread
    square = float((a**2 - 2 * a * middle).sum() + np.trace(spread @ spread))
    if not (variance > 0 and trace > 0 and square > 0):
        raise ValueError("the outcome does not vary between clusters: no standard error")
    return Coefficient(value, variance, trace**2 / square)


def _rebuilt(values: NDArray[np.float64], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Symmetric matrices from eigenvalues (G, k) and eigenvectors (G, k, k)."""
    found: NDArray[np.float64] = (vectors * values[:, None, :]) @ vectors.transpose(0, 2, 1)
    return found
