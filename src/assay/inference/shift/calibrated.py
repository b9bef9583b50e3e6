"""Expected performance from scores alone, once the scores are calibrated on labelled rows.

If a score of ``c`` means that ``c`` of such rows are positive, then each row's outcome is known up
to a lot with known odds, and what a classifier is expected to get right follows without labels.
Guillory et al. (2021, ICCV:1134) and Garg et al. (2022, ICLR) estimate accuracy from confidence;
NannyML calls the estimate of a whole confusion matrix confidence-based performance estimation.

Scores are put into at most a thousand cells of both sides together, and everything is computed from
the counts: by resampling those of both sides, and calibrating anew each time, the interval holds
the error of the calibration as well as that of the current rows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from assay.inference.shift.groups import ROWS, Groups, drawn_groups
from assay.inference.shift.scores import area_score

if TYPE_CHECKING:
    from numpy.typing import NDArray

Calibration = Literal["spline", "sigmoid", "isotonic", "none"]
Quantity = Literal[
    "accuracy", "precision", "recall", "f1", "roc_auc", "log_loss", "brier", "positive"
]

CELLS = 1_000
DRAWS = 400
_SURE = 1e-6
"""Stated probabilities are held this far from 0 and 1 where their logarithm is taken."""


class Counts(NamedTuple):
    """Rows by cell of score, each array of shape (k,).

    Attributes:
        score: mean score of the cell's rows, ascending.
        rows, positives: rows of the reference, and those that are positive.
        called, other: current rows that the model calls positive, and the others.
        outside: share of current rows whose score is outside the range of the reference's.
        groups: of each side whose rows come in groups, its counts by group: positives and the
            others of the reference, those called and the others, shape (groups, 2 k).
    """

    score: NDArray[np.float64]
    rows: NDArray[np.float64]
    positives: NDArray[np.float64]
    called: NDArray[np.float64]
    other: NDArray[np.float64]
    outside: float
    groups: tuple[NDArray[np.float64] | None, NDArray[np.float64] | None] = (None, None)

    @property
    def effective(self) -> float:
        """Rows of the reference that would tell a mean as well, were they like the current ones."""
        current = self.called + self.other
        known = self.rows > 0
        share = current[known] / current.sum()
        return float(1 / np.sum(share**2 / self.rows[known])) if share.any() else 0.0


def count(
    reference: NDArray[np.float64],
    positive: NDArray[np.bool_],
    current: NDArray[np.float64],
    called: NDArray[np.bool_],
    groups: Groups = ROWS,
) -> Counts:
    """Count rows by cells of score.

    Args:
        reference, positive: scores and outcomes of labelled rows, shape (n,).
        current, called: scores of the rows to judge, and which the model calls positive, (m,).
        groups: that rows come in.

    Raises:
        ValueError: a side has no rows, lengths differ, or a score is not finite.
    """
    if not len(reference) or not len(current):
        raise ValueError("a side has no rows")
    if len(reference) != len(positive) or len(current) != len(called):
        raise ValueError("scores and outcomes differ in length")
    if not (np.isfinite(reference).all() and np.isfinite(current).all()):
        raise ValueError("a score is not a finite number")
    both = np.concatenate([reference, current])
    values, at = np.unique(both, return_inverse=True)
    if len(values) > CELLS:
        edges = np.unique(np.quantile(both, np.arange(1, CELLS) / CELLS))
        values, at = np.unique(np.searchsorted(edges, both, side="right"), return_inverse=True)
    k = len(values)
    own, other = at[: len(reference)], at[len(reference) :]
    outside = (current < reference.min()) | (current > reference.max())
    return Counts(
        np.bincount(at, weights=both, minlength=k) / np.bincount(at, minlength=k),
        np.bincount(own, minlength=k).astype(np.float64),
        np.bincount(own, weights=positive.astype(np.float64), minlength=k).astype(np.float64),
        np.bincount(other, weights=called.astype(np.float64), minlength=k).astype(np.float64),
        np.bincount(other, weights=1.0 - called, minlength=k).astype(np.float64),
        float(outside.mean()),
        (
            _by_group(groups.reference, own, positive, k),
            _by_group(groups.current, other, called, k),
        ),
    )


def _by_group(
    labels: NDArray[np.intp] | None, at: NDArray[np.intp], first: NDArray[np.bool_], k: int
) -> NDArray[np.float64] | None:
    """Rows by group and cell, those that are ``first`` before the others: shape (groups, 2 k)."""
    if labels is None:
        return None
    size = int(labels.max()) + 1
    place = labels * 2 * k + np.where(first, at, at + k)
    found = np.bincount(place, minlength=size * 2 * k).reshape(size, 2 * k)
    return found.astype(np.float64)


class Calibrator(NamedTuple):
    """Probability of being positive in each cell, shape (k,), and the coefficients behind it."""

    chance: NDArray[np.float64]
    beta: NDArray[np.float64] | None = None


def calibrated(counts: Counts, by: Calibration, *, near: Calibrator | None = None) -> Calibrator:
    """Calibrate the scores on the reference.

    ``spline``: a logistic regression on the log-odds of the score, whose slope may change at the
    terciles (Lucena 2018, arXiv:1809.07751). ``sigmoid``: with one slope (Platt 1999).
    ``isotonic``: the non-decreasing frequencies that fit best (Zadrozny & Elkan 2002, KDD:694), on
    straight lines between cells of the reference, as scikit-learn's; it fits its own noise where
    rows are few, and leans to optimism there. ``none``: the scores as they are.

    Args:
        near: a calibrator of almost the same counts, from which to start.
    """
    if by == "none":
        return Calibrator(counts.score)
    if by == "isotonic":
        from scipy.optimize import isotonic_regression

        known = counts.rows > 0
        frequency = counts.positives[known] / counts.rows[known]
        fitted = isotonic_regression(frequency, weights=counts.rows[known]).x
        return Calibrator(np.interp(counts.score, counts.score[known], fitted))
    return _logistic(counts, _basis(counts.score, slopes=3 if by == "spline" else 1), near)


def _basis(score: NDArray[np.float64], *, slopes: int) -> NDArray[np.float64]:
    """Columns of a function of the log-odds that is straight between knots, shape (k, 1 + slopes).

    Knots stand at quantiles of the cells, so that they do not move with the rows that are drawn.
    """
    x = _logit(score)
    knots = np.quantile(x, np.arange(1, slopes) / slopes)
    return np.column_stack([np.ones(len(x)), x, *(np.maximum(x - knot, 0.0) for knot in knots)])


def _logistic(counts: Counts, x: NDArray[np.float64], near: Calibrator | None) -> Calibrator:
    """Newton's method; Platt's targets keep coefficients finite where scores part the classes."""
    from scipy.special import expit

    positives, rows = counts.positives.sum(), counts.rows.sum()
    high, low = (positives + 1) / (positives + 2), 1 / (rows - positives + 2)
    hits = counts.positives * high + (counts.rows - counts.positives) * low
    beta = np.zeros(x.shape[1]) if near is None or near.beta is None else near.beta
    for _ in range(50):
        p = expit(x @ beta)
        gradient = x.T @ (hits - counts.rows * p)
        hessian = (x.T * (counts.rows * p * (1 - p))) @ x
        hessian += 1e-6 * np.eye(len(beta))  # a cell without rows must not make it singular
        step = np.linalg.solve(hessian, gradient)
        most = float(np.abs(step).max())
        beta = beta + step * min(1.0, 5.0 / max(most, 1.0))
        if most < 1e-4:  # the next step would be of the order of its square
            break
    return Calibrator(expit(x @ beta), beta)


def _logit(score: NDArray[np.float64]) -> NDArray[np.float64]:
    held = np.clip(score, _SURE, 1 - _SURE)
    found: NDArray[np.float64] = np.log(held / (1 - held))
    return found


def expected(counts: Counts, chance: NDArray[np.float64], quantity: Quantity) -> float:
    """What is expected of the current rows; NaN where it is not defined (nothing is called).

    Args:
        chance: probability of being positive in each cell, shape (k,).
    """
    called, rows = counts.called, counts.called + counts.other
    m, asked = float(rows.sum()), float(called.sum())
    hits, positives = float(called @ chance), float(rows @ chance)
    match quantity:
        case "accuracy":
            return (hits + float(counts.other @ (1 - chance))) / m
        case "precision":
            return hits / asked if asked else math.nan
        case "recall":
            return hits / positives if positives > 0 else math.nan
        case "f1":
            return 2 * hits / (asked + positives) if asked else math.nan
        case "positive":
            return positives / m
        case "brier":
            square = counts.score**2 - 2 * counts.score * chance + chance
            return float(rows @ square) / m
        case "log_loss":
            stated = np.clip(counts.score, _SURE, 1 - _SURE)
            loss = -(chance * np.log(stated) + (1 - chance) * np.log(1 - stated))
            return float(rows @ loss) / m
        case "roc_auc":
            if not 0 < positives < m:
                return math.nan
            return area_score(chance, counts.score, rows / m).value


def deviation(counts: Counts, by: Calibration, quantity: Quantity, *, seed: int) -> float:
    """Standard error of :func:`expected`, by resampling the rows of both sides, 400 times.

    Where rows come in groups, whole groups are drawn. NaN where it is defined in hardly any of the
    draws.
    """
    rng = np.random.default_rng(seed)
    tables = [
        np.concatenate(pair) for pair in (
            (counts.positives, counts.rows - counts.positives), (counts.called, counts.other),
        )
    ]  # fmt: skip
    sides = [
        rng.multinomial(int(t.sum()), t / t.sum(), DRAWS).astype(np.float64)
        if by_group is None
        else drawn_groups(by_group, DRAWS, rng)
        for t, by_group in zip(tables, counts.groups, strict=True)
    ]
    k, whole = len(counts.score), calibrated(counts, by)
    found = np.empty(DRAWS)
    for i, (one, two) in enumerate(zip(*sides, strict=True)):
        drawn = counts._replace(
            rows=one[:k] + one[k:], positives=one[:k], called=two[:k], other=two[k:]
        )
        found[i] = expected(drawn, calibrated(drawn, by, near=whole).chance, quantity)
    found = found[np.isfinite(found)]
    return float(found.std(ddof=1)) if len(found) > DRAWS / 2 else math.nan
