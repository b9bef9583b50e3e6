"""Where each result stands: what blocks, what is undecided, what only warns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from assay.core.check import GatePolicy
from assay.core.criterion import NoWorseThan, OneOf
from assay.gate.policy import effect
from assay.report.text import unit_text, visible

if TYPE_CHECKING:
    from assay.core.criterion import Criterion, Decision
    from assay.core.measurement import Measurement
    from assay.core.result import Outcome, Result, Run, Verdict

Standing = Literal["blocking", "undecided", "warning", "noted", "aside", "passed"]

STANDINGS: dict[Standing, str] = {
    "blocking": "What blocks",
    "undecided": "Undecided",
    "warning": "Warnings",
    "noted": "Noted, without effect on the decision",
    "aside": "Not judged",
    "passed": "Passed",
}

# Symbol and word together: nothing is told by colour alone.
VERDICTS: dict[Verdict, tuple[str, str]] = {
    "fail": ("✗", "fail"),
    "error": ("!", "error"),
    "inconclusive": ("?", "inconclusive"),
    "pass": ("✓", "pass"),
    "not_applicable": ("–", "not judged"),
    "skipped": ("○", "skipped"),
}

# The words are those that the gate's sentence begins with.
DECISIONS: dict[Outcome, tuple[str, str, str]] = {
    "pass": ("✓", "Passed", "It may ship."),
    "warn": ("△", "Passed with warnings", "It may ship; read the warnings first."),
    "block": ("✗", "Blocked", "It must not ship."),
}


def decision_reason(run: Run) -> str:
    """The gate's sentence without the decision that it repeats."""
    reason = run.run.reason.removeprefix(f"{DECISIONS[run.decision][1]}: ")
    return reason[:1].upper() + reason[1:]


def standing(result: Result, run: Run) -> Standing:
    """Which part of a report the result belongs in, by what it does to the gate."""
    if result.verdict == "pass":
        return "passed"
    outcome = effect(result, _policy(run))
    if result.verdict == "not_applicable":
        return "warning" if outcome == "warn" else "aside"
    if outcome == "block":
        return "blocking"
    if result.verdict == "inconclusive":
        return "undecided"
    if outcome == "warn":
        return "warning"
    return "aside" if result.verdict == "skipped" else "noted"


def _policy(run: Run) -> GatePolicy:
    """The run's own policy; where it was not kept, the one that its decision suggests."""
    if run.suite.gate is not None:
        return run.suite.gate
    return GatePolicy(inconclusive=run.decision)


def grouped(run: Run) -> dict[Standing, list[Result]]:
    """All results by standing, in the order of :data:`STANDINGS`; errors before failures."""
    groups: dict[Standing, list[Result]] = {name: [] for name in STANDINGS}
    for result in run.results:
        groups[standing(result, run)].append(result)
    rank = {verdict: i for i, verdict in enumerate(("error", "fail", "skipped", "inconclusive"))}
    for results in groups.values():
        results.sort(key=lambda r: rank.get(r.verdict, len(rank)))  # stable: suite order within
    return groups


def decided(measurement: Measurement, criterion: Criterion | None) -> Decision | None:
    """How the measurement's own interval stands; None where only the runner could say."""
    if criterion is None or isinstance(criterion, NoWorseThan):
        return None
    return criterion.decide(measurement)


def held_against(result: Result) -> Criterion | None:
    """What the measurements were held against: of a baseline, the bound on the difference to it."""
    return result.judged_as or result.criterion


def required(result: Result) -> str:
    """The criterion in words with the unit of what it is held against; "" where there is none."""
    if result.criterion is None or isinstance(result.criterion, NoWorseThan):
        return visible(result.criterion_text)
    unit = unit_text(result.measurements[0].unit) if result.measurements else ""
    return visible(result.criterion_text) + unit


def worst_first(result: Result) -> list[Measurement]:
    """Measurements with what decided the verdict in front: outside, straddling, then inside."""
    criterion = held_against(result)
    rank = {"outside": 0, "straddles": 1, "inside": 2, None: 3}

    def key(measurement: Measurement) -> tuple[int, float]:
        return rank[decided(measurement, criterion)], -_miss(measurement, criterion)

    return sorted(result.measurements, key=key)


def _miss(measurement: Measurement, criterion: Criterion | None) -> float:
    """How far the value is beyond what is required; negative by how far it is within."""
    if criterion is None or isinstance(criterion, NoWorseThan):
        return 0.0
    if isinstance(criterion, OneOf):
        return min(abs(measurement.value - value) for value in criterion.values)
    lower, upper = criterion.bounds()
    miss = max(lower - measurement.value, measurement.value - upper)
    return miss if math.isfinite(miss) else 0.0
