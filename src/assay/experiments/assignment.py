"""Which arm a unit is in: a salted hash, the same in every process and every language.

The algorithm (test vectors in ``docs/guide/experiments.md``)::

    bucket(salt, unit) = (the first 13 hexadecimal digits of SHA-256(salt + ":" + unit)) / 16^13

over UTF-8, the hash of FIPS 180-4. 13 digits are 52 bits, so that the bucket, in [0, 1), is exact
in a double, in JavaScript too. A unit takes part where its bucket under the layer's name lies in
the experiment's range of the layer, and its bucket under ``salt + "/traffic"`` below the
experiment's traffic: so those who take part stay when the traffic grows. Its bucket under the salt
then says which arm's range it is in.

Where treatment arms grow, their ranges grow at one end only, so that a unit stays where it is:
with one or two treatments the first grows up from 0 and the second down from 1; the control is in
between. With more, [0, 1) is cut into blocks of equal width, one for each pair of treatments. Only
where weights are so unequal that a pair does not fit into its block do the arms follow each other
in the order of the file, and growing may then move units.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assay.experiments.spec import ExperimentSpec

DIGITS = 13
"""Hexadecimal digits of the hash that make a bucket: 52 bits."""

_SCALE = float(16**DIGITS)


class Range(NamedTuple):
    """Buckets from ``low`` up to, not including, ``high`` are the arm's."""

    arm: str
    low: float
    high: float


def bucket(salt: str, unit: str) -> float:
    """The unit's place in [0, 1), uniform over units and independent between salts.

    Raises:
        UnicodeEncodeError: a text that has no UTF-8 form (a lone surrogate).
    """
    digest = hashlib.sha256(f"{salt}:{unit}".encode()).hexdigest()
    return int(digest[:DIGITS], 16) / _SCALE


def ranges(spec: ExperimentSpec) -> tuple[Range, ...]:
    """The ranges of all arms, without overlap, in ascending order; empty ones left out.

    An arm's width is its weight; the control may have several ranges.
    """
    placed = _in_blocks([(arm, spec.arms[arm]) for arm in spec.treatments])
    if placed is None:
        return _in_order(list(spec.arms.items()))
    return tuple(sorted((*placed, *_gaps(spec.control, placed)), key=lambda r: r.low))


def _in_blocks(treatments: Sequence[tuple[str, float]]) -> list[Range] | None:
    """Two treatments to a block, one growing from each end; None where a pair does not fit."""
    blocks = max(1, math.ceil(len(treatments) / 2))
    placed: list[Range] = []
    for i, (arm, width) in enumerate(treatments):
        low, high = i // 2 / blocks, (i // 2 + 1) / blocks
        partner = treatments[i ^ 1][1] if i ^ 1 < len(treatments) else 0.0
        if width + partner > high - low + 1e-12:
            return None
        if width > 0:
            ends = (low, min(high, low + width)) if i % 2 == 0 else (max(low, high - width), high)
            placed.append(Range(arm, *ends))
    return sorted(placed, key=lambda r: r.low)


def _gaps(control: str, placed: Iterable[Range]) -> list[Range]:
    """The control's ranges: what the others leave; a gap that is rounding alone is no arm's."""
    found: list[Range] = []
    low = 0.0
    for other in (*placed, Range("", 1.0, 1.0)):
        if other.low - low > 1e-12:
            found.append(Range(control, low, other.low))
        low = other.high
    return found


def _in_order(widths: Sequence[tuple[str, float]]) -> tuple[Range, ...]:
    """One arm after another, from 0."""
    found: list[Range] = []
    low = 0.0
    for arm, width in widths:
        high = min(1.0, low + width)
        high = 1.0 if 1 - high < 1e-12 else high
        if width > 0:
            found.append(Range(arm, low, high))
        low = high
    return tuple(found)


def assign(spec: ExperimentSpec, unit: str) -> str | None:
    """The unit's arm, or None where it takes no part.

    Overrides come first, then exclusion, the layer, the traffic, and the arms' ranges.
    """
    return assign_all(spec, (unit,))[0]


def assign_all(spec: ExperimentSpec, units: Iterable[str]) -> list[str | None]:
    """The arms of many units, as :func:`assign` gives them (a few microseconds for each)."""
    cuts, layer, traffic = ranges(spec), spec.layer, traffic_salt(spec)

    def arm(unit: str) -> str | None:
        if unit in spec.overrides:
            return spec.overrides[unit]
        if unit in spec.exclude:
            return None
        if layer is not None and not layer.low <= bucket(layer.name, unit) < layer.high:
            return None
        if spec.traffic < 1 and bucket(traffic, unit) >= spec.traffic:
            return None
        place = bucket(spec.salt, unit)
        return next((name for name, low, high in cuts if low <= place < high), None)

    return [arm(unit) for unit in units]


def traffic_salt(spec: ExperimentSpec) -> str:
    """The salt that decides who takes part, apart from the one that decides the arm."""
    return f"{spec.salt}/traffic"


def layer_conflicts(specs: Sequence[ExperimentSpec]) -> list[str]:
    """What is wrong among experiments that run at once, as sentences; empty where nothing is.

    Experiments of one layer must have ranges that do not overlap, and experiments must not share a
    salt: their arms would be the same units.
    """
    found: list[str] = []
    for i, a in enumerate(specs):
        for b in specs[i + 1 :]:
            same = a.layer and b.layer and a.layer.name == b.layer.name
            if a.salt == b.salt and not same:
                found.append(f"{a.name!r} and {b.name!r} share the salt {a.salt!r}.")
            if not (same and a.layer and b.layer):
                continue
            low, high = max(a.layer.low, b.layer.low), min(a.layer.high, b.layer.high)
            if low < high:
                found.append(
                    f"{a.name!r} and {b.name!r} overlap in the layer {a.layer.name!r}: both have "
                    f"its buckets from {low:g} to {high:g}."
                )
    return found
