"""Whether the rows on hand decide one measurement: pure arithmetic on what is known of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.criterion import AtLeast, AtMost, Between, Equals, OneOf
from assay.core.measurement import number_text
from assay.inference.power import one_proportion, scaling
from assay.inference.power.quantile import bounded_from
from assay.inference.power.rates import MOST
from assay.runner.planning.record import KeyPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.core.criterion import Decidable
    from assay.core.measurement import Measurement
    from assay.inference.power.rates import Rates
    from assay.runner.planning.record import Basis, Outlook

FEWEST = 20
"""Rows below which nothing is extrapolated, and a pilot tells next to nothing."""

_NEAR = 1e-6
"""A value this share of its interval's half-width from a bound sits on it."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of one measurement beforehand.

    Attributes:
        key: what it speaks of.
        on_hand: how much there is of what it rests on.
        measured: by the pilot or a stored run; None where neither is there.
        proportion: whether Wilson's interval decides about it.
        fixed: standard error that more rows do not make smaller: that of a baseline to which
            nothing is paired.
        quantile: which quantile it is, where order statistics must bound it; else None.
    """

    key: dict[str, str]
    on_hand: int
    measured: Measurement | None
    proportion: bool
    fixed: float = 0.0
    quantile: float | None = None


@dataclass(frozen=True)
class _Design:
    """One way for n to follow: what is needed for one bound and one assumed value, and back."""

    basis: Basis
    needed: Callable[[float, float], float | None]
    detectable: Callable[[float, bool], float | None]


def look_ahead(
    known: Known, criterion: Decidable, rates: Rates, *, effect: float | None
) -> KeyPlan:
    """What the rows on hand come to for one measurement.

    Args:
        effect: distance from the bound at which it is to be decided; None takes the value measured.
    """
    measured = known.measured

    def plan(
        outlook: Outlook,
        reason: str,
        *,
        needed: int | None = None,
        detectable: float | None = None,
        basis: Basis | None = None,
    ) -> KeyPlan:
        return KeyPlan(
            key=known.key, outlook=outlook, reason=reason, n_on_hand=known.on_hand,
            n_needed=needed, detectable=detectable, basis=basis,
            value=measured.value if measured else None, low=measured.low if measured else None,
            high=measured.high if measured else None,
        )  # fmt: skip

    if isinstance(criterion, OneOf) or (isinstance(criterion, Equals) and not criterion.tolerance):
        reason = "A sample never shows that a value is exactly one: say what is near enough."
        return plan("cannot_decide", reason)
    design = _design(known, rates)
    if design is None:
        return plan("unknown", _unknown(known))
    assumed = _assumed(known, criterion, effect)
    bounds = [b for b in criterion.bounds() if math.isfinite(b)]
    reach = [design.detectable(b, up) for b in bounds for up in (True, False)] or [0.0]
    far = None if None in reach else max(r for r in reach if r is not None)
    if not assumed:
        said = _depends(known, criterion, reach, far)
        return plan("depends", said, detectable=far, basis=design.basis)
    if any(_on_bound(known, bound, value) for bound, value in assumed):
        return plan(
            "on_the_bound",
            f"Its value, {number_text(assumed[0][1])}, is on the bound: no n decides it.",
            detectable=far, basis=design.basis,
        )  # fmt: skip
    wanted = [design.needed(bound, value) for bound, value in assumed]
    if any(n is None or n > MOST for n in wanted):
        return plan("cannot_decide", _never(known, criterion), detectable=far, basis=design.basis)
    needed = max(_fewest(known, rates), *(math.ceil(n - 1e-9) for n in wanted if n is not None))
    enough = needed <= known.on_hand
    return plan(
        "decides" if enough else "cannot_decide",
        f"{'Decides' if enough else 'Cannot decide'}: needs about {rounded(needed):,}, has "
        f"{known.on_hand:,}.",
        needed=needed, detectable=far, basis=design.basis,
    )  # fmt: skip


def _fewest(known: Known, rates: Rates) -> int:
    """Rows below which the interval has no end, or is not to be trusted."""
    if known.quantile is not None:
        return bounded_from(known.quantile, 1 - rates.alpha)
    return 1 if known.proportion else FEWEST


def rounded(n: int) -> int:
    """Two significant digits, upwards: an extrapolation should look like one."""
    scale: int = 10 ** max(0, len(str(n)) - 2)
    return -(-n // scale) * scale


def rows_needed(key: KeyPlan, rows: int | None) -> int | None:
    """Rows of the table for what the metric rests on, at the share that it is of them."""
    if key.n_needed is None or not key.n_on_hand or rows is None:
        return None
    return max(key.n_needed, math.ceil(rows * key.n_needed / key.n_on_hand))


def _assumed(known: Known, criterion: Decidable, effect: float | None) -> list[tuple[float, float]]:
    """Each bound that matters, with the value that is assumed beside it."""
    assert not isinstance(criterion, OneOf)
    lower, upper = criterion.bounds()
    finite = [b for b in (lower, upper) if math.isfinite(b)]
    if effect is not None:
        room = (upper - lower) / 2
        inside = min(effect, room)  # between two bounds a value is never farther than halfway
        found = [(b, b + inside if b == lower else b - inside) for b in finite]
        found += [(b, b - effect if b == lower else b + effect) for b in finite]
        return [_within(b, v) for b, v in found] if known.proportion else found
    if known.measured is None:
        return []
    value = known.measured.value
    if value < lower:
        return [(lower, value)]
    if value > upper:
        return [(upper, value)]
    return [(b, value) for b in finite]


def _within(bound: float, value: float) -> tuple[float, float]:
    """A share that the distance puts beyond 0 or 1 is there: no nearer one can be farther off."""
    return bound, min(max(value, 0.0), 1.0)


def _on_bound(known: Known, bound: float, value: float) -> bool:
    if value == bound:
        return not (known.proportion and bound in (0, 1))
    measured = known.measured
    if measured is None or measured.low is None or measured.high is None:
        return False
    return abs(value - bound) < _NEAR * (measured.high - measured.low)


def _design(known: Known, rates: Rates) -> _Design | None:
    if known.proportion:
        return _proportion(known, rates)
    measured = known.measured
    if measured is None or measured.level is None or None in (measured.low, measured.high):
        return None
    return _scaled(known, measured, measured.level, rates)


def _proportion(known: Known, rates: Rates) -> _Design:
    def needed(bound: float, value: float) -> float | None:
        value = min(max(value, 0.0), 1.0)
        if not 0 < bound < 1:
            return _at_the_end(bound, value, rates)
        return one_proportion.needed(bound, value, rates)

    def detectable(bound: float, up: bool) -> float | None:
        if not 0 < bound < 1:
            beyond = (bound >= 1) if up else (bound <= 0)
            return 0.0 if bound < 0 or bound > 1 or beyond else _end_reach(known.on_hand, rates)
        return one_proportion.detectable(bound, max(known.on_hand, 1), rates, upwards=up)

    return _Design("binomial", needed, detectable)


def _at_the_end(bound: float, value: float, rates: Rates) -> float | None:
    """Rows for a bound of 0 or 1: one row on the other side decides, and none ever shows the bound.

    A bound outside 0 to 1 is met or missed whatever the rows are.
    """
    if not 0 <= bound <= 1:
        return 1
    apart = abs(bound - value)
    if apart == 0:
        return None
    return 1 if apart == 1 else math.log(1 - rates.power) / math.log(1 - apart)


def _end_reach(n: int, rates: Rates) -> float:
    """The rate of exceptions at which ``n`` rows hold one with the stated power."""
    return -math.expm1(math.log(1 - rates.power) / max(n, 1))


def _scaled(known: Known, measured: Measurement, level: float, rates: Rates) -> _Design:
    assert measured.low is not None
    assert measured.high is not None
    down, up = measured.value - measured.low, measured.high - measured.value

    def error(bound: float, value: float) -> float:
        """The standard error on the side of the interval that faces the bound."""
        half = down if bound < value else up
        if measured.value != value:  # an effect was stated: the value may lie on either side
            half = max(down, up)
        return scaling.standard_error(half, level)

    def needed(bound: float, value: float) -> float | None:
        whole = error(bound, value)
        shrinks = math.sqrt(max(whole**2 - known.fixed**2, 0.0))
        if whole == 0:
            return measured.n
        if known.fixed:
            allowed = (abs(value - bound) / (rates.z_alpha + rates.z_power)) ** 2 - known.fixed**2
            return measured.n * shrinks**2 / allowed if allowed > 0 else None
        return scaling.needed(value - bound, shrinks, measured.n, rates)

    def detectable(bound: float, upwards: bool) -> float | None:
        whole = scaling.standard_error(max(down, up), level)
        shrinks = math.sqrt(max(whole**2 - known.fixed**2, 0.0))
        reach = scaling.detectable(shrinks, measured.n, max(known.on_hand, 1), rates)
        return math.hypot(reach, (rates.z_alpha + rates.z_power) * known.fixed)

    return _Design("scaling", needed, detectable)


def _unknown(known: Known) -> str:
    if known.measured is None:
        return "How much its value varies is not known before a pilot or a stored run."
    if known.measured.level is None:
        return "The stored value is exact, and does not tell how much it varies."
    rows = "1 row" if known.measured.n == 1 else f"{known.measured.n:,} rows"
    return f"Its interval over {rows} has no end."


def _depends(
    known: Known, criterion: Decidable, reach: list[float | None], far: float | None
) -> str:
    if far is not None:
        return (
            f"Its {known.on_hand:,} rows decide a value that is {number_text(far)} or more from "
            "the bound."
        )
    side = {AtLeast: ("meets", "misses"), AtMost: ("misses", "meets")}.get(type(criterion))
    which = side[0 if reach[0] is None else 1] if side and len(reach) == 2 else "meets or misses"
    return f"{known.on_hand:,} rows never show that a value {which} this bound."


def _never(known: Known, criterion: Decidable) -> str:
    if known.proportion and isinstance(criterion, AtLeast | AtMost | Between):
        ends = [b for b in criterion.bounds() if b in (0, 1)]
        if ends:
            return (
                f"No sample shows a share of exactly {number_text(ends[0])}: leave room in the "
                "bound, or say `claim: batch`, which counts the rows."
            )
    if known.fixed:
        return "The baseline's own interval is too wide: more rows here do not help."
    return "No number of rows decides it at this distance."
