"""Scores of models on rows that were filled in, each way learned from the training rows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np

from assay.inference.missing.fitted import carried, fit
from assay.inference.missing.masking import Mechanism, mask
from assay.inference.threads import one_thread
from assay.inference.undefined import Undefined
from assay.metrics.learning.folds import REPEATS, SEED, one_hot, splits
from assay.metrics.learning.models import Estimator, Score, model_of, scored, trained

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from assay.metrics.learning.folds import Split
    from assay.metrics.learning.table import Learnable

    Matrix = NDArray[np.float64]

Contender = Literal[
    "mean", "median", "mode", "knn", "iterative", "soft_impute", "forward_fill", "indicator",
    "native",
]  # fmt: skip
CONTENDERS: tuple[Contender, ...] = get_args(Contender)


class Gaps(NamedTuple):
    """Known values to take away: how, how many, and whether the training rows lose theirs, too."""

    mechanism: Mechanism
    share: float
    in_training: bool = True


class Setting(NamedTuple):
    """What is fitted and scored in every fold."""

    score: Score
    estimator: Estimator
    gaps: Gaps | None = None
    repeats: int = REPEATS


def imputed_scores(
    rows: Learnable, at: NDArray[np.intp], contenders: Sequence[Contender], setting: Setting
) -> dict[str, Matrix | str]:
    """Scores by fold of each contender, shape (repeats, folds), or why it has none.

    Every contender sees the same folds and the same gaps. ``indicator`` fills in the mean and adds
    a column that tells where it did; ``native`` leaves gaps to boosted trees.

    Args:
        at: the rows to learn from and test on; the others give ``forward_fill`` values only.
    """
    dealt = splits(rows.target[at], classes=bool(rows.labels), repeats=setting.repeats)
    with one_thread():
        tables = [_with_gaps(rows.numbers, setting.gaps, r) for r in range(setting.repeats)]
        return {name: _scores(name, rows, at, dealt, tables, setting) for name in contenders}


def _with_gaps(numbers: Matrix, gaps: Gaps | None, repeat: int) -> tuple[Matrix, Matrix]:
    """The numbers as training rows and as test rows show them."""
    if gaps is None:
        return numbers, numbers
    rng = np.random.default_rng([SEED, repeat])
    away = mask(numbers, gaps.mechanism, gaps.share, round_=repeat, rng=rng)
    left = np.where(away, np.nan, numbers)
    return (left if gaps.in_training else numbers), left


def _scores(
    name: Contender,
    rows: Learnable,
    at: NDArray[np.intp],
    dealt: list[Split],
    tables: list[tuple[Matrix, Matrix]],
    setting: Setting,
) -> Matrix | str:
    """One contender's scores by fold, or why there are none."""
    found = []
    estimator: Estimator = "boosting" if name == "native" else setting.estimator
    try:
        for split, train, test in _prepared(name, rows, at, dealt, tables):
            model = model_of(estimator, classes=bool(rows.labels))
            target = rows.target[at]
            trained(model, train, target[split.train])
            found.append(scored(model, test, target[split.test], setting.score))
    except Undefined as undefined:
        return str(undefined)
    return np.array(found).reshape(setting.repeats, -1)


def _prepared(
    name: Contender,
    rows: Learnable,
    at: NDArray[np.intp],
    dealt: list[Split],
    tables: list[tuple[Matrix, Matrix]],
) -> Iterator[tuple[Split, Matrix, Matrix]]:
    """The features of each fold's training and test rows."""
    categories = rows.categories[at]
    for split in dealt:
        known, seen = tables[split.repeat]
        parts = known[at[split.train]], seen[at[split.test]]
        sides = split.train, split.test
        levels = [one_hot(categories[split.train], categories[s]) for s in sides]
        train, test = (np.column_stack(pair) for pair in zip(parts, levels, strict=True))
        if name == "native":
            blank = np.isnan(train).all(axis=0)  # which scikit-learn's trees cannot bin
            yield split, np.where(blank, 0.0, train), np.where(blank, 0.0, test)
        elif name == "forward_fill":
            whole = known.copy()
            whole[at[split.test]] = parts[1]
            teaches = np.ones(len(whole), dtype=bool)
            teaches[at[split.test]] = False
            filled = carried(whole, teaches)
            train, test = (
                np.column_stack([filled[at[s]], level])
                for s, level in zip(sides, levels, strict=True)
            )
            yield split, train, test
        else:
            fill = fit("mean" if name == "indicator" else name, train)
            lacks = np.isnan(train).any(axis=0) & (name == "indicator")
            yield (
                split,
                np.column_stack([fill(train), np.isnan(train[:, lacks])]),
                np.column_stack([fill(test), np.isnan(test[:, lacks])]),
            )
