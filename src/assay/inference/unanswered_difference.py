"""The difference of two means over the same units, of which some have no value on a side."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from assay.inference.interval import Interval

if TYPE_CHECKING:
    from typing import Self


class Uncertain(Protocol):
    """A difference with an interval at every level, and the p-value that goes with it."""

    @property
    def value(self) -> float: ...
    @property
    def p_value(self) -> float: ...
    def interval(self, level: float) -> Interval: ...
    def about(self, null: float) -> Self: ...


@dataclass(frozen=True)
class UnansweredDifference:
    """``b - a`` over all units, from that over those with a value on both sides.

    Nothing is assumed of a unit without a value but that its difference lies within ``room`` of 0
    (Manski 1990, American Economic Review 80:319): the interval's ends take the worst of them, and
    the p-value of a null is the greatest over all that they could be.

    Attributes:
        known: the difference over the units with a value on both sides.
        share: of these units among all, above 0 and at most 1.
        room: the most that two values can differ; may be infinite.
        null: the difference from which it is seen.

    Raises:
        ValueError: the share or the room is out of range.
    """

    known: Uncertain
    share: float
    room: float
    null: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1 or not self.room >= 0:
            raise ValueError(f"{self.share} is no share, or {self.room} no distance")

    @property
    def value(self) -> float:
        """Over the units that are known."""
        return self.known.value - self.null

    @property
    def _slack(self) -> float:
        """How far the unknown could move the mean, either way."""
        return (1 - self.share) * self.room if self.share < 1 else 0.0

    def interval(self, level: float) -> Interval:
        """That of the known units, moved apart, and cut where no difference can be."""
        inner = self.known.interval(level)
        low = max(self.share * inner.low - self._slack, -self.room) - self.null
        high = min(self.share * inner.high + self._slack, self.room) - self.null
        more = "+worst-case" if self.share < 1 else ""
        return Interval(low, high, f"{inner.method}{more}")

    def about(self, null: float) -> UnansweredDifference:
        """The same estimate seen from ``null``: its p-value is that of a difference of null."""
        return replace(self, null=self.null + null)

    @property
    def p_value(self) -> float:
        """Two-sided, of no difference among all units."""
        if math.isinf(self._slack):
            return 1.0
        low = (self.null - self._slack) / self.share
        high = (self.null + self._slack) / self.share
        nearest = min(max(self.known.value, low), high)
        return 1.0 if nearest == self.known.value else self.known.about(nearest).p_value
