"""When to look at observations that are drawn in rounds, and at which level.

Looks are planned before the first row is drawn: their sizes double. The error rate is spent over
them as Lan & DeMets (1983, Biometrika 70:659) do, with Pocock's function, which leaves room for an
early end. At each look a metric's own interval is asked at the level whose quantile is that look's
boundary: these repeated confidence intervals hold at all looks together (Jennison & Turnbull 1989,
J R Stat Soc B 51:305). It rests on rows in a random order, over which any asymptotically linear
statistic moves like a Brownian motion; where rows come in clusters, looks have more in common than
that, and the intervals hold more often than they say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.core.measurement import Estimate
    from assay.runner.judge import Case

FIRST = 100
"""Rows at the first look at least: intervals at high levels need some."""

MOST = 8
"""Looks at most: the first has one row in 128."""


def planned(rows: int) -> tuple[int, ...]:
    """Rows at each look, doubling up to all of them; one look where there are few."""
    sizes = [rows]
    while len(sizes) < MOST and sizes[0] >= 2 * FIRST:
        sizes.insert(0, -(-sizes[0] // 2))
    return tuple(sizes)


@dataclass(frozen=True)
class Look:
    """One look.

    Attributes:
        rows: at this look and at those before it.
        of: that are planned in all.
        last: no look follows, so that all that is left of the error rate is spent.
    """

    rows: tuple[int, ...]
    of: int
    last: bool

    def level(self, level: float) -> float:
        """The level of an ordinary interval, for ``level`` over all looks together."""
        if not self.of:
            return level
        return _nominal(self.rows, self.of, self.last, level)

    def at(self, case: Case) -> Case:
        """The case, whose intervals hold at all looks."""

        def estimate(level: float) -> tuple[Estimate, ...]:
            return ask(self.level(level))

        ask: Callable[[float], tuple[Estimate, ...]] = case.estimate
        return replace(case, estimate=estimate)


@lru_cache(maxsize=4096)
def _nominal(rows: tuple[int, ...], of: int, last: bool, level: float) -> float:
    fractions = [n / of for n in rows]
    end = fractions[-1] if last else 1.0

    from assay.inference.sequential.spending import boundaries, levels, pocock  # NumPy

    def spending(fraction: float, alpha: float) -> float:
        return alpha if fraction >= end else pocock(fraction, alpha)

    return levels(boundaries(fractions, level, spending=spending))[-1]
