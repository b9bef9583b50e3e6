"""Bins of one width, as far as the bulk of a column's values reaches."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.expr import Column, Expr, Scalar, call
from assay.core.profile import Histogram
from assay.core.schema import TEMPORAL
from assay.profiling.points import point

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assay.core.schema import ColumnInfo, Kind

_GREATEST = sys.float_info.max
_BINS = 24
"""About as many bins; up to half as many again, for round edges."""
_CUT = 1.0
_SPARED = 1.5
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
_TIMES = (
    1.0, 5.0, 15.0, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR,
    _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY, 91 * _DAY, 182 * _DAY, 365 * _DAY,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bins:
    """``n`` bins from ``low`` on.

    Values before them have the index -1, those behind ``n + 1``; ``n`` itself is the last bin's,
    which rounding gives to some values that lie close before its end.
    """

    low: float
    width: float
    n: int

    def index(self, column: ColumnInfo) -> Expr:
        """The bin of each row's value, for an engine; null where the value is not finite."""
        x = call("number", Column(column.name))
        at = call("floor", call("div", call("sub", x, self.low), self.width))
        high = self.low + self.n * self.width
        cases: list[Expr | Scalar] = [
            *(call("lt", x, -_GREATEST), None),
            *(call("lt", x, self.low), -1.0),
            *(call("lt", x, high), at),
            *(call("le", x, _GREATEST), self.n + 1.0),
        ]
        return call("case", *cases, None)

    def count(self, values: Iterable[tuple[float, int]]) -> dict[float, int]:
        """How many values each bin holds, by its index.

        Args:
            values: finite values, and how often each occurs.
        """
        found: dict[float, int] = {}
        for value, n in values:
            inside = self.low <= value < self.low + self.n * self.width
            at = math.floor((value - self.low) / self.width) if inside else self._beyond(value)
            found[at] = found.get(at, 0) + n
        return found

    def _beyond(self, value: float) -> int:
        return -1 if value < self.low else self.n + 1

    def histogram(self, kind: Kind, counts: Mapping[float, int]) -> Histogram:
        """The histogram, from how many values each index has."""
        last = counts.get(self.n - 1, 0) + counts.get(self.n, 0)
        edges = [self.low + i * self.width for i in range(self.n + 1)]
        return Histogram(
            edges=[point(kind, float(f"{edge:.12g}")) for edge in edges],
            counts=[*(counts.get(i, 0) for i in range(self.n - 1)), last],
            below=counts.get(-1, 0),
            above=counts.get(self.n + 1, 0),
        )


def bins_for(kind: Kind, *, least: float, q05: float, q95: float, greatest: float) -> Bins | None:
    """Bins with round edges; None where the values do not differ, or by more than a double holds.

    Where a value lies farther from the middle 90 % than these are wide (and half as much again),
    the bins end at that distance.
    """
    bulk = q95 - q05
    low, high = least, greatest
    if bulk > 0:
        low = least if least >= q05 - _SPARED * bulk else q05 - _CUT * bulk
        high = greatest if greatest <= q95 + _SPARED * bulk else q95 + _CUT * bulk
    span = high - low
    if not 0 < span < math.inf:
        return None
    width = _width(kind, span)
    first = math.floor(low / width) if width else 0
    if not width or abs(first) > 2**52 or abs(high / width) > 2**52:
        return None
    first -= first * width > low  # as rounding may have it
    n = math.floor(high / width) - first + 1
    n += first * width + n * width <= high
    ends = first * width, first * width + n * width
    return Bins(ends[0], width, n) if all(map(math.isfinite, ends)) else None


def _width(kind: Kind, span: float) -> float:
    if kind in TEMPORAL or kind in ("time", "interval"):
        least = _DAY if kind == "date" else 0.0
        fitting = [w for w in _TIMES if w >= max(span / _BINS, least)]
        if fitting and span / _BINS > 0.5:
            return fitting[0]
    least = 1.0 if kind == "integer" else 0.0
    if kind == "integer" and span <= 1.5 * _BINS:
        return 1.0
    raw = max(span / _BINS, least)
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 1e-300 else 0.0
    steps = [step for step in _STEPS if kind != "integer" or step != 2.5]
    return next((step * power for step in steps if step * power >= raw * (1 - 1e-9)), 0.0)
