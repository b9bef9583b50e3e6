"""A pilot: the suite's own checks over some rows, so that it is known how much values vary."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from assay.core.check import GatePolicy, ModelSpec, SamplesSpec, TableSpec
from assay.core.collection import Latency, Load, Predictions
from assay.core.source import Files, Memory
from assay.runner.execute import Settings, execute
from assay.runner.journal import Journal
from assay.runner.observe import Wish, wishes_of
from assay.runner.planning.asking import drawn_samples, kept_answers, paid
from assay.runner.planning.drawn_tables import drawn
from assay.runner.planning.spending import spent, total

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from assay.collect.generation.store import Totals
    from assay.core.check import Check, CheckSpec, SubjectSpec, Suite
    from assay.core.engine import Engine
    from assay.core.progress import Progress
    from assay.core.result import Result
    from assay.runner.baseline import Baselines
    from assay.runner.opening import Opened
    from assay.runner.planning.record import Spending


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What to do for a pilot.

    Attributes:
        rows: how many to draw of each table.
        engine: opens one more engine for it: in a folder for what it spills.
        baselines: finds the stored run of a ``no_worse_than``.
    """

    rows: int
    engine: Callable[[str], Engine]
    allow_code: bool
    baselines: Baselines | None
    progress: Progress


@dataclass(frozen=True)
class Pilot:
    """What it found.

    Attributes:
        results: by check id.
        rows: how many were drawn, by table.
        paces: seconds for a row (for latency: a call), by the name of the observations.
        spent: on models; None where none was asked.
        answers: what came of asking language models, by the name of the observations.
    """

    results: Mapping[str, Result]
    rows: Mapping[str, int]
    paces: Mapping[str, float]
    spent: Spending | None
    answers: Mapping[str, Totals]


def carry_out(
    opened: Opened,
    checks: Sequence[Check],
    sizes: Mapping[str, int],
    engine: Engine,
    asked: Asked,
    *,
    whole: frozenset[str],
) -> Pilot:
    """Measure the checks over rows that are drawn at random.

    Args:
        sizes: rows of each table that the checks rest on.
        engine: knows the suite's tables.
        whole: tables that checks look keys up in: these are not drawn from.

    Raises:
        AssayError: a table cannot be read to its end.
    """
    with TemporaryDirectory(prefix="assay-") as folder:
        return _carried_out(opened, checks, sizes, engine, asked, whole, folder)


def _carried_out(
    opened: Opened,
    checks: Sequence[Check],
    sizes: Mapping[str, int],
    engine: Engine,
    asked: Asked,
    whole: frozenset[str],
    folder: str,
) -> Pilot:
    suite = opened.suite
    samples = os.path.join(folder, "samples")
    os.mkdir(samples)
    subjects: dict[str, SubjectSpec] = {}
    taken: dict[str, int] = {}
    for name in _used(checks):
        spec = suite.subjects[name]
        if isinstance(spec, TableSpec) and name in sizes and name not in whole:
            table = drawn(
                engine, name, asked.rows, of=sizes[name], seed=suite.seed,
                cluster=spec.cluster,
            )  # fmt: skip
            taken[name] = table.num_rows
            spec = replace(spec, source=Memory(table), incremental=False, quarantine=None)
        elif isinstance(spec, SamplesSpec) and name in opened.samples:
            spec, taken[name] = drawn_samples(
                opened.samples[name], spec, asked.rows, seed=suite.seed, folder=samples
            )
        subjects[name] = spec
    for name in whole:
        subjects[name] = _whole(suite.subjects[name], name, sizes, engine)
    small = replace(
        suite,
        subjects=subjects,
        checks=tuple(_specs(checks, asked.rows, sizes)),
        gate=GatePolicy(false_alarm=suite.gate.false_alarm, correction="none"),
        notify=(),
    )
    watch = _Watch(asked.progress)
    journal = Journal(Path(folder) / "pilot")
    open_engine = asked.engine(folder)
    try:
        done = execute(
            small, engine=open_engine, journal=journal, progress=watch,
            settings=Settings(
                now=time.time(), allow_code=asked.allow_code, baselines=asked.baselines
            ),
        )  # fmt: skip
    finally:
        open_engine.close()
    results = {r.id: r for r in done.results}
    measured = {c.id: c for c in done.checks}
    paces, bills = _paces(measured, results, small, taken, watch)
    answers = kept_answers(journal.folder)
    for name, came in answers.items():
        seconds, rows = watch.seconds(f"answers {name}"), taken.get(name.partition("@")[2], 0)
        if seconds is not None and rows:
            paces[name] = seconds / rows
        bills.append(paid(came, rows=rows, seconds=seconds))
    return Pilot(results, taken, paces, total(bills), answers)


def _whole(spec: SubjectSpec, name: str, sizes: Mapping[str, int], engine: Engine) -> SubjectSpec:
    """A table with all its rows, where another engine finds them too."""
    if not isinstance(spec, TableSpec) or isinstance(spec.source, Files):
        return spec
    table = drawn(engine, name, sizes[name], of=sizes[name], seed=0)
    return replace(spec, source=Memory(table), quarantine=None)


def _used(checks: Sequence[Check]) -> list[str]:
    names = (n for c in checks for n in (c.spec.on, c.spec.data, c.spec.against) if n is not None)
    return list(dict.fromkeys(names))


def _specs(checks: Sequence[Check], rows: int, sizes: Mapping[str, int]) -> list[CheckSpec]:
    """The checks as written, under their own ids, fitted to fewer rows and calls."""
    found: list[CheckSpec] = []
    for check in checks:
        spec = check.spec
        params = dict(spec.params)
        wish = check.metric.collection()
        if isinstance(wish, Latency) and "repeats" in check.metric.parameters():
            params["repeats"] = min(wish.repeats, rows)
        if isinstance(wish, Load):
            params["requests"] = min(wish.requests, rows)
        table = spec.data or spec.on
        share = min(1.0, rows / max(sizes.get(table, rows), 1))
        smallest = max(1, math.ceil(spec.min_slice * share))
        found.append(replace(spec, id=check.id, params=params, min_slice=smallest))
    return found


def _paces(
    checks: Mapping[str, Check],
    results: Mapping[str, Result],
    suite: Suite,
    taken: Mapping[str, int],
    watch: _Watch,
) -> tuple[dict[str, float], list[Spending]]:
    """Seconds for a row or a call of each collection, and what the pilot spent on it."""
    paces: dict[str, float] = {}
    bills: dict[Wish, Spending] = {}
    for name, check in checks.items():
        spec = suite.subjects[check.spec.on]
        if not isinstance(spec, ModelSpec):
            continue
        for wish in wishes_of(check):
            rows = taken.get(wish.data, 0)
            pace = None
            match wish.collection:
                case Predictions():
                    seconds = watch.seconds(f"predictions {wish.table}")
                    if seconds is None:  # the model was never called
                        continue
                    pace = seconds / rows if rows else None
                case Latency():
                    timed = [m.value for m in results[name].measurements if m.unit == "s"]
                    pace = max(timed, default=None)
            if pace is not None:
                paces[pace_name(wish)] = pace
            bills[wish] = spent(wish.collection, rows, spec, pace)
    return paces, list(bills.values())


def pace_name(wish: Wish) -> str:
    """A name that does not depend on how often a call is timed."""
    match wish.collection:
        case Latency(batch_size, _, _):
            return f"{wish.model}@{wish.data}:latency({batch_size})"
        case _:
            return wish.table


class _Watch:
    """Passes progress on, and notes when each task began and how far it last was."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._times: dict[str, tuple[float, float]] = {}

    def __call__(self, task: str, done: int, total: int | None, /) -> None:
        now = time.perf_counter()
        self._times[task] = (self._times.get(task, (now, now))[0], now)
        self._progress(f"pilot: {task}", done, total)

    def seconds(self, task: str) -> float | None:
        """How long the task took; None where it never told."""
        if task not in self._times:
            return None
        began, ended = self._times[task]
        return ended - began
