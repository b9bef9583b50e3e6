"""The change of a score from the reference to the current rows, and its parts, with intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from assay.core.measurement import Estimate, Estimation, Measurement, Unmeasured
from assay.inference.interval import Interval, measured
from assay.inference.proportions import wilson
from assay.metrics.drift.shifted import OUTPUT, Shifted

if TYPE_CHECKING:
    from assay.inference.shift.impact import Part

Asked = Literal["explained", "rest", "change", "columns"]
_SHARES = ("accuracy", "precision", "recall", "f1", "roc_auc")


def difference(sides: Shifted, part: Asked, how: Estimation) -> Estimate:
    """A part of the change, or why it is not known."""
    n = sides.current.n
    if part != "explained" and not sides.labelled:
        reason = (
            f"no current row has a target, and {part} needs them: only the explained part does not"
        )
        return Unmeasured(reason=reason, n=n)
    try:
        match part:
            case "change":
                one, other = sides.after(), sides.before()
            case "rest":
                one, other = sides.after(), sides.weighted()
            case _:
                one, other = sides.weighted(), sides.before()
    except ValueError as error:
        return Unmeasured(reason=str(error), n=n)
    return _measured(one, other, sides, how)


def ranked(sides: Shifted, how: Estimation) -> tuple[Estimate, ...]:
    """What each column does by itself, the greatest first; then those that are not known."""
    found: list[Measurement] = []
    unknown = [
        Unmeasured(reason=reason, key={"column": name}, n=sides.current.n)
        for name, reason in sides.left_out.items()
    ]
    for name in sides.cells:
        if name == OUTPUT:
            continue
        try:
            part = sides.by_column(name)
            one = _measured(part, sides.before(), sides, how, key={"column": name})
        except ValueError as error:
            one = Unmeasured(reason=str(error), key={"column": name}, n=sides.current.n)
        if isinstance(one, Measurement):
            found.append(one)
        else:
            unknown.append(one)
    found.sort(key=lambda m: (-abs(m.value), m.key["column"]))
    return (*found, *unknown)


def _measured(
    one: Part, other: Part, sides: Shifted, how: Estimation, *, key: dict[str, str] | None = None
) -> Estimate:
    """``one - other`` with its interval."""
    gap = one.minus(other)
    n = sides.current.n
    if one.variance > 0 or other.variance > 0:
        low, high, method = gap.interval(how.level)
        if sides.name in _SHARES:
            low, high = max(low, -1.0), min(high, 1.0)
        return measured(gap.value, Interval(low, high, method), n=n, how=how, key=key)
    if sides.name not in _SHARES:
        reason = f"{sides.name} is the same in every row, so nothing is known of its error"
        return Unmeasured(reason=reason, key=key or {}, n=n)
    return measured(gap.value, _newcombe(one, other, how.level), n=n, how=how, key=key)


def _newcombe(one: Part, other: Part, level: float) -> Interval:
    """Of two shares that no row varies: from their score intervals (Newcombe 1998, method 10)."""
    a, b = (wilson(p.value * p.n, p.n, level) for p in (one, other))
    gap = one.value - other.value
    down = math.hypot(one.value - a.low, b.high - other.value)
    up = math.hypot(a.high - one.value, other.value - b.low)
    return Interval(max(gap - down, -1.0), min(gap + up, 1.0), "newcombe")
