"""Inference after adaptive assignment: what a bandit's data say about its arms.

A bandit gives more units to the arm that looks best, so an arm with bad luck early is seldom tried
again and its bad luck stays in its mean: sample means are biased downwards and their ordinary
intervals cover less than they say. Here every unit's outcome is weighted by the inverse of the
probability with which its arm was given, which removes the bias, and batches are weighted so that
their variances are alike, which makes the estimate normal: Hadad, Hirshberg, Zhan, Wager & Athey
(2021), Confidence intervals for policy evaluation in adaptive experiments, PNAS 118:e2014602118.

All that is needed of a batch are, for each arm, its units, their sum and their sum of squares, and
the probability with which the arm was given: so data of any size fold to a few numbers a batch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.interval import Interval, z_value
from assay.inference.sequential.mixture import multiplier

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Batches(NamedTuple):
    """Outcomes of B batches in K arms; every array has shape (B, K).

    Attributes:
        n: units. mean: of their outcomes (0 where there are none).
        squares: sum of squared deviations from that mean.
        probability: with which each unit of the batch was given the arm.
    """

    n: NDArray[np.float64]
    mean: NDArray[np.float64]
    squares: NDArray[np.float64]
    probability: NDArray[np.float64]


class AdaptiveMean(NamedTuple):
    """An arm's mean (or a difference of two), estimated from adaptive data.

    Attributes:
        n: units of all batches, in all arms.
    """

    value: float
    variance: float
    n: int

    def interval(self, level: float) -> Interval:
        """Normal interval, for an experiment whose end was planned."""
        half = z_value(level) * math.sqrt(self.variance)
        return Interval(self.value - half, self.value + half, "adaptive-aipw")

    def sequence(self, level: float, *, tuned_for: float) -> Interval:
        """Interval that holds at every batch at once, shortest at ``tuned_for`` units: for an
        experiment that may end when its results please (asymptotic; Waudby-Smith et al. 2024,
        Ann Stat 52:2613)."""
        half = float(multiplier(self.n / tuned_for, level)) * math.sqrt(self.variance)
        return Interval(self.value - half, self.value + half, "adaptive-aipw-sequence")

    @property
    def p_value(self) -> float:
        """Two-sided, of a value of 0."""
        return math.erfc(abs(self.value) / math.sqrt(2 * self.variance))


def fold(outcome: ArrayLike, arm: ArrayLike, batch: ArrayLike, probability: ArrayLike) -> Batches:
    """Batches from units.

    Args:
        outcome, arm, batch: shape (n,); arms and batches are counted from 0.
        probability: shape (B, K), of each arm in each batch.

    Raises:
        ValueError: see :func:`checked`; or an arm or a batch that has no probability.
    """
    y = np.asarray(outcome, dtype=np.float64)
    a, b = np.asarray(arm, dtype=np.intp), np.asarray(batch, dtype=np.intp)
    e = np.asarray(probability, dtype=np.float64)
    if e.ndim != 2 or y.ndim != 1 or not y.shape == a.shape == b.shape:
        raise ValueError(f"{y.shape} outcomes, {a.shape} arms and {b.shape} batches do not fit")
    if len(y) and (min(a.min(), b.min()) < 0 or a.max() >= e.shape[1] or b.max() >= e.shape[0]):
        raise ValueError("a unit's arm or batch has no probability")
    if not np.isfinite(y).all():
        raise ValueError("an outcome is NaN or infinite")
    cell = b * e.shape[1] + a
    n = np.asarray(np.bincount(cell, minlength=e.size), dtype=np.float64)
    mean = np.bincount(cell, weights=y, minlength=e.size) / np.maximum(n, 1)
    off = np.square(y - mean[cell])
    squares = np.asarray(np.bincount(cell, weights=off, minlength=e.size), dtype=np.float64)
    shape = e.shape
    return checked(Batches(n.reshape(shape), mean.reshape(shape), squares.reshape(shape), e))


def checked(of: Batches) -> Batches:
    """The batches, if they can be.

    Raises:
        ValueError: shapes that do not fit, numbers that are not finite or negative, probabilities
            that do not sum to 1, or units in an arm whose probability was 0.
    """
    if not all(x.ndim == 2 and x.shape == of.n.shape for x in of):
        raise ValueError("units, means, squares and probabilities must have one shape (B, K)")
    if not all(np.isfinite(x).all() for x in of) or (of.n < 0).any() or (of.squares < 0).any():
        raise ValueError("units and squares must be 0 or more, and all numbers finite")
    if (of.probability < 0).any() or (np.abs(of.probability.sum(axis=1) - 1) > 1e-9).any():
        raise ValueError("the probabilities of a batch must be 0 or more and sum to 1")
    if ((of.probability == 0) & (of.n > 0)).any():
        raise ValueError("units were given an arm whose probability was 0")
    return of


def adaptive_mean(of: Batches, arm: int) -> AdaptiveMean:
    """The mean of an arm: augmented inverse-probability weighting, batches weighted adaptively.

    Each unit of a batch scores ``m + [its arm is this one] (y - m) / e``, with ``e`` the arm's
    probability and ``m`` its mean in earlier batches (in the first batch with data, in that batch
    itself: it would else be 0, and the variance as large as the outcome's level). Batches have
    weights ``sqrt(e)``: Hadad et al.'s constant allocation rate, under which each batch adds about
    the same variance, however the probabilities moved.

    Raises:
        ValueError: see :func:`checked`; an arm with fewer than two units, or whose outcomes do not
            vary.
    """
    checked(of)
    n, mean, squares, e = (x[:, arm] for x in of)
    units = of.n.sum(axis=1)
    if n.sum() < 2:
        raise ValueError("an arm needs two units at least")
    guess = _history(n, mean)
    used = (e > 0) & (units > 0) & np.isfinite(guess)
    n, mean, squares, e, units, m = (x[used] for x in (n, mean, squares, e, units, guess))
    h = np.sqrt(e)
    total = float((h * units).sum())
    value = float((h * (units * m + n * (mean - m) / e)).sum()) / total
    # sum of squared (score - value): over the arm's units, and over the others, who score m
    shift = m + (mean - m) / e - value
    spread = n * shift**2 + squares / e**2 + (units - n) * (m - value) ** 2
    variance = float((h**2 * spread).sum()) / total**2
    if not variance > 1e-24 * value**2 or not float(squares.sum()) + float(np.ptp(mean)) > 0:
        raise ValueError("the outcomes of the arm do not vary: there is no standard error")
    return AdaptiveMean(value, variance, int(of.n.sum()))


def adaptive_difference(of: Batches, b: int, a: int) -> AdaptiveMean:
    """The mean of arm ``b`` less that of arm ``a``.

    The scores of two arms are asymptotically uncorrelated under these weights (Hadad et al. 2021,
    theorem 3), so that their variances add.

    Raises:
        ValueError: as :func:`adaptive_mean`.
    """
    left, right = adaptive_mean(of, b), adaptive_mean(of, a)
    return AdaptiveMean(left.value - right.value, left.variance + right.variance, left.n)


def _history(n: NDArray[np.float64], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """The arm's mean before each batch; its own mean where there was none; NaN without any."""
    before = np.concatenate([[0.0], np.cumsum(n)[:-1]])
    sums = np.concatenate([[0.0], np.cumsum(n * mean)[:-1]])
    own = np.where(n > 0, mean, math.nan)
    return np.where(before > 0, sums / np.maximum(before, 1), own)
