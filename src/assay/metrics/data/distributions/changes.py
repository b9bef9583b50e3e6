"""What changed between two distributions, in words: greatest change first."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.core.measurement import number_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.core.expr import Scalar
    from assay.inference.distribution import Distribution
    from assay.metrics.data.distributions.sides import Categories, Values

_LEAST = 0.005
"""Change of a share from which on it is told."""
_SHIFT, _WIDER = 0.05, 1.25
"""Of the middle half's width: how far the median must move, and by how much the width change."""
_TOLD = 4
_NAME = 30
_QUARTERS = np.array([0.25, 0.5, 0.75])
_DAY = 86_400


class _Change(NamedTuple):
    """Words, and the change of a share that they tell of."""

    size: float
    words: str


def of_values(sides: Values, *, temporal: bool) -> list[str]:
    """Where ordered values went: nulls, the median, the spread, the event that changed most."""
    reference, current = sides.distributions
    found = list(_missing(*sides.missing))
    if reference is not None and current is not None:
        found += _moved(reference, current, temporal=temporal)
    return _told(found)


def of_categories(sides: Categories) -> list[str]:
    """Which values are new, vanished, or of another share."""
    n, m = sides.rows
    shares = {value: (r / n, c / m) for value, (r, c) in sides.counts.items()}
    found = list(_missing(*shares.pop(None, (0.0, 0.0))))
    for side, word in ((0, "new"), (1, "vanished")):
        if not sides.bounds[side]:  # else a value may be there and not be listed
            found += _one_sided({v: max(s) for v, s in shares.items() if not s[side]}, word)
    both = sorted(shares.items(), key=lambda item: (-abs(item[1][1] - item[1][0]), str(item[0])))
    found += [
        _Change(abs(c - r), f"{name(value)} {_from_to(r, c)}")
        for value, (r, c) in both[:_TOLD]
        if min(r, c) and abs(c - r) >= _LEAST
    ]
    return _told(found)


def percent(share: float, digits: int | None = None) -> str:
    """``17 %``, ``1.9 %``; what is neither nothing nor all stays apart from 0 and 100 %."""
    if share in (0.0, 1.0):
        return f"{share * 100:.0f} %"
    if share < 0.0005:
        return "below 0.05 %"
    if share > 0.9995:
        return "above 99.95 %"
    if digits is None:
        digits = 0 if 0.0995 <= share <= 0.9905 else 1
    return f"{share * 100:.{digits}f} %"


def _from_to(before: float, now: float) -> str:
    """Both shares, with as many digits as set them apart."""
    ends = percent(before), percent(now)
    if ends[0] == ends[1]:
        ends = percent(before, 1), percent(now, 1)
    return " → ".join(ends)


def name(value: Scalar) -> str:
    """A value as it is called in a sentence."""
    if value is None:
        return "(missing)"
    text = str(value) or "(empty)"
    return text if len(text) <= _NAME else f"{text[: _NAME - 1]}…"


def point(value: float, *, temporal: bool) -> str:
    """A value of an ordered column: a number, or an instant as far as it has parts."""
    if not temporal:
        return number_text(value).replace("-", "−", 1) if value < 0 else number_text(value)
    try:
        instant = datetime.fromtimestamp(round(value), UTC)
    except (OverflowError, ValueError, OSError):  # a year that Python's calendar does not have
        return f"{value:.0f} s"
    return f"{instant:%Y-%m-%d}" if value % _DAY == 0 else f"{instant:%Y-%m-%d %H:%M}"


def _told(changes: list[_Change]) -> list[str]:
    return [c.words for c in sorted(changes, key=lambda c: -c.size)][:_TOLD]  # stable where equal


def _missing(reference: float, current: float) -> Iterator[_Change]:
    change = abs(current - reference)
    if change >= _LEAST or (current and not reference):
        yield _Change(change, f"nulls {_from_to(reference, current)}")


def _one_sided(shares: dict[Scalar, float], word: str) -> Iterator[_Change]:
    """Values that one side alone has, together."""
    size = sum(shares.values())
    if size < _LEAST:
        return
    first = max(shares, key=lambda value: (shares[value], str(value)))
    if len(shares) == 1:
        yield _Change(size, f"{word}: {name(first)} ({percent(size)})")
    else:
        which = f"{len(shares):,} values {word}"
        yield _Change(size, f"{which} ({percent(size)}), such as {name(first)}")


def _moved(one: Distribution, two: Distribution, *, temporal: bool) -> Iterator[_Change]:
    at = np.sort(np.concatenate([one.knots, two.knots]))  # union1d() would import numpy.ma
    gap = two.share_upto(at) - one.share_upto(at)
    most = int(np.abs(gap).argmax())
    size = float(abs(gap[most]))
    if size < _LEAST:
        return
    (low, median, high), (low_now, median_now, high_now) = (
        one.quantile(_QUARTERS),
        two.quantile(_QUARTERS),
    )
    width, width_now = float(high) - float(low), float(high_now) - float(low_now)
    if abs(float(median_now) - float(median)) > _SHIFT * width:
        yield _Change(size, _shift(float(median), float(median_now), temporal=temporal))
    both = 0 < width < math.inf and 0 < width_now < math.inf
    if both and not 1 / _WIDER < width_now / width < _WIDER:
        yield _Change(size, f"middle half {_times(width_now / width)} as wide")
    reference, current = (float(d.share_upto(at[most : most + 1])[0]) for d in (one, two))
    where = point(float(at[most]), temporal=temporal)
    yield _Change(size, f"up to {where}: {_from_to(reference, current)}")


def _shift(before: float, now: float, *, temporal: bool) -> str:
    ends = f"{point(before, temporal=temporal)} → {point(now, temporal=temporal)}"
    if temporal:
        days = abs(now - before) / _DAY
        later = "later" if now > before else "earlier"
        if days >= 3:
            ends = " → ".join(point(end, temporal=True).split(" ")[0] for end in (before, now))
        far = f"{days:,.0f} days" if days >= 3 else f"{days * 24:,.1f} hours"
        return f"median {far} {later}, {ends}"
    return f"median {'up' if now > before else 'down'}, {ends}"


def _times(ratio: float) -> str:
    return (
        f"{ratio:.2g} times"
        if 0.01 <= ratio < 1000
        else "very many times"
        if ratio > 1
        else "hardly"
    )
