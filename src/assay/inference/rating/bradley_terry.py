"""Strengths of contestants from comparisons of two at a time: the Bradley-Terry model.

Bradley & Terry (1952, Biometrika 39:324): ``i`` is preferred to ``j`` with probability
``1 / (1 + exp(strength_j - strength_i))``. A tie counts half a win for
each, so two contestants who always tie are equally strong, and strengths speak of expected points;
Davidson's (1970, JASA 65:317) parameter would tell how often they tie, which strengths do not need.
The likelihood is then not the exact one, so variances over comparisons are robust (sandwich: White
1982, Econometrica 50:1).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from assay.inference.interval import Interval, t_value
from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

ELO = 400 / math.log(10)
"""Elo points in one unit of log strength: 400 more is preferred ten to one."""

METHOD = "sandwich-t"

Standing = Literal["measured", "above", "below", "apart"]
"""Of a contestant: measured; preferred in all comparisons that join it to those that are, directly
or through others, or in none (its strength then has no bound); or joined to them by none."""


class Strengths(NamedTuple):
    """Log strengths of contestants ``0 .. k - 1``.

    Attributes:
        value: shape (k,): log strengths, with mean 0 over the measured; NaN for all others.
        covariance: shape (k, k), NaN likewise.
        standing: of each contestant.
        n: comparisons between the measured.
    """

    value: NDArray[np.float64]
    covariance: Matrix
    standing: tuple[Standing, ...]
    n: int

    def against(self, one: int, anchor: int | None) -> tuple[float, float]:
        """A measured contestant's log strength and its variance: less that of an anchor, if any."""
        v = self.covariance
        if anchor is None:
            return float(self.value[one]), float(v[one, one])
        variance = 0.0 if one == anchor else v[one, one] + v[anchor, anchor] - 2 * v[one, anchor]
        return float(self.value[one] - self.value[anchor]), max(float(variance), 0.0)

    def interval(self, one: int, level: float, *, anchor: int | None = None) -> Interval:
        """Student t interval for :meth:`against`; unbounded with no comparison to spare."""
        value, variance = self.against(one, anchor)
        df = self.n - sum(s == "measured" for s in self.standing) + 1
        if one == anchor:
            return Interval(value, value, "anchor")
        if df < 1:
            return Interval(-math.inf, math.inf, METHOD)
        half = t_value(level, df) * math.sqrt(variance)
        return Interval(value - half, value + half, METHOD)


def strengths(wins: Matrix, ties: Matrix, *, anchor: int | None = None) -> Strengths:
    """The maximum of the likelihood, where it exists.

    It exists for contestants each of whom was preferred to each other, directly or through others
    (Ford 1957, American Mathematical Monthly 64:28): of such circles the anchor's is measured, or
    the one with most comparisons. Others are stronger or weaker without bound, or were not compared
    with them; they do not change the maximum.

    Args:
        wins: shape (k, k): how often ``i`` was preferred to ``j``.
        ties: shape (k, k), symmetric: how often neither was.
        anchor: a contestant who is to be among the measured.

    Raises:
        ValueError: shapes differ, counts are negative, or someone was compared with themselves.
        Undefined: the anchor, or anybody at all, was preferred by nobody to those who were
            preferred to them.
    """
    _require_counts(wins, ties)
    points = wins + ties / 2
    circle = _circle(points, anchor)
    standing = _standing(points, circle)
    if len(circle) < 2:
        raise Undefined(_no_circle(anchor))
    inner = np.ix_(circle, circle)
    found = _newton(points[inner], _minorize(points[inner]))
    value = np.full(len(wins), np.nan)
    covariance = np.full(wins.shape, np.nan)
    value[circle] = found
    covariance[inner] = _sandwich(found, wins[inner], ties[inner])
    return Strengths(value, covariance, standing, round(float(points[inner].sum())))


def _require_counts(wins: Matrix, ties: Matrix) -> None:
    if wins.ndim != 2 or wins.shape[0] != wins.shape[1] or wins.shape != ties.shape:
        raise ValueError(f"wins {wins.shape} and ties {ties.shape} are not two square tables")
    if (wins < 0).any() or (ties < 0).any() or (ties != ties.T).any():
        raise ValueError("wins and ties are counts, and ties are symmetric")
    if np.diag(wins).any() or np.diag(ties).any():
        raise ValueError("a contestant was compared with itself")


def _no_circle(anchor: int | None) -> str:
    whom = "the anchor was" if anchor is not None else "no two contestants were each"
    return f"{whom} preferred to the other, directly or through others: strengths have no bound"


def _circle(points: Matrix, anchor: int | None) -> NDArray[np.intp]:
    """The contestants that are measured, ascending."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    _, label = connected_components(csr_array(points > 0), directed=True, connection="strong")
    if anchor is not None:
        return np.flatnonzero(label == label[anchor])
    same = label[:, None] == label[None, :]
    compared = np.bincount(label, np.where(same, points + points.T, 0.0).sum(axis=1))
    return np.flatnonzero(label == label[np.argmax(compared[label])])


def _standing(points: Matrix, circle: NDArray[np.intp]) -> tuple[Standing, ...]:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order

    beaten = np.zeros(len(points), dtype=bool)
    beat = beaten.copy()
    for graph, reached in ((points, beaten), (points.T, beat)):
        start = int(circle[0])
        order = breadth_first_order(csr_array(graph > 0), start, return_predecessors=False)
        reached[order] = True
    return tuple(
        "measured" if low and high else "below" if low else "above" if high else "apart"
        for low, high in zip(beaten.tolist(), beat.tolist(), strict=True)
    )


def _minorize(points: Matrix, steps: int = 50) -> NDArray[np.float64]:
    """Log strengths after some steps of the MM algorithm.

    Hunter (2004, Annals of Statistics 32:384). Each raises the likelihood, from anywhere, but the
    last digits come slowly.
    """
    games, won = points + points.T, points.sum(axis=1)
    weight = np.ones(len(points))
    for _ in range(steps):
        weight = won / (games / (weight[:, None] + weight[None, :])).sum(axis=1)
        weight /= np.exp(np.log(weight).mean())
    return np.log(weight)


def _newton(points: Matrix, start: NDArray[np.float64]) -> NDArray[np.float64]:
    """The maximum of the (concave) log likelihood; steps are halved while they do not raise it."""
    games, won = points + points.T, points.sum(axis=1)

    def likelihood(at: NDArray[np.float64]) -> float:
        return float(-(points * np.logaddexp(0, at[None, :] - at[:, None])).sum())

    value, best = start, likelihood(start)
    for _ in range(100):
        gradient = won - (games * _preferred(value)).sum(axis=1)
        step = _inverse(_information(value, games)) @ gradient
        while (reached := likelihood(value + step)) < best and np.abs(step).max() > 1e-12:
            step = step / 2
        value, best = value + step, reached
        if np.abs(step).max() < 1e-10:
            break
    centred: NDArray[np.float64] = value - value.mean()
    return centred


def _preferred(value: NDArray[np.float64]) -> Matrix:
    """Probability that ``i`` is preferred to ``j``, shape (k, k)."""
    from scipy.special import expit

    probability: Matrix = expit(value[:, None] - value[None, :])
    return probability


def _laplacian(weight: Matrix) -> Matrix:
    """``sum over pairs of weight (e_i - e_j)(e_i - e_j)'`` from a symmetric matrix of weights."""
    matrix: Matrix = np.diag(weight.sum(axis=1)) - weight
    return matrix


def _information(value: NDArray[np.float64], games: Matrix) -> Matrix:
    p = _preferred(value)
    return _laplacian(games * p * p.T)


def _inverse(laplacian: Matrix) -> Matrix:
    """Pseudo-inverse of the Laplacian of a connected graph: its null space is the constants."""
    k = len(laplacian)
    return np.asarray(np.linalg.inv(laplacian + 1 / k) - 1 / k, dtype=np.float64)


def _sandwich(value: NDArray[np.float64], wins: Matrix, ties: Matrix) -> Matrix:
    """Robust covariance over comparisons, times ``n / (n - k + 1)``."""
    p = _preferred(value)
    points = wins + ties / 2
    squares = wins * p.T**2 + wins.T * p**2 + ties * (p - 0.5) ** 2
    bread = _inverse(_information(value, points + points.T))
    n, k = float(points.sum()), len(value)
    return np.asarray(bread @ _laplacian(squares) @ bread * n / max(n - k + 1, 1))
