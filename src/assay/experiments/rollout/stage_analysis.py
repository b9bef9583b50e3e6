"""The analysis of one stage: the experiment's tables, between the stage's beginning and now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assay.core.errors import AssayError
from assay.experiments.analyzing import Estimator, analyze
from assay.experiments.rollout.findings import Effect, Findings
from assay.experiments.rollout.machine import weights
from assay.experiments.rollout.rules import tuned_for
from assay.experiments.spec import AnalysisSpec
from assay.inference.interval import z_value
from assay.inference.sequential.anytime import anytime_level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.engines.duckdb.working import WorkingEngine
    from assay.experiments.rollout.machine import State
    from assay.experiments.rollout.plan import RolloutPlan
    from assay.experiments.spec import ExperimentSpec


def weighted(spec: ExperimentSpec, shares: Mapping[str, float]) -> ExperimentSpec:
    """The experiment with these arms and shares only: to assign by, while a rollout lasts."""
    overrides = {unit: arm for unit, arm in spec.overrides.items() if arm in shares}
    return replace(spec, arms=dict(shares), overrides=overrides)


def stage_findings(
    spec: ExperimentSpec, plan: RolloutPlan, state: State, engine: WorkingEngine, *, now: float
) -> Findings:
    """What the data of the present stage say.

    The analysis sees units that came in during the stage (where assignments have a time) and
    events of the stage, with the arms' shares of the stage: pooling stages of different shares
    would mix effects with what changed over time (Simpson's paradox: Crook, Frasca, Kohavi &
    Longbotham 2009, KDD 1105, pitfall 4).

    Args:
        now: data up to this moment count, seconds since 1970 UTC.

    Raises:
        AssayError: the tables cannot be read, or the stage begins after ``now``.
    """
    if now <= state.since:
        began = datetime.fromtimestamp(state.since, UTC).isoformat(timespec="seconds")
        raise AssayError(
            f"The stage began at {began}: there is nothing before that to judge it by.",
            hint="Ask again later, or give a later moment with --as-of.",
        )
    wanted = (plan.primary, *plan.guardrails)
    since, until = (datetime.fromtimestamp(at, UTC) for at in (state.since, now))
    staged = replace(
        weighted(spec, weights(plan, state)),
        start=since,
        end=until,
        analysis=AnalysisSpec(method="frequentist", correction="none"),
        metrics=tuple(m for m in spec.metrics if m.name in wanted),
    )
    found = analyze(staged, engine)
    tuned = tuned_for(plan.stages[state.stage])
    effects: list[Effect] = []
    missing: dict[str, str] = {}
    for estimator in found.estimators:
        if not isinstance(estimator, Estimator):
            missing[estimator.metric] = estimator.reason.reason
            continue
        effect = _effect(plan, estimator, tuned)
        if effect is None:
            name = estimator.metric.name
            missing[name] = "the control's value is not above 0, so there is no relative change"
        else:
            effects.append(effect)
    return Findings(
        at=now,
        since=state.since,
        counts=dict(found.analysis.units),
        effects=tuple(effects),
        missing=missing,
    )


def _effect(plan: RolloutPlan, estimator: Estimator, tuned: float) -> Effect | None:
    """The effect with its reach, taken where the interval that may roll back ends."""
    metric, contrast = estimator.metric, estimator.contrast
    n = contrast.control_n + contrast.n
    level = anytime_level(n / tuned, plan.harm_level())
    primary = metric.name == plan.primary
    relative = plan.relative if primary else metric.relative
    interval = (estimator.inference.lift if relative else estimator.inference.difference)(level)
    if interval is None:
        return None
    value = contrast.value - contrast.control_value
    if relative:
        value = contrast.value / contrast.control_value - 1
    z = z_value(level)
    return Effect(
        name=metric.name,
        value=float(value),
        down=_reach(value - interval.low, z),
        up=_reach(interval.high - value, z),
        n=n,
        higher_is_better=metric.higher_is_better,
        margin=plan.margin if primary else (metric.margin or 0.0),
    )


def _reach(distance: float, z: float) -> float | None:
    return max(0.0, float(distance)) / z if distance < float("inf") else None
