"""Where an axis has its marks, and what they say: round numbers, shares, days and months."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from assay.report.text import figure

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST = 6
_DAY = 86_400
_SECONDS = (1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600)
_DAYS = (1, 2, 5, 7, 14)
_MONTHS = (1, 2, 3, 6)


class Tick(NamedTuple):
    """A mark at a value."""

    at: float
    text: str


def numbers(low: float, high: float, *, most: int = _MOST) -> list[Tick]:
    """Multiples of 1, 2 or 5 times a power of ten within the ends."""
    span = high / most - low / most
    if not 0 < span < math.inf:
        return [Tick(low, figure(low))]
    power = 10.0 ** math.floor(math.log10(span))
    step = next((power * k for k in (1, 2, 5, 10) if power * k >= span * 0.999), span)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = max(0, -math.floor(math.log10(step)))
    return [Tick(i * step, _number(i * step, digits)) for i in range(first, last + 1)]


def times(low: float, high: float) -> list[Tick]:
    """Round instants within the ends, which are seconds since 1970 UTC."""
    try:
        first, last = datetime.fromtimestamp(low, UTC), datetime.fromtimestamp(high, UTC)
        return list(_instants(first, last))[: 2 * _MOST]
    except (OverflowError, ValueError, OSError):  # beyond the years that Python's calendar has
        return numbers(low, high)


def shares(greatest: float, *, root: bool) -> list[Tick]:
    """Marks of an axis of shares from 0 on; on a root scale they stand apart by their roots."""
    if root:
        at = [0.0, *(s for s in (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0) if s <= greatest)]
        kept: list[float] = []
        for share in at:
            if not kept or math.sqrt(share / greatest) - math.sqrt(kept[-1] / greatest) > 0.12:
                kept.append(share)
        return [Tick(share, f"{share * 100:g} %") for share in kept]
    return [
        Tick(t.at / 100, f"{t.text} %") for t in numbers(0.0, greatest * 100, most=4) if t.at >= 0
    ]


def _number(value: float, digits: int) -> str:
    """Round to what the step can tell, so that 0.30000000000000004 is 0.3."""
    text = figure(round(value, digits) + 0.0)
    return text.removesuffix(",000,000") + "M" if text.endswith(",000,000") else text


def _instants(first: datetime, last: datetime) -> Iterator[Tick]:
    seconds = (last - first).total_seconds()
    days = seconds / _DAY
    if days <= 2:
        yield from _stepped(first, last, _fitting(_SECONDS, seconds), "%H:%M")
    elif days <= 75:
        yield from _stepped(first, last, _DAY * _fitting(_DAYS, days), "%b %-d")
    elif days <= 3 * 365:
        step = _fitting(_MONTHS, days / 30.4)
        yield from _by_month(first, last, step, "%b %Y")
    else:
        step = 12 * max(1, math.ceil(days / 365.25 / _MOST))
        yield from _by_month(first, last, step, "%Y")


def _fitting(steps: tuple[int, ...], span: float) -> int:
    return next((step for step in steps if span / step <= _MOST), steps[-1])


def _stepped(first: datetime, last: datetime, step: int, form: str) -> Iterator[Tick]:
    at = math.ceil(first.timestamp() / step) * step
    while at <= last.timestamp():
        yield Tick(float(at), _written(datetime.fromtimestamp(at, UTC), form))
        at += step


def _by_month(first: datetime, last: datetime, step: int, form: str) -> Iterator[Tick]:
    """First days of every so many months."""
    month = math.ceil((first.year * 12 + first.month - 1) / step) * step
    while True:
        at = datetime(1, 1, 1, tzinfo=UTC) + timedelta(0)
        at = at.replace(year=month // 12, month=month % 12 + 1)
        if at > last:
            return
        if at >= first:
            yield Tick(at.timestamp(), _written(at, form))
        month += step


def _written(at: datetime, form: str) -> str:
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun",
              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # fmt: skip
    return {  # not by the locale's names
        "%H:%M": f"{at:%H:%M}",
        "%b %-d": f"{months[at.month - 1]} {at.day}",
        "%b %Y": f"{months[at.month - 1]} {at.year}",
        "%Y": f"{at.year}",
    }[form]
