"""What a webhook is told: a versioned document without a row, a path or a secret.

Names (of the suite, of checks, of tables), figures and criteria: what is needed to see what is
wrong and where to look. Values of rows and slices, reasons that may quote them, and places of
files stay where the run is stored.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from assay.core.criterion import NoWorseThan
from assay.core.measurement import Measurement
from assay.core.result import Outcome, Result, Run, Score, Verdict

SCHEMA = "assay.notification/1"
MOST_CHECKS = 50
"""Checks that are told one by one: a body stays under 20 kB (Standard Webhooks, payload size)."""

_RANK: dict[Verdict, int] = {
    "error": 0, "fail": 1, "skipped": 2, "inconclusive": 3, "not_applicable": 4, "pass": 5,
}  # fmt: skip


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured: of several values the one that decided, without the slice's name.

    Attributes:
        low, high: the interval; null where it is unbounded.
        level: its confidence level; null for a census.
        n: rows that it rests on.
        of: how many values the check has.
    """

    value: float
    low: float | None
    high: float | None
    level: float | None
    n: int
    unit: str
    of: int


class FailingCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A check that did not pass; ``value`` is null where nothing could be measured."""

    id: str
    metric: str
    on: str
    severity: Literal["block", "warn", "info"]
    verdict: Verdict
    criterion: str
    value: Value | None


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """The run.

    Attributes:
        decision: ``pass``, ``warn`` or ``block``.
        counts: checks by verdict.
        failing: checks that did not pass, worst first, at most 50 of ``failing_total``.
        quarantined: rows written aside, by table.
    """

    run: str
    name: str | None
    suite: str
    decision: Outcome
    exit_code: int
    reason: str
    duration_s: float
    counts: dict[Verdict, int]
    scores: list[Score]
    failing: list[FailingCheck]
    failing_total: int
    quarantined: dict[str, int]


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a webhook.

    Attributes:
        type: ``assay.run.`` and the decision.
        timestamp: when the run began, ISO 8601 with offset.
    """

    schema: str = SCHEMA
    type: str
    timestamp: str
    data: Data


def notification(run: Run) -> Notification:
    """What is told of a run."""
    failing = sorted(
        (r for r in run.results if r.verdict not in ("pass", "not_applicable")),
        key=lambda r: (("block", "warn", "info").index(r.severity), _RANK[r.verdict]),
    )
    data = Data(
        run=run.run.id,
        name=run.run.name,
        suite=run.suite.name,
        decision=run.decision,
        exit_code=run.run.exit_code,
        reason=run.run.reason,
        duration_s=run.duration_s,
        counts=run.counts(),
        scores=run.scores,
        failing=[_check(result) for result in failing[:MOST_CHECKS]],
        failing_total=len(failing),
        quarantined={
            subject.name: subject.quarantined
            for subject in run.subjects
            if subject.quarantined is not None
        },
    )
    return Notification(type=f"assay.run.{run.decision}", timestamp=run.started, data=data)


def notification_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the body; within a version fields are only added."""
    (root,), definitions = msgspec.json.schema_components(
        [Notification], ref_template="#/$defs/{name}"
    )
    definitions["Notification"]["properties"]["schema"] = {"const": SCHEMA}
    definitions["Notification"]["required"].insert(0, "schema")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':').replace('.', ':')}",
        "title": f"Assay notification, {SCHEMA}",
        **root,
        "$defs": definitions,
    }


def _check(result: Result) -> FailingCheck:
    first = _decisive(result)
    value = None
    if first is not None:
        value = Value(
            value=first.value, low=first.low, high=first.high, level=first.level, n=first.n,
            unit=first.unit, of=len(result.measurements),
        )  # fmt: skip
    return FailingCheck(
        id=result.id, metric=result.metric, on=result.on, severity=result.severity,
        verdict=result.verdict, criterion=result.criterion_text, value=value,
    )  # fmt: skip


def _decisive(result: Result) -> Measurement | None:
    """The first measurement that is outside the criterion, else across it, else the first."""
    criterion = result.judged_as or result.criterion
    if criterion is not None and not isinstance(criterion, NoWorseThan):
        for decision in ("outside", "straddles"):
            for measurement in result.measurements:
                if criterion.decide(measurement) == decision:
                    return measurement
    return result.measurements[0] if result.measurements else None
