"""From estimates to verdicts: intervals held against criteria, and what is said of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assay.core.criterion import Between, Decidable, Decision, Equals, OneOf
from assay.core.measurement import Estimate, Measurement, Unmeasured, measurement_text
from assay.runner.families import Case, settle
from assay.runner.needed import needed, rows_needed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.check import GatePolicy
    from assay.core.result import Correction, Verdict

__all__ = ["Case", "Judgement", "judge"]


@dataclass(frozen=True)
class Judgement:
    """Verdict on one case, with the measurements at the level where each was decided."""

    verdict: Verdict
    reason: str
    measurements: tuple[Measurement, ...]
    unmeasured: tuple[Unmeasured, ...]
    rows_needed: int | None
    correction: Correction | None = None
    needed: str = ""


def judge(family: Sequence[Case], policy: GatePolicy) -> list[Judgement]:
    """Verdicts on the cases of one family, in their order."""
    return [
        replace(_judgement(case, estimates), correction=correction)
        for case, (estimates, correction) in zip(family, settle(family, policy), strict=True)
    ]


def _judgement(case: Case, estimates: tuple[Estimate, ...]) -> Judgement:
    measurements = tuple(e for e in estimates if isinstance(e, Measurement))
    unmeasured = tuple(e for e in estimates if isinstance(e, Unmeasured))

    def result(verdict: Verdict, reason: str, rows: int | None = None) -> Judgement:
        return Judgement(verdict, reason, measurements, unmeasured, rows)

    faults = dict.fromkeys(u.reason.rstrip(".") for u in unmeasured if u.fault)
    if faults and not measurements:
        return result("error", f"It could not be measured: {'; '.join(faults)}.")
    if not measurements:
        said = dict.fromkeys(u.reason.rstrip(".") for u in unmeasured)
        reasons = "; ".join(said) or "nothing was measured"
        return result("not_applicable", f"There is nothing to measure: {reasons}.")
    if case.criterion is None:
        return result("not_applicable", "Nothing is required of it: the value is only reported.")
    criterion = case.criterion
    decisions: list[tuple[Measurement, Decision]] = [(m, criterion.decide(m)) for m in measurements]
    outside = [m for m, d in decisions if d == "outside"]
    straddling = [m for m, d in decisions if d == "straddles"]
    left_out = f" {_left_out(unmeasured)}" if unmeasured else ""
    if outside:
        return result("fail", _fail_reason(case, outside, len(measurements)) + left_out)
    if faults:
        return result("error", f"It could not be measured everywhere.{left_out}")
    if straddling:
        more = needed([(m, case.ground(m)) for m in straddling], criterion)
        reason = _inconclusive_reason(case, straddling, len(measurements), more.words)
        return replace(
            result("inconclusive", reason + left_out, more.rows),
            needed="" if more.plain else more.words,
        )
    return result("pass", _pass_reason(case, measurements, criterion) + left_out)


def _left_out(unmeasured: tuple[Unmeasured, ...]) -> str:
    first = unmeasured[0]
    where = ", ".join(f"{k}={v}" for k, v in first.key.items())
    reason = first.reason.rstrip(".")
    text = f"{where}: {reason}" if where else reason
    more = f" (and {len(unmeasured) - 1} more)" if len(unmeasured) > 1 else ""
    return f"Not measured: {text}{more}."


def _distance(measurement: Measurement, criterion: Decidable) -> float:
    """How far the value is from meeting the criterion; 0 where it meets it."""
    if isinstance(criterion, OneOf):
        return min(abs(measurement.value - v) for v in criterion.values)
    lower, upper = criterion.bounds()
    return max(lower - measurement.value, measurement.value - upper, 0.0)


def _fail_reason(case: Case, outside: list[Measurement], of: int) -> str:
    criterion = case.criterion
    assert criterion is not None
    worst = max(outside, key=lambda m: _distance(m, criterion))
    if of > 1:
        worst_text = f"{len(outside)} of {of} miss it; the worst is {measurement_text(worst)}"
        return f"It must be {case.criterion_text}: {worst_text}."
    text = f"It must be {case.criterion_text}, and it is {measurement_text(worst)}"
    if worst.level is not None:
        return f"{text}: the whole {worst.level * 100:.4g} % interval misses it."
    if worst.unit == "share" and worst.n > 1 and not isinstance(criterion, OneOf):
        short = worst.value < criterion.bounds()[0]
        rows = round((1 - worst.value if short else worst.value) * worst.n)
        return f"{text}: {rows:,} of {worst.n:,} rows{' fail' if short else ''}."
    return f"{text}."


def _inconclusive_reason(case: Case, straddling: list[Measurement], of: int, more: str) -> str:
    criterion = case.criterion
    assert criterion is not None
    first = max(
        straddling,
        key=lambda m: (
            _distance(m, criterion),
            rows_needed(m, criterion, case.ground(m)) or math.inf,
        ),
    )
    side = "misses" if _distance(first, criterion) > 0 else "meets"
    which = f"{len(straddling)} of {of} are undecided; for one, " if of > 1 else ""
    rows = f"{first.n:,} row" if first.n == 1 else f"{first.n:,} rows"
    against = case.ground(first).against
    if against:
        rows += f" against {against:,}"
    leave = "leaves" if first.n == 1 and not against else "leave"
    return (
        f"It must be {case.criterion_text}: {which}{measurement_text(first)} {side} it, "
        f"but {rows} {leave} room for the opposite; {more}."
    )


def _pass_reason(case: Case, measurements: tuple[Measurement, ...], criterion: Decidable) -> str:
    if len(measurements) == 1:
        return f"It is {measurement_text(measurements[0])}, {case.criterion_text}."

    def slack(m: Measurement) -> float:
        if isinstance(criterion, OneOf | Between | Equals):
            return 0.0
        lower, upper = criterion.bounds()
        return min(m.value - lower, upper - m.value)

    closest = min(measurements, key=slack)
    count = len(measurements)
    return f"All {count} are {case.criterion_text}; the closest is {measurement_text(closest)}."
