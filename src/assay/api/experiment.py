"""Experiments: how many units they need, who is in which arm, and what came of it."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from assay.api.outcome import Run, outcome
from assay.core import result as core
from assay.core.check import GatePolicy
from assay.core.errors import SubjectError, SuiteError
from assay.core.source import Files
from assay.experiments.reading import load_experiment
from assay.experiments.spec import ExperimentSpec
from assay.gate.policy import decide
from assay.history.run_id import new_run_id
from assay.history.store import History, check_name
from assay.runner.provenance import environment, text_fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.source import Source
    from assay.engines.duckdb.working import WorkingEngine
    from assay.experiments.design import Design


def load(what: str | Path | ExperimentSpec) -> ExperimentSpec:
    """The experiment of a file; one that is loaded already is given back.

    Raises:
        SuiteError: the file is not an experiment; all that is wrong with it, with its place.
    """
    return what if isinstance(what, ExperimentSpec) else load_experiment(what)


def analyze(
    what: str | Path | ExperimentSpec,
    *,
    home: str | Path | None = None,
    name: str | None = None,
    memory_limit: str = "1GB",
) -> Run:
    """Analyse an experiment and judge its metrics.

    Args:
        what: path of an experiment file, or the experiment.
        home: folder of the history to keep the run in; None keeps nothing.
        name: name to keep it under.
        memory_limit: what DuckDB may hold in memory; more goes to disk.

    Returns:
        A run whose results are ``sample_ratio``, ``log_quality``, and one for each metric and
        treatment arm. Its gate passes where an arm wins: all primary metrics are better, all
        guardrails within their margins, and the arms' sizes as promised.

    Raises:
        AssayError: the file is wrong, or a table cannot be read.
    """
    from assay.experiments.analyzing import analyze as analysed
    from assay.experiments.document import results

    clock, now = time.perf_counter(), datetime.now(UTC)
    spec = load(what)
    if name is not None:
        check_name(name)
    with ExitStack() as stack:
        engine = _engine(stack, memory_limit)
        found = results(spec, analysed(spec, engine))
        subjects = _subjects(spec, engine)
    policy = GatePolicy(
        inconclusive="block",
        false_alarm=1 - spec.analysis.level,
        correction=spec.analysis.correction,
    )
    decision = decide(found, policy)
    run = core.Run(
        run=core.RunRecord(
            id=new_run_id(now), name=name, seed=0, status="finished",
            exit_code=decision.exit_code, reason=decision.reason,
        ),
        suite=core.SuiteRecord(
            name=spec.name, file=spec.file, fingerprint=text_fingerprint(spec.text or repr(spec)),
            text=spec.text, gate=policy,
        ),
        decision=decision.decision,
        started=now.isoformat(timespec="seconds"),
        duration_s=round(time.perf_counter() - clock, 3),
        environment=environment(),
        subjects=subjects,
        results=found,
    )  # fmt: skip
    if home is not None:
        history = History(Path(home))
        history.begin(run.run.id, spec.name, run.started)
        run = history.save(run)
    return outcome(run)


def assign(
    what: str | Path | ExperimentSpec,
    units: Any,
    *,
    to: str | Path,
    column: str | None = None,
) -> dict[str, int]:
    """Assign the units of a table and write them with their arms; how many each arm has.

    Args:
        units: a path, a frame, or a database's table, as in a suite.
        to: a ``.parquet`` or ``.csv`` file: the units, each once, and their ``arm`` (null for
            those that take no part).
        column: of the units; None takes the experiment's ``unit``.

    Raises:
        AssayError: the experiment is wrong, the table cannot be read, or the file not be written.
    """
    from assay.experiments.assigning import arms_of, format_of, write_arms
    from assay.subjects.table import table_source

    spec, path = load(what), Path(to)
    format_of(path)  # refused before the work
    source: Source = table_source(units, ".")
    if isinstance(source, Files) and path.resolve() in {Path(p).resolve() for p in source.paths}:
        raise SubjectError(
            f"{str(path)!r} is the table of the units itself.", hint="Write to another file."
        )
    with ExitStack() as stack:
        engine = _engine(stack, "1GB")
        return write_arms(arms_of(spec, engine, source, name=column or spec.unit), path)


def design(
    what: str | Path | ExperimentSpec,
    *,
    baselines: Mapping[str, float] | None = None,
    sds: Mapping[str, float] | None = None,
    lifts: Mapping[str, float] | None = None,
    effects: Mapping[str, float] | None = None,
    power: float = 0.8,
    units_per_day: float | None = None,
) -> list[Design]:
    """How many units each metric needs.

    Args:
        baselines: values of metrics by name; those that are missing are measured in the tables of
            the file, all arms together.
        sds: standard deviations of a unit's value, for metrics that are no proportions.
        lifts, effects: the least effects worth finding, by metric or for all (``*``).
        power: probability of finding them.
        units_per_day: to tell how long it takes.

    Raises:
        AssayError: something of a metric is not known, or its tables cannot be read.
    """
    from assay.experiments.design import Baseline, designed

    spec = load(what)
    known = {
        name: Baseline(value=value, sd=(sds or {}).get(name))
        for name, value in (baselines or {}).items()
    }
    for name in {*known, *(sds or {}), *(lifts or {}), *(effects or {})} - {"*"}:
        _check_metric(spec, name)
    planned = [m for m in spec.metrics if m.kind not in ("quantile", "time_to_event")]
    if any(metric.name not in known for metric in planned):
        known = _measured(spec) | known
    made = []
    for metric in planned:
        baseline = known.get(metric.name)
        if baseline is None or (baseline.sd is None and metric.kind != "proportion"):
            raise SuiteError(
                f"The metric {metric.name!r} has no baseline.",
                hint="Give its value (and the standard deviation of a unit), or past data as "
                "`assignments` and `events`.",
            )
        made.append(
            designed(
                spec, metric, baseline, power=power, units_per_day=units_per_day,
                lift=_for(metric.name, lifts), effect=_for(metric.name, effects),
            )
        )  # fmt: skip
    return made


def _for(name: str, given: Mapping[str, float] | None) -> float | None:
    """What is given for a metric, else for all."""
    return (given or {}).get(name, (given or {}).get("*"))


def _check_metric(spec: ExperimentSpec, name: str) -> None:
    from assay.core.errors import did_you_mean

    names = [metric.name for metric in spec.metrics]
    if name not in names:
        raise SuiteError(
            f"The experiment has no metric {name!r}.{did_you_mean(name, names)}",
            hint=f"It has: {', '.join(names) or 'none'}.",
        )


def _measured(spec: ExperimentSpec) -> dict[str, Any]:
    """Baselines from the tables of the file."""
    from assay.experiments.collecting import collect
    from assay.experiments.design import baselines

    if spec.assignments is None:
        return {}
    with ExitStack() as stack:
        return dict(baselines(spec, collect(spec, _engine(stack, "1GB"))))


def _engine(stack: ExitStack, memory_limit: str) -> WorkingEngine:
    from assay.engines.duckdb.working import WorkingEngine

    spill = stack.enter_context(TemporaryDirectory(prefix="assay-"))
    return stack.enter_context(WorkingEngine(memory_limit=memory_limit, temp_directory=spill))


def _subjects(spec: ExperimentSpec, engine: WorkingEngine) -> list[core.SubjectRecord]:
    from assay.experiments.log import ASSIGNMENTS, EVENTS
    from assay.subjects.table import describe, fingerprint

    found = []
    for name, given in ((ASSIGNMENTS, spec.assignments), (EVENTS, spec.events)):
        if given is not None:
            found.append(
                core.SubjectRecord(
                    name=name, kind="table", description=describe(given.source),
                    fingerprint=fingerprint(given.source),
                    columns=list(engine.schema(name).names),
                )
            )  # fmt: skip
    return found
