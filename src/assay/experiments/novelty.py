"""Novelty and primacy: does an effect fade, or grow, the longer units live with it?

A new thing is tried because it is new, and a change is worked around until it is learned; what an
experiment shows in its first days may be neither here nor there later. The question is asked of
each unit's own days: day 0 is the day of its first exposure, whenever that was.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.experiments.heterogeneity import ArmSlice
from assay.inference.interval import Interval, t_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

DAY = 86_400.0


class Change(NamedTuple):
    """A difference between the arms in how units change, with Welch's interval."""

    value: float
    interval: Interval
    p_value: float


class Novelty(NamedTuple):
    """How an effect goes on with the days since a unit's first exposure.

    Attributes:
        trend: change of the effect per day (least squares over days).
        late_less_early: effect of the second half of the days less that of the first.
        by_day: effect of each day with an interval; all of them hold together.
        units: by arm (control, treated) that were followed all days.
        left_out: units that came too late to be followed that long.
    """

    trend: Change
    late_less_early: Change
    by_day: tuple[tuple[float, Interval], ...]
    units: tuple[int, int]
    left_out: int

    @property
    def fades(self) -> bool:
        """Whether the effect's size is shown to shrink: its trend goes against its early sign."""
        early = float(np.mean([value for value, _ in self.by_day[: (len(self.by_day) + 1) // 2]]))
        low, high, _ = self.trend.interval
        return (high < 0 < early) or (early < 0 < low)


def novelty(
    first: ArrayLike,
    treated: ArrayLike,
    event_unit: ArrayLike,
    event_time: ArrayLike,
    event_value: ArrayLike,
    *,
    days: int,
    until: float,
    level: float = 0.95,
) -> Novelty:
    """The trend of an effect over units' first days, from units and their events.

    Only units that were followed for all the days count, in both arms: else the later days would
    rest on those who came early, who differ from others. Each unit's own trend is one figure, and
    arms are compared by these, so that days of one unit need not be independent.

    Args:
        first: shape (n,), moment of each unit's first exposure, in seconds.
        treated: shape (n,), whether it is in the new arm.
        event_unit: shape (m,), index of the unit, 0 to n - 1; event_time: in seconds;
            event_value: what is summed (1 for a count). Events before the first exposure, or after
            the days, do not count.
        days: to follow each unit, 2 or more.
        until: moment up to which events are known, in seconds.

    Raises:
        ValueError: shapes that do not fit, values that are not finite, an event of no unit, fewer
            than two units in an arm that were followed, or units that are all alike.
    """
    began, arm = np.asarray(first, dtype=np.float64), np.asarray(treated, dtype=bool)
    unit = np.asarray(event_unit, dtype=np.intp)
    at, value = (np.asarray(x, dtype=np.float64) for x in (event_time, event_value))
    _check(began, arm, unit, at, value, days)
    followed = began + days * DAY <= until
    day = np.floor((at - began[unit]) / DAY).astype(np.int64)
    counts = followed[unit] & (day >= 0) & (day < days)
    arms = (followed & ~arm, followed & arm)
    n = (int(arms[0].sum()), int(arms[1].sum()))
    if min(n) < 2:
        raise ValueError(f"{n[0]} and {n[1]} units were followed for {days} days: two are needed")
    rows, when, what = unit[counts], day[counts], value[counts]

    pairs = []
    for weights in day_weights(days):
        figures = np.bincount(rows, weights=weights[when] * what, minlength=len(began))
        sides = [ArmSlice(int(m.sum()), float(figures[m].mean()), float(figures[m].var(ddof=1)))
                 for m in arms]  # fmt: skip
        pairs.append((sides[0], sides[1]))
    return novelty_of(pairs, left_out=int((~followed).sum()), level=level)


def day_weights(days: int) -> NDArray[np.float64]:
    """What a unit's days are weighted by: for its trend, for its late days less its early ones, and
    for each day alone; shape (days + 2, days)."""
    centred = np.arange(days) - (days - 1) / 2
    early = np.arange(days) < (days + 1) // 2
    halves = np.where(early, -1 / early.sum(), 1 / (~early).sum())
    return np.vstack([centred / (centred @ centred), halves, np.eye(days)])


def novelty_of(
    figures: Sequence[tuple[ArmSlice, ArmSlice]], *, left_out: int, level: float
) -> Novelty:
    """Novelty from the units' own figures, in the order of :func:`day_weights`.

    Args:
        figures: of each weighting, over units of the control and of the arm.

    Raises:
        ValueError: units that are all alike in how they change.
    """
    for pair in figures[:2]:
        if not pair[0].variance + pair[1].variance > 0:
            raise ValueError("no unit differs from another in how it changes over the days")
    trend, late, *by_day = figures
    each = level ** (1 / len(by_day))
    days = [_welch(pair, each) for pair in by_day]
    return Novelty(
        trend=_welch(trend, level),
        late_less_early=_welch(late, level),
        by_day=tuple((day.value, day.interval) for day in days),
        units=(trend[0].n, trend[1].n),
        left_out=left_out,
    )


def _welch(pair: tuple[ArmSlice, ArmSlice], level: float) -> Change:
    """The arm's mean less the control's (Welch 1947, Biometrika 34:28); unbounded where no unit
    differs from another."""
    from scipy.special import stdtr

    value = pair[1].mean - pair[0].mean
    parts = [side.variance / side.n for side in pair]
    variance = sum(parts)
    if not variance > 0:
        return Change(value, Interval(-math.inf, math.inf, "welch"), 1.0)
    df = variance**2 / sum(v**2 / (side.n - 1) for v, side in zip(parts, pair, strict=True))
    error = math.sqrt(variance)
    half = t_value(level, df) * error
    p = float(2 * stdtr(df, -abs(value) / error))
    return Change(value, Interval(value - half, value + half, "welch"), p)


def _check(
    began: NDArray[np.float64],
    arm: NDArray[np.bool_],
    unit: NDArray[np.intp],
    at: NDArray[np.float64],
    value: NDArray[np.float64],
    days: int,
) -> None:
    if began.ndim != 1 or arm.shape != began.shape:
        raise ValueError(f"{began.shape} first exposures of {arm.shape} arms")
    if unit.ndim != 1 or not unit.shape == at.shape == value.shape:
        raise ValueError(f"{unit.shape} units, {at.shape} times and {value.shape} values of events")
    if not all(np.isfinite(x).all() for x in (began, at, value)):
        raise ValueError("a time or a value is NaN or infinite")
    if len(unit) and not (unit.min() >= 0 and unit.max() < len(began)):
        raise ValueError("an event is of no unit")
    if days < 2:
        raise ValueError("a trend needs two days or more")
