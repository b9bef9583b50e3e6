"""Rows dealt to folds, and features made of the training rows' knowledge only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.metrics.learning.table import Learnable

    Matrix = NDArray[np.float64]

FOLDS = 5
REPEATS = 3
LEAST = 2 * FOLDS
"""Rows of a class, so that each fold tests on two."""

SEED = 0
"""Not the run's: the measurement and its evidence speak of the same folds."""

MOST_DRAWN = 5_000
"""Rows that are learned from and tested on; more are drawn by lot."""

_MOST_LEVELS = 20
"""Categories of a feature that have a column of their own; rarer ones share none."""


class Split(NamedTuple):
    """One fold: rows to train on and to test on, shapes (n,) and (m,)."""

    repeat: int
    train: NDArray[np.intp]
    test: NDArray[np.intp]


def drawn(n: int, most: int = MOST_DRAWN) -> NDArray[np.intp]:
    """At most so many of n rows, by lot, in their order."""
    return np.sort(np.random.default_rng(SEED).permutation(n)[:most])


def splits(target: Matrix, *, classes: bool, repeats: int = REPEATS) -> list[Split]:
    """Folds, dealt several times anew; of classes each with its share of every class."""
    from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

    cls = RepeatedStratifiedKFold if classes else RepeatedKFold
    dealt = cls(n_splits=FOLDS, n_repeats=repeats, random_state=SEED)
    return [Split(i // FOLDS, *pair) for i, pair in enumerate(dealt.split(target, target))]


def too_few(rows: Learnable, at: NDArray[np.intp]) -> str | None:
    """Why the target of these rows cannot be learned in folds, or None."""
    target = rows.target[at]
    if not rows.labels:
        if len(target) < LEAST:
            return f"{len(target):,} rows with a target are fewer than {LEAST}"
        return "all values of the target are the same" if np.ptp(target) == 0 else None
    counts = np.bincount(target.astype(np.intp), minlength=len(rows.labels))
    if len(rows.labels) == 1:
        return f"every row has the target {rows.labels[0]!r}"
    rarest = int(counts.argmin())
    if counts[rarest] >= LEAST:
        return None
    rows_ = "row" if counts[rarest] == 1 else "rows"
    return (
        f"class {rows.labels[rarest]!r} has {counts[rarest]:,} {rows_}, fewer than the {LEAST} "
        f"that {FOLDS} folds need: leave it out with `where`"
    )


def one_hot(train: Matrix, every: Matrix) -> Matrix:
    """A column for each of the twenty most frequent categories of each feature in ``train``.

    No value is a category, too.

    Args:
        train: shape (n, c). every: shape (m, c).

    Returns:
        Zeros and ones, shape (m, levels).
    """
    columns = []
    for known, column in zip(train.T, every.T, strict=True):
        levels, counts = np.unique(known, return_counts=True)  # NaN once, at the end
        kept = levels[np.argsort(-counts, kind="stable")[:_MOST_LEVELS]]
        columns += [np.isnan(column) if np.isnan(level) else column == level for level in kept]
    if not columns:
        return np.empty((len(every), 0))
    return np.column_stack(columns).astype(np.float64)
