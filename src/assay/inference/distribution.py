"""A distribution function known at some of its quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.quantile_grid import GRID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from assay.states import QuantilesState


@dataclass(frozen=True, eq=False)
class Distribution:
    """Share of values at or below t: steps where values repeat, straight lines between.

    Attributes:
        knots: distinct values that are known, ascending, shape (k,).
        before: share strictly below each knot, shape (k,).
        upto: share at or below each knot, shape (k,).
        resolution: greatest error of any share; 0 where every value is known (n <= 200).
    """

    knots: NDArray[np.float64]
    before: NDArray[np.float64]
    upto: NDArray[np.float64]
    resolution: float

    @classmethod
    def of(cls, state: QuantilesState) -> Distribution | None:
        """From quantiles asked at the grid's probabilities; None where there are no values."""
        if state.n == 0:
            return None
        n = state.n
        values = np.array(state.at(GRID))
        ranks = np.maximum(1.0, np.ceil(np.array(GRID) * n))
        knots, first, length = np.unique(values, return_index=True, return_counts=True)
        last = first + length - 1
        # Rank of the value at a knot's last probability, and the highest rank it may have: one
        # below that of the next probability, whose value is greater. Likewise from below.
        upto_least = ranks[last]
        upto_most = np.append(np.maximum(ranks[last[:-1] + 1] - 1, ranks[last[:-1]]), n)
        before_most = np.maximum(ranks[first] - 1, 0)
        before_least = np.insert(np.minimum(ranks[first[1:] - 1], before_most[1:]), 0, 0)
        # One occurrence tells of no repetition; several do, and the step ends somewhere between.
        single = length == 1
        upto = np.where(single, upto_least, (upto_least + upto_most) / 2) / n
        before = np.where(single, before_most, (before_least + before_most) / 2) / n
        upto[-1], before[0] = 1.0, 0.0
        gap = max(float((upto_most - upto_least).max()), float((before_most - before_least).max()))
        return cls(knots, np.minimum(before, upto), upto, gap / n + 2 * state.rank_error)

    def share_upto(self, t: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of values at or below each of ``t``."""
        return self._share(t, self.upto)

    def share_before(self, t: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of values strictly below each of ``t``."""
        return self._share(t, self.before)

    def _share(self, t: NDArray[np.float64], at_knot: NDArray[np.float64]) -> NDArray[np.float64]:
        i = np.searchsorted(self.knots, t, side="right") - 1
        left, right = np.clip(i, 0, None), np.clip(i + 1, None, len(self.knots) - 1)
        a, b = self.knots[left], self.knots[right]
        with np.errstate(invalid="ignore", divide="ignore"):
            # Halves, because the width of a column that spans all doubles overflows.
            part = np.where(b > a, (t / 2 - a / 2) / (b / 2 - a / 2), 0.0)
        rise = np.maximum(self.before[right] - self.upto[left], 0.0)
        between = self.upto[left] + np.where(right > left, part * rise, 0.0)
        share = np.where((i >= 0) & (t == a), at_knot[left], between)
        return np.where(i < 0, 0.0, np.where(t > self.knots[-1], 1.0, share))

    def quantile(self, p: NDArray[np.float64]) -> NDArray[np.float64]:
        """Smallest known value whose share is at least ``p``."""
        at = np.searchsorted(self.upto, p - 1e-12)
        return self.knots[np.minimum(at, len(self.knots) - 1)]


class Piece(NamedTuple):
    """Some rows of a table: how many, how many have a finite value, and how those lie."""

    rows: int
    values: int
    distribution: Distribution | None


def cell_counts(pieces: Sequence[Piece], t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of each piece without a value, and between the values ``t`` (ascending).

    Shape (pieces, len(t) + 2): the cells are half open, the upper end belongs to them.
    """
    counts = np.zeros((len(pieces), len(t) + 2))
    for row, piece in zip(counts, pieces, strict=True):
        row[0] = piece.rows - piece.values
        if piece.distribution is not None:
            upto = piece.distribution.share_upto(t)
            row[1:] = np.maximum(np.diff(upto, prepend=0.0, append=1.0), 0.0) * piece.values
    return counts
