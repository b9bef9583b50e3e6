"""Deciding on an experiment: the next step of its rollout, which arm to take, and for whom."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from assay.api.experiment import load
from assay.experiments.rollout.plan_reading import rollout_plan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from assay.engines.duckdb.working import WorkingEngine
    from assay.experiments.heterogeneity import SlicedEffect
    from assay.experiments.novelty import Novelty
    from assay.experiments.rollout.machine import Action
    from assay.experiments.rollout.plan import RolloutPlan
    from assay.experiments.rollout.steps import Step
    from assay.experiments.spec import ExperimentSpec
    from assay.experiments.winner import Choice


def decide(
    what: str | Path | ExperimentSpec,
    *,
    home: str | Path = ".assay",
    as_of: datetime | None = None,
    memory_limit: str = "1GB",
) -> Step | Choice:
    """Analyse an experiment and decide what follows.

    With a ``rollout`` section, the next step of the rollout, which is written to its journal in
    ``home``; the first call begins it. Without one, which arm to take; nothing is written.

    Args:
        as_of: decide as at this moment, by the data up to it; now where not given.

    Raises:
        AssayError: the file is wrong, a table cannot be read, another process decides, or the
            journal cannot be written or read.
    """
    spec = load(what)
    plan = rollout_plan(spec)
    now = time.time() if as_of is None else as_of.timestamp()
    if plan is not None:
        return _step(spec, plan, Path(home), now=now, memory_limit=memory_limit)
    from assay.experiments.analyzing import analyze
    from assay.experiments.document import results
    from assay.experiments.winner import choose

    with ExitStack() as stack:
        found = analyze(spec, _engine(stack, memory_limit))
        return choose(spec, found, results(spec, found))


def intervene(
    what: str | Path | ExperimentSpec,
    action: Action,
    *,
    reason: str,
    home: str | Path = ".assay",
    as_of: datetime | None = None,
) -> Step:
    """A person's decision on a rollout: ``pause``, ``resume``, ``advance`` or ``rollback``.

    Raises:
        AssayError: the experiment has no rollout, or that cannot follow on where it stands.
    """
    from assay.core.errors import SuiteError
    from assay.experiments.rollout import steps

    spec = load(what)
    plan = rollout_plan(spec)
    if plan is None:
        raise SuiteError(
            f"The experiment {spec.name!r} has no rollout.", hint="Add a `rollout:` section."
        )
    now = None if as_of is None else as_of.timestamp()
    return steps.intervene(Path(home), plan, action, reason=reason, now=now)


def current(what: str | Path | ExperimentSpec, *, home: str | Path = ".assay") -> ExperimentSpec:
    """The experiment with the shares that its rollout gives the arms now: to assign units by.

    An experiment without a rollout is given back as it is.
    """
    from assay.experiments.rollout.machine import weights
    from assay.experiments.rollout.stage_analysis import weighted
    from assay.experiments.rollout.steps import standing

    spec = load(what)
    plan = rollout_plan(spec)
    if plan is None:
        return spec
    return weighted(spec, weights(plan, standing(Path(home), plan)))


def slices(
    what: str | Path | ExperimentSpec,
    *,
    metric: str,
    by: Sequence[str],
    arm: str | None = None,
    level: float = 0.95,
    memory_limit: str = "1GB",
) -> tuple[SlicedEffect, ...]:
    """Whether an arm's effect on a metric differs between slices, and in which there is one.

    Args:
        by: columns of the assignments, known before the experiment.

    Raises:
        AssayError: no such metric, arm or column, or a table cannot be read.
        ValueError: a column has fewer than two slices that can be compared.
    """
    from assay.experiments.heterogeneity import slice_experiment

    spec = load(what)
    with ExitStack() as stack:
        engine = _engine(stack, memory_limit)
        return slice_experiment(spec, engine, metric=metric, by=by, arm=arm, level=level)


def lasting(
    what: str | Path | ExperimentSpec,
    *,
    metric: str,
    days: int,
    arm: str | None = None,
    level: float = 0.95,
    memory_limit: str = "1GB",
) -> Novelty:
    """Whether an arm's effect on a metric lasts: its trend over the days since a unit's assignment.

    Args:
        days: to follow each unit; those assigned too late for that are left out.

    Raises:
        AssayError: no such metric or arm, no times in the file, a table that cannot be read, or
            too few units that were followed that long.
    """
    from assay.experiments.novelty_log import follow_experiment

    spec = load(what)
    with ExitStack() as stack:
        engine = _engine(stack, memory_limit)
        return follow_experiment(spec, engine, metric=metric, days=days, arm=arm, level=level)


def _step(
    spec: ExperimentSpec, plan: RolloutPlan, home: Path, *, now: float, memory_limit: str
) -> Step:
    from assay.experiments.rollout import steps
    from assay.experiments.rollout.stage_analysis import stage_findings

    state = steps.standing(home, plan)
    if state.status == "planned" or state.ended:
        return steps.start(home, plan, now=now)
    with ExitStack() as stack:
        engine = _engine(stack, memory_limit)
        findings = stage_findings(spec, plan, state, engine, now=now)
    return steps.decide(home, plan, findings, now=now)


def _engine(stack: ExitStack, memory_limit: str) -> WorkingEngine:
    from assay.engines.duckdb.working import WorkingEngine

    spill = stack.enter_context(TemporaryDirectory(prefix="assay-"))
    return stack.enter_context(WorkingEngine(memory_limit=memory_limit, temp_directory=spill))
