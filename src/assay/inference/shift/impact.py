"""What a shift of inputs does to a model's score, and what is left for the rest.

With ``S(Q)`` the score under a distribution, the change from the reference to the current rows is

    S(current) - S(reference) = [S(weighted reference) - S(reference)]    the inputs moved
                              + [S(current) - S(weighted reference)]      the rest

where the weighted reference has the current distribution of the inputs, and the reference's own
outcomes given the inputs. The rest is a change of outcomes given the inputs (concept drift), and
whatever of the inputs the weights do not reach. Cai, Namkoong & Yadlowsky (2023, arXiv:2303.02011)
and Budhathoki et al. (2021, AISTATS, PMLR 130:1666) decompose it so.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.interval import Interval, t_value
from assay.inference.shift.balance import Balance, spread
from assay.inference.shift.groups import ROWS, Groups, summed, widening

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from assay.inference.shift.scores import Scored

    Score = Callable[[NDArray[np.float64]], Scored]


class Part(NamedTuple):
    """A score, or a difference of scores, and what each row of both sides adds to its error.

    Attributes:
        value: the estimate.
        reference, current: contributions, shapes (n,) and (m,); the sum of squares is the variance.
        n: rows without weights that would tell as much, of the side that has fewer; groups, where
            rows come in groups.
        grouped: the contributions are of groups on a side.
    """

    value: float
    reference: NDArray[np.float64]
    current: NDArray[np.float64]
    n: float
    grouped: bool = False

    @property
    def variance(self) -> float:
        """Of the estimate."""
        return float(self.reference @ self.reference + self.current @ self.current)

    def minus(self, other: Part) -> Part:
        """The difference; rows that both rest on are counted once."""
        return Part(
            self.value - other.value, self.reference - other.reference,
            self.current - other.current, min(self.n, other.n), self.grouped or other.grouped,
        )  # fmt: skip

    def widening(self, level: float) -> float:
        """How much longer few groups make an interval from the normal distribution: 1 for rows."""
        return widening(self.n, level) if self.grouped else 1.0

    def interval(self, level: float, method: str = "linearised-t") -> Interval:
        """Student t interval; of no width where nothing varies."""
        half = t_value(level, max(self.n - 1, 1.0)) * math.sqrt(self.variance)
        return Interval(self.value - half, self.value + half, method)


def _plain(score: Score, n: int) -> tuple[float, NDArray[np.float64]]:
    found = score(np.full(n, 1 / n))
    return found.value, found.influence / math.sqrt(n * max(n - 1, 1))


def reference_part(score: Score, n: int, m: int, groups: Groups = ROWS) -> Part:
    """The score over the ``n`` rows of the reference, beside ``m`` current ones."""
    value, parts = _plain(score, n)
    return _by(Part(value, parts, np.zeros(m), n), groups, groups.effective_reference())


def current_part(score: Score, n: int, m: int, groups: Groups = ROWS) -> Part:
    """The score over the ``m`` current rows, beside ``n`` of the reference."""
    value, parts = _plain(score, m)
    return _by(Part(value, np.zeros(n), parts, m), groups, groups.effective_current())


def weighted_part(score: Score, found: Balance, groups: Groups = ROWS) -> Part:
    """The score over the reference's rows, weighted so that they look like the current ones."""
    scored = score(found.weights)
    parts = spread(found, scored.influence)
    n = min(found.effective, len(parts.current))
    least = min(groups.effective_reference(found.weights), groups.effective_current())
    return _by(Part(scored.value, parts.reference, parts.current, n), groups, least)


def _by(part: Part, groups: Groups, effective: float) -> Part:
    """The same with groups in the place of rows, on each side that has them."""
    return Part(
        part.value,
        summed(part.reference, groups.reference),
        summed(part.current, groups.current),
        min(part.n, effective),
        effective < math.inf,
    )
