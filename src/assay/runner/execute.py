"""Carry out a suite: open, expand, observe, fold, judge. The one place that catches errors.

What goes wrong in one check or one subject becomes the verdict ``error`` of the checks concerned,
with the traceback kept; the others go on.
"""

from __future__ import annotations

import os
import time
import traceback
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from assay.core.check import Check, Suite
from assay.core.collection import OfTable, Rows
from assay.core.criterion import NoWorseThan
from assay.core.errors import StorageError
from assay.core.evidence import Evidence, Examples, Text
from assay.core.metric import columns_of
from assay.runner.derive import Deriving, NotApplicable, derived_examples
from assay.runner.expand import expand
from assay.runner.failing import failing_rows
from assay.runner.fold import CAUGHT, Folded, Scans, Task
from assay.runner.judge import Case, Judgement, judge
from assay.runner.levels import too_many
from assay.runner.observe import Observed, Wish, columns_needed, observe
from assay.runner.opening import Opened, open_subjects
from assay.runner.results import failed, made, not_expanded, storable, unless_changed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from assay.core.engine import Engine
    from assay.core.measurement import Estimate
    from assay.core.progress import Progress
    from assay.core.result import Result, SubjectRecord
    from assay.runner.baseline import Baselines
    from assay.runner.journal import Journal
    from assay.runner.kept_states import Store


_FLUSH_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to carry it out.

    Attributes:
        now: the instant that freshness is measured from, seconds since 1970 UTC.
        allow_code: models may be imported from Python, or trusted types constructed.
        baselines: finds the stored run of a ``no_worse_than``.
        states: where those of incremental tables are kept; None reads such a table whole.
        workers: threads for scans and estimates.
    """

    now: float
    allow_code: bool = False
    baselines: Baselines | None = None
    states: Store | None = None
    workers: int = field(default_factory=lambda: min(4, os.cpu_count() or 1))


@dataclass(frozen=True)
class Execution:
    """What came of it: results in the order of the suite, and what was under test.

    Attributes:
        checks: those that could be expanded, in the order of the suite.
        opened: the tables, as the engine still knows them.
    """

    results: list[Result]
    subjects: list[SubjectRecord]
    checks: tuple[Check, ...]
    opened: Opened


def planned_ids(suite: Suite, engine: Engine) -> list[str]:
    """Ids of the suite's checks, in its order, without running anything.

    Raises:
        AssayError: a table cannot be opened, or a check does not fit it.
    """
    opened = open_subjects(suite, engine, allow_code=False)
    for error in opened.errors.values():
        raise error
    expansion = expand(suite, {name: table.schema for name, table in opened.tables.items()})
    for _, problem in expansion.problems:
        raise problem
    return [check.id for check in expansion.checks]


def execute(
    suite: Suite, *, engine: Engine, journal: Journal, progress: Progress, settings: Settings
) -> Execution:
    """Carry out the suite; results already in the journal are taken from there.

    Raises:
        KeyboardInterrupt: as soon as it comes; what is finished is in the journal.
    """
    opened = open_subjects(suite, engine, allow_code=settings.allow_code, states=settings.states)
    expansion = expand(suite, {name: table.schema for name, table in opened.tables.items()})
    finished = journal.finished()
    results: dict[str, Result] = {}
    for spec, problem in expansion.problems:
        result = not_expanded(spec, opened.errors, problem)
        results[result.id] = result
    checks = list(expansion.checks)

    with ThreadPoolExecutor(settings.workers, thread_name_prefix="assay") as pool:
        hashing = opened.fingerprint(pool)
        if finished:
            opened.settle(journal, hashing)
        # A family is judged from all its members, so it is taken from the journal whole or not.
        families: dict[str, list[Check]] = defaultdict(list)
        for check in checks:
            families[check.family].append(check)
        waiting: dict[str, list[Check]] = {}
        for name, members in families.items():
            if all(check.id in finished for check in members):
                results.update((check.id, finished[check.id]) for check in members)
            else:
                waiting[name] = members
        todo = [check for members in waiting.values() for check in members]
        done = len(results)
        progress("checks", done, len(expansion.order))

        if any(not isinstance(check.metric.collection(), OfTable) for check in todo):
            opened.settle(journal, hashing)  # finished observations are found by their data's hash
        planned = _plan(todo, checks, suite, opened, engine, journal.folder, progress)
        judging = _Judging(suite, engine, opened, settings, planned.observed)
        scans = Scans(
            engine, planned.tasks, seed=suite.seed, now=settings.now, growing=opened.growing
        )
        scans.folded.update(planned.failures)
        futures = [pool.submit(scans.scan, table) for table in scans.tables]
        opened.settle(journal, hashing)
        try:
            for future in [None, *as_completed(futures)]:
                if future is not None:
                    future.result()
                    scans.settle()
                    opened.rows = scans.rows()
                ready = [
                    [(check, scans.folded[check.id]) for check in waiting.pop(name)]
                    for name, members in list(waiting.items())
                    if all(check.id in scans.folded for check in members)
                ]
                unwritten: list[Result] = []
                written = time.monotonic()
                for found in pool.map(judging.family, ready):
                    unwritten += found
                    results.update((result.id, result) for result in found)
                    done += len(found)
                    progress("checks", done, len(expansion.order))
                    # A flush costs milliseconds: quick results share one, slow ones are safe soon.
                    if time.monotonic() - written > _FLUSH_S:
                        journal.append(unwritten)
                        unwritten, written = [], time.monotonic()
                if unwritten:
                    journal.append(unwritten)
        except KeyboardInterrupt:
            engine.interrupt()
            for future in futures:
                future.cancel()
            raise
        finally:
            planned.deriving.close()
    changed = opened.changed()
    ordered = [unless_changed(results[name], changed) for name in expansion.order]
    return Execution(ordered, opened.records(), expansion.checks, opened)


@dataclass
class _Planned:
    """Checks turned into tasks on tables; those that cannot be are failures of their own."""

    tasks: list[Task]
    failures: dict[str, BaseException]
    observed: dict[str, Observed]
    deriving: Deriving


def _plan(
    todo: Sequence[Check],
    every: Sequence[Check],
    suite: Suite,
    opened: Opened,
    engine: Engine,
    folder: Path,
    progress: Progress,
) -> _Planned:
    """Tasks for the checks still to do; a model's checks become tasks on its observations.

    What observations carry along follows from ``every`` check of the suite, done or not, so that
    a resumed run finds the observations it has already collected.
    """
    planned = _Planned([], {}, {}, Deriving(opened, engine))
    pending = {check.id for check in todo}
    wishes: dict[Wish, tuple[list[Check], dict[str, None]]] = {}
    for check in every:
        spec = check.spec
        try:
            opened.require(spec.on, spec.data, spec.against)
            if isinstance(check.metric.collection(), Rows):
                if check.id in pending:
                    reference = opened.tables[spec.against].schema if spec.against else None
                    schema = opened.tables[spec.on].schema
                    planned.tasks.append(Task(check, spec.on, schema, spec.against, reference))
                continue
            if isinstance(check.metric.collection(), OfTable):
                if check.id in pending:
                    planned.tasks.append(planned.deriving.task(check))
                continue
            wish = Wish(spec.on, spec.data or "", check.metric.collection())
            carry = columns_needed(check, opened.tables[spec.data].schema) if spec.data else ()
            group, carried = wishes.setdefault(wish, ([], {}))
            group.append(check)
            carried.update(dict.fromkeys(carry))
        except CAUGHT as error:  # the verdict of this check alone
            planned.failures[check.id] = error
    for wish, (group, carried) in wishes.items():
        waiting = [check for check in group if check.id in pending]
        if not waiting:
            continue
        try:
            seen = observe(
                wish, sorted(carried), suite=suite, opened=opened, engine=engine, folder=folder,
                progress=progress,
            )  # fmt: skip
            planned.observed[seen.table] = seen
            planned.tasks += [Task(check, seen.table, seen.schema) for check in waiting]
        except StorageError:
            raise
        except CAUGHT as error:  # the verdict of these checks alone
            planned.failures.update((check.id, error) for check in waiting)
    planned.tasks = [t for t in planned.tasks if not _inapplicable(t, planned.failures)]
    crowded = too_many(engine, planned.tasks, growing=opened.growing)
    planned.tasks = [t for t in planned.tasks if t.check.id not in crowded]
    planned.failures.update(crowded)
    return planned


def _inapplicable(task: Task, failures: dict[str, BaseException]) -> bool:
    """Note a metric that does not apply (or fails to say) instead of folding it."""
    if task.derived:  # asked before they were made
        return False
    try:
        reason = task.check.metric.applicable(task.schema)
        if reason is None and task.reference_schema is not None:
            reason = task.check.metric.applicable(task.reference_schema)
        if reason is None:
            return False
        failures[task.check.id] = NotApplicable(reason)
    except CAUGHT as error:
        failures[task.check.id] = error
    return True


def _guarded(
    case: Case, first: tuple[Estimate, ...], name: str, broken: dict[str, BaseException]
) -> Case:
    """The case, whose estimate fails at a stricter level without stopping the family.

    The error is noted in ``broken`` under the check's name, and the first estimates stand in.
    """

    def estimate(level: float) -> tuple[Estimate, ...]:
        try:
            return case.estimate(level)
        except CAUGHT as error:
            broken[name] = error
            return first

    return replace(case, estimate=estimate)


@dataclass(frozen=True)
class _Judging:
    """What is needed to turn one family's folded checks into results."""

    suite: Suite
    engine: Engine
    opened: Opened
    settings: Settings
    observed: dict[str, Observed]

    def family(self, members: Sequence[tuple[Check, Folded | BaseException]]) -> list[Result]:
        """Results of one family, in its order."""
        results: dict[str, Result] = {}
        cases: list[tuple[Check, Folded, Case]] = []
        broken: dict[str, BaseException] = {}
        for check, folded in members:
            try:
                if isinstance(folded, BaseException):
                    raise folded
                case = self._case(check, folded)
                first = case.estimate(1 - self.suite.gate.false_alarm)
                cases.append((check, folded, _guarded(case, first, check.id, broken)))
            except NotApplicable as reason:
                results[check.id] = made(check, "not_applicable", str(reason))
            except CAUGHT as error:
                results[check.id] = failed(check, error)
        judgements = judge([case for _, _, case in cases], self.suite.gate)
        for (check, folded, case), judgement in zip(cases, judgements, strict=True):
            results[check.id] = (
                failed(check, broken[check.id])
                if check.id in broken
                else self._judged(check, folded, case, judgement)
            )
        return [results[check.id] for check, _ in members]

    def _case(self, check: Check, folded: Folded) -> Case:
        criterion = check.criterion
        if isinstance(criterion, NoWorseThan):
            from assay.runner.baseline import baseline_case

            return baseline_case(
                check, criterion, folded, self.engine, self.settings.baselines, self.observed
            )
        return Case(criterion, str(criterion) if criterion else "", folded.estimate)

    def _judged(self, check: Check, folded: Folded, case: Case, judgement: Judgement) -> Result:
        evidence = self._notes(folded.task)
        try:
            evidence += folded.evidence
            if judgement.verdict in ("fail", "inconclusive"):
                evidence += self._examples(folded.task)
        except CAUGHT:  # a picture that fails must not cost the verdict
            evidence.append(_no_evidence())
        whole = made(
            check, judgement.verdict, judgement.reason, judgement=judgement, evidence=evidence,
            case=case,
        )  # fmt: skip
        try:
            return storable(whole)
        except CAUGHT:  # what is not plain data: the evidence, or what was measured
            try:
                return storable(msgspec.structs.replace(whole, evidence=[_no_evidence()]))
            except CAUGHT as error:
                return failed(check, error)

    def _notes(self, task: Task) -> list[Evidence]:
        """What a person should know of the predictions that a check rests on."""
        seen = self.observed.get(task.table)
        if seen is None or not seen.notes:
            return []
        return [Text(title="About these predictions", text="\n".join(seen.notes))]

    def _examples(self, task: Task) -> list[Evidence]:
        where = failing_rows(task)
        if where is None:
            return []
        if task.derived:
            return derived_examples(self.engine, task, where)
        first = [*columns_of(task.check.metric), *(c for by in task.check.spec.by for c in by)]
        unit = self.opened.unit(task.check.spec.on)
        names = dict.fromkeys([*([unit] if unit else []), *first, *task.schema.names])
        columns, rows, total = self.engine.examples(
            task.table, where, columns=list(names)[: max(8, len(first))], limit=10
        )
        if not rows:
            return []
        return [Examples(title="Rows that fail", columns=columns, rows=rows, total=total)]


def _no_evidence() -> Evidence:
    return Text(title="Evidence failed", text=traceback.format_exc())
