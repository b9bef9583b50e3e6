"""Blocks of time for clusters that are dates or times: how long, and how that is said.

Blocks begin at round instants and have round lengths, so that they stay where they are while a
table grows, and weeks stay whole.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.core.expr import Column, call
from assay.states import Distinct, Quantiles

if TYPE_CHECKING:
    from assay.states import DistinctState, QuantilesState

DAY = 86_400.0

_ROUND = (1, 2, 3, 4, 5, 7, 14, 21, 28, 42, 56, 84, 112, 168, 224, 336)
"""Lengths of blocks in days; beyond, whole years."""

_INNER = (0.05, 0.95)
_LEAST_DAYS = 8
"""From so many days on days are counted, and not each instant by itself."""


def counted(column: str) -> tuple[Distinct, Quantiles]:
    """What is folded of the times: how many days, and between which instants most rows lie."""
    number = call("number", Column(column))
    days = Distinct(of=(call("floor", call("div", number, DAY)),))
    return days, Quantiles(of=Column(column), probabilities=_INNER)


def block_of(n: int, days: DistinctState, times: QuantilesState) -> float | None:
    """Seconds of a block, from how many clusters there are, and from :func:`counted`.

    A few rows far from all others (a mistyped year) do not lengthen it. None where there is nothing
    to cut: no more clusters than blocks, or nearly all rows are of one instant.
    """
    from assay.inference.group_errors import BLOCKS, blocks

    if n <= BLOCKS[0] or not times.n:
        return None
    span = (times.value(_INNER[1]) - times.value(_INNER[0])) / (_INNER[1] - _INNER[0])
    if not math.isfinite(span) or span <= 0:
        return None
    if days.distinct < _LEAST_DAYS:
        return 2.0 ** max(-20, round(math.log2(span / blocks(n))))
    ideal = span / blocks(days.distinct) / DAY
    lengths = (*_ROUND, *(365 * years for years in range(1, max(2, math.ceil(ideal / 365)) + 1)))
    return DAY * min(lengths, key=lambda length: abs(math.log(length / ideal)))


def span_text(seconds: float) -> str:
    """A length of time for a person: ``21 days``, ``2.3 hours``."""
    for name, unit in (("day", DAY), ("hour", 3600.0), ("minute", 60.0), ("second", 1.0)):
        if seconds >= unit:
            value = f"{seconds / unit:.3g}"
            return f"{value} {name}" if value == "1" else f"{value} {name}s"
    return f"{seconds:.3g} seconds"
