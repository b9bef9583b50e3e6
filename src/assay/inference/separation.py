"""How well a bound on a number tells one class from all the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.distribution import Distribution
from assay.inference.interval import Interval
from assay.inference.ordered_drift import smirnov

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.states import QuantilesState


class Separation(NamedTuple):
    """Greatest difference of the distribution functions of a class and of the rest.

    Attributes:
        value: from 0 to 1, the greatest Youden index of a bound (in either direction).
        n, others: values of the class, and of the rest. resolution: error of ``value``.
    """

    value: float
    n: int
    others: int
    resolution: float


def separations(states: Sequence[QuantilesState]) -> list[Separation]:
    """One for each class, from quantiles of its values (one or more) at ``quantile_grid.GRID``."""
    known = [Distribution.of(state) for state in states]
    classes = [d for d in known if d is not None]
    sizes = np.array([state.n for state in states], dtype=np.float64)
    n = int(sizes.sum())
    if len(classes) < 2:
        return [Separation(0.0, state.n, n - state.n, 0.0) for state in states]
    t = np.unique(np.concatenate([d.knots for d in classes]))
    resolution = max(d.resolution for d in classes)
    gaps = np.zeros(len(classes))
    for side in ("share_upto", "share_before"):
        shares = np.array([getattr(d, side)(t) for d in classes])
        whole = sizes @ shares / n
        # F - F of the rest = (F - F of all) * n / (n - size)
        gap = np.abs(shares - whole).max(axis=1) * n / (n - sizes)
        gaps = np.maximum(gaps, gap)
    return [
        Separation(min(1.0, float(gap)), state.n, n - state.n, resolution)
        for gap, state in zip(gaps, states, strict=True)
    ]


def greatest_interval(separations: Sequence[Separation], level: float) -> Interval:
    """Interval of the greatest of several classes' separations: each holds at once (Bonferroni).

    With two classes both separations are the same one.
    """
    several = len(separations) if len(separations) > 2 else 1
    each = 1 - (1 - level) / several
    intervals = [
        smirnov(s.value, s.n, s.others, each, resolution=s.resolution) for s in separations
    ]
    return Interval(max(i.low for i in intervals), max(i.high for i in intervals), "smirnov")
