"""Carry out a suite: open, expand, observe, fold, judge. The one place that catches errors.

What goes wrong in one check or one subject becomes the verdict ``error`` of the checks concerned,
with the traceback kept; the others go on.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from assay.core.check import Check, Suite
from assay.core.collection import OfTable
from assay.runner.expand import expand
from assay.runner.fold import Scans
from assay.runner.judging import Judging
from assay.runner.opening import Opened, open_subjects
from assay.runner.overlap import Overlaps
from assay.runner.results import not_expanded, unless_changed
from assay.runner.tasks import plan

if TYPE_CHECKING:
    from pathlib import Path

    from assay.core.engine import Engine
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
        answers: file of language models' answers in earlier runs; None keeps none.
        workers: threads for scans and estimates.
    """

    now: float
    allow_code: bool = False
    baselines: Baselines | None = None
    states: Store | None = None
    answers: Path | None = None
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
    expansion = expand(suite, opened.schemas)
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
    expansion = expand(suite, opened.schemas)
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
        planned = plan(
            todo, checks, suite, opened, engine, folder=journal.folder, progress=progress,
            answers=settings.answers,
        )  # fmt: skip
        overlaps = Overlaps(engine, opened)
        judging = Judging(suite, engine, opened, settings.baselines, planned.observed, overlaps)
        futures: list[Future[None]] = []
        try:
            for draw in planned.draws:
                drawn = draw.results(judging, settings.now)
                journal.append(list(drawn.values()))
                results |= drawn
                waiting = {name: some for name, some in waiting.items() if some[0].id not in drawn}
                done += len(drawn)
                progress("checks", done, len(expansion.order))
            scans = Scans(
                engine, planned.tasks, seed=suite.seed, now=settings.now, growing=opened.growing
            )
            scans.folded.update(planned.failures)
            futures += [pool.submit(scans.scan, table) for table in scans.tables]
            import_module("numpy")  # what judges needs it: while engines read is the time for it
            opened.settle(journal, hashing)
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
