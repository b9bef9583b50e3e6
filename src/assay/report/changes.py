"""What is different from an earlier run. Nothing is tested here: intervals are only looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.core.measurement import Measurement
    from assay.core.result import Result, Run, Verdict

_RANK: dict[Verdict, int] = {
    "pass": 0, "not_applicable": 1, "skipped": 1, "inconclusive": 2, "fail": 3, "error": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A check that was judged otherwise before."""

    before: Result
    now: Result

    @property
    def worse(self) -> bool:
        """Whether it went from better to worse."""
        return _RANK[self.now.verdict] > _RANK[self.before.verdict]


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A measurement of the same check and key with another value.

    ``apart``: the two intervals do not overlap. Where they do, the values may still differ; a
    comparison of the two runs tests that.
    """

    result: Result
    before: Measurement
    now: Measurement
    apart: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """From one run to another; ``subjects`` names those with another content."""

    verdicts: list[VerdictChange]
    values: list[ValueChange]
    unchanged: int
    added: list[Result]
    removed: list[Result]
    suite_changed: bool
    subjects: list[str]

    @property
    def nothing(self) -> bool:
        """Whether every check, verdict and value is as it was."""
        return not (self.verdicts or self.values or self.added or self.removed)


def changes(run: Run, previous: Run) -> Changes:
    """What changed from ``previous`` to ``run``: worsened verdicts and intervals apart first."""
    before = {result.id: result for result in previous.results}
    now = {result.id: result for result in run.results}
    both = [(before[result.id], result) for result in run.results if result.id in before]
    verdicts = [VerdictChange(old, new) for old, new in both if old.verdict != new.verdict]
    values = [change for old, new in both for change in _values(old, new)]
    moved = {change.result.id for change in values} | {change.now.id for change in verdicts}
    fingerprints = {subject.name: subject.fingerprint for subject in previous.subjects}
    return Changes(
        verdicts=sorted(verdicts, key=lambda change: not change.worse),
        values=sorted(values, key=lambda change: not change.apart),
        unchanged=sum(new.id not in moved for _, new in both),
        added=[result for result in run.results if result.id not in before],
        removed=[result for result in previous.results if result.id not in now],
        suite_changed=run.suite.fingerprint != previous.suite.fingerprint,
        subjects=[
            subject.name
            for subject in run.subjects
            if fingerprints.get(subject.name) != subject.fingerprint
        ],
    )


def _values(before: Result, now: Result) -> list[ValueChange]:
    """Other values; sums taken in another order differ in their last digits, and mean no change."""
    earlier = {tuple(m.key.items()): m for m in before.measurements}
    pairs = [
        (earlier[tuple(m.key.items())], m)
        for m in now.measurements
        if tuple(m.key.items()) in earlier
    ]
    return [
        ValueChange(now, old, new, _apart(old, new))
        for old, new in pairs
        if not math.isclose(old.value, new.value, rel_tol=1e-10, abs_tol=1e-15)
    ]


def _apart(one: Measurement, other: Measurement) -> bool:
    first, second = sorted((one, other), key=lambda m: m.value)
    return first.high is not None and second.low is not None and first.high < second.low
