"""The classifier two-sample test: how well a model tells the rows of two tables apart.

Friedman (2003, PHYSTAT, SLAC-PUB-10325); Lopez-Paz & Oquab (2017, ICLR). What is estimated is how
well one kind of model does with so many rows: no less than 0.5, and a lower bound of what the
best would reach.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.delong import area
from assay.inference.missing.logistic import FOLDS, LEAST, FoldArea
from assay.inference.ranks import rank
from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

CATEGORIES = 250
"""Values of a column of categories that have a code of their own: the learner takes 255."""

OVERLAP = 1 + FOLDS / (FOLDS - 1)
"""Factor of the variance, since folds are trained on rows that others test on: see FoldArea."""

Model = Callable[["NDArray[np.float64]"], "NDArray[np.float64]"]
"""Features of shape (n, k) to the probability, shape (n,), that a row is of the second table."""

Learner = Callable[["NDArray[np.float64]", "NDArray[np.bool_]"], Model]
"""Features and which rows are of the second table, to a model."""


class Separated(NamedTuple):
    """What the classifier found.

    Attributes:
        area: mean over the folds of the area under the ROC curve, of rows that the fold's model
            has not seen.
        scores: shape (n,), the probability that each row is of the second table.
        models: of each fold, with the rows that it was not fitted to.
    """

    area: FoldArea
    scores: NDArray[np.float64]
    models: list[tuple[Model, NDArray[np.intp]]]


def by_frequency(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places of categories in both tables, one after the other: 0 for the most frequent in both.

    Of equally frequent ones the lower comes first. NaN where a value lacks.
    """
    both = np.concatenate([one, two])
    there = ~np.isnan(both)
    values, inverse, counts = np.unique(both[there], return_inverse=True, return_counts=True)
    place = np.empty(len(values))
    place[np.argsort(-counts, kind="stable")] = np.arange(len(values))
    places = np.full(len(both), np.nan)
    places[there] = place[inverse]
    return places


def coded(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    """Codes of categories in both tables, one after the other, NaN where a value lacks.

    The 250 most frequent in both together have one each, from 0 on; the others share the next one.
    """
    return np.minimum(by_frequency(one, two), CATEGORIES)


def ranked(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places of numbers among the different ones of both tables, one table after the other.

    To trees it is the same, and no infinite or huge value disturbs. NaN where a value lacks.
    """
    both = np.concatenate([one, two])
    there = ~np.isnan(both)
    places = np.full(len(both), np.nan)
    places[there] = np.unique(both[there], return_inverse=True)[1]
    return places


def separate(
    features: NDArray[np.float64],
    second: NDArray[np.bool_],
    learner: Learner,
    *,
    together: NDArray[np.uint64] | None = None,
) -> Separated:
    """Tell rows of two tables apart, over five folds.

    Args:
        features: shape (n, k), of :func:`ranked` and :func:`coded`.
        second: shape (n,), which table a row is of. Rows of each are in an order drawn by lot.
        learner: fits a model to features and which table their rows are of.
        together: shape (n,), rows with equal keys go into one fold: for tables that share rows. Of
            two equal rows, one in each table, the model would learn from the one that the other is
            of *its* table, and be wrong.

    Raises:
        Undefined: fewer than ten rows of either table, or a fold without rows of both.
    """
    m, n = int(second.sum()), int((~second).sum())
    if min(m, n) < LEAST:
        raise Undefined(f"one of the tables has fewer than {LEAST} rows: {min(m, n):,}")
    fold_of = _dealt(second, together)
    scores = np.empty(len(second))
    models, values, variance = [], [], 0.0
    for fold in range(FOLDS):
        test = fold_of == fold
        for rows in (second[test], second[~test]):
            if rows.all() or not rows.any():
                raise Undefined("rows that both tables share leave a fold with one table only")
        model = learner(features[~test], second[~test])
        scores[test] = model(features[test])
        ranking = rank(second[test], scores[test])
        ranked = area(ranking)
        values.append(ranked.value)
        variance += ranked.variance(ranking) * OVERLAP / FOLDS**2
        models.append((model, np.flatnonzero(test)))
    return Separated(FoldArea(sum(values) / FOLDS, variance, m, n), scores, models)


def _dealt(second: NDArray[np.bool_], together: NDArray[np.uint64] | None) -> NDArray[np.intp]:
    """The fold of each row: in turn within each table, or by the key."""
    if together is not None:
        return (together % np.uint64(FOLDS)).astype(np.intp)
    fold_of = np.empty(len(second), dtype=np.intp)
    for rows in (np.flatnonzero(second), np.flatnonzero(~second)):
        fold_of[rows] = np.arange(len(rows)) % FOLDS
    return fold_of
