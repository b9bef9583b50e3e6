"""Two classes ranked by a score: everything that ranking statistics need, from one sort."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Ranking(NamedTuple):
    """Rows in ascending order of their score, put into groups of equal score.

    Attributes:
        order: shape (n,), positions of the rows in ascending order of score.
        scores: shape (g,), the distinct scores, ascending.
        positives, negatives: shape (g,), rows of each class with that score.
    """

    order: NDArray[np.intp]
    scores: NDArray[np.float64]
    positives: NDArray[np.int64]
    negatives: NDArray[np.int64]

    @property
    def n_positive(self) -> int:
        """Rows of the positive class."""
        return int(self.positives.sum())

    @property
    def n_negative(self) -> int:
        """Rows of the negative class."""
        return int(self.negatives.sum())

    def above(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Shape (g,): how many of ``counts`` have that score or a higher one."""
        return counts[::-1].cumsum()[::-1]

    def per_row(
        self,
        positive: NDArray[np.bool_],
        for_positives: NDArray[np.float64],
        for_negatives: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Shape (n,): each row's value, given per group (g,) apart for both classes."""
        group = np.repeat(np.arange(len(self.scores)), self.positives + self.negatives)
        in_order = np.where(positive[self.order], for_positives[group], for_negatives[group])
        rows = np.empty(len(self.order))
        rows[self.order] = in_order
        return rows


def rank(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> Ranking:
    """Rank ``n >= 1`` rows, both arguments of shape (n,), scores finite; one sort."""
    order = np.argsort(score)
    ordered = score[order]
    starts = np.concatenate(([0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1))
    sizes = np.diff(starts, append=len(ordered))
    seen = np.concatenate(([0], positive[order].cumsum()))
    positives = seen[starts + sizes] - seen[starts]
    return Ranking(order, ordered[starts], positives, sizes - positives)


class Ranked(NamedTuple):
    """A statistic of a ranking, with the influence of each row on it.

    ``for_positives`` and ``for_negatives`` (shape (g,)) are the influence of a row of each class
    with the group's score: how far the statistic moves as the row's weight grows from 1 to 2, to
    first order. The sum of their squares over the rows estimates the statistic's variance.
    """

    value: float
    for_positives: NDArray[np.float64]
    for_negatives: NDArray[np.float64]

    def variance(self, ranking: Ranking) -> float:
        """Variance of the value: the sum over rows of the squared influence."""
        return float(
            ranking.positives @ self.for_positives**2 + ranking.negatives @ self.for_negatives**2
        )
