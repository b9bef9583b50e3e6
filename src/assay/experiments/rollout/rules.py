"""The rules of a rollout: plan, state and findings to a decision. Pure: no clock, no disk."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from assay.experiments.rollout.findings import sample_ratio_p_value
from assay.experiments.rollout.machine import weights

if TYPE_CHECKING:
    from assay.experiments.rollout.findings import Effect, Findings
    from assay.experiments.rollout.machine import Action, State
    from assay.experiments.rollout.plan import RolloutPlan, Stage
    from assay.inference.interval import Interval

TUNED_FOR = 10_000.0
"""Units at which the intervals are shortest where a stage's minimum does not say more."""


def tuned_for(stage: Stage) -> float:
    """Units at which a stage's intervals are shortest: a choice made before any data."""
    return max(TUNED_FOR, float(stage.min_units))


class Decision(NamedTuple):
    """What to do, why, and the figures it rests on."""

    action: Action
    reasons: tuple[str, ...]
    figures: dict[str, float]


class _Seen(NamedTuple):
    """Harms that are shown, and the figures behind."""

    harms: tuple[str, ...]
    figures: dict[str, float]


def judge(plan: RolloutPlan, state: State, findings: Findings) -> Decision:
    """What follows for a rollout that runs or is paused.

    In this order: a wrong sample ratio pauses, for no other figure can be trusted then; harm that
    is shown rolls back; a stage too young holds; one that shows what it needs passes; one that ran
    out of time ends as planned; any other holds.

    All intervals hold at every look of a stage, so it does not matter how often this is asked.

    Raises:
        ValueError: the rollout neither runs nor is paused.
    """
    if state.status not in ("running", "paused"):
        raise ValueError(f"a rollout that is {state.status} has nothing to decide")
    stage = plan.stages[state.stage]
    hours = max(0.0, (findings.at - state.since) / 3600)
    figures = {"stage": float(state.stage), "hours": hours, "units": float(findings.units)}
    if findings.since < state.since - _CLOCK:
        why = (
            "The analysis holds data from before this stage, when the arms had other shares of "
            "the traffic: analyse from the stage's beginning on."
        )
        return Decision("hold", (why,), figures)
    ratio = sample_ratio_p_value(findings.counts, weights(plan, state))
    figures["sample_ratio_p"] = ratio
    if ratio < plan.sample_ratio and findings.units:
        return _mismatch(plan, state, findings, figures)
    tuned = tuned_for(stage)
    seen = _look(plan, findings, tuned)
    figures |= seen.figures
    if seen.harms:
        return Decision("rollback", seen.harms, figures)
    if state.status == "paused":
        why = "The rollout is paused: a person resumes it, or rolls it back."
        return Decision("hold", (why,), figures)
    return _progress(plan, state, findings, figures=figures, tuned=tuned)


_CLOCK = 1.0
"""Seconds by which clocks and rounding may disagree on when a stage began."""


def _mismatch(
    plan: RolloutPlan, state: State, findings: Findings, figures: dict[str, float]
) -> Decision:
    expected = weights(plan, state)
    shares = ", ".join(
        f"{arm} {findings.counts.get(arm, 0) / findings.units:.2%} (planned {share:.0%})"
        for arm, share in expected.items()
    )
    why = (
        f"The arms do not have the sizes they should: {shares}, always-valid p = "
        f"{figures['sample_ratio_p']:.2g}. Assignment or logging loses units, so no effect can "
        "be trusted."
    )
    return Decision("hold" if state.status == "paused" else "pause", (why,), figures)


def _look(plan: RolloutPlan, findings: Findings, tuned: float) -> _Seen:
    """Harm that is shown, and the figures of all metrics."""
    harms: list[str] = []
    figures: dict[str, float] = {}
    for name in (plan.primary, *plan.guardrails):
        effect = findings.effect(name)
        gain = effect.gain(plan.harm_level(), tuned_for=tuned) if effect is not None else None
        if effect is None or gain is None:
            continue
        figures |= {f"{name}.gain": _gain(effect), f"{name}.low": gain.low}
        figures[f"{name}.high"] = gain.high
        margin = _margin(plan, effect)
        if gain.high < -margin:
            role = "primary metric" if name == plan.primary else "guardrail"
            harms.append(
                f"The {role} {name} is worse than allowed: change for the better "
                f"{_between(gain)}, allowed {-margin:.4g}."
            )
    return _Seen(tuple(harms), figures)


def _progress(
    plan: RolloutPlan,
    state: State,
    findings: Findings,
    *,
    figures: dict[str, float],
    tuned: float,
) -> Decision:
    """A running stage without harm: too young, passed, out of time, or none of these."""
    stage, hours = plan.stages[state.stage], figures["hours"]
    young = _too_young(stage, hours, findings.units)
    lacking, shown = _needs(plan, stage, findings, tuned)
    if not young and not lacking:
        last = state.stage + 1 == plan.decided_stages
        to = plan.stages[state.stage + 1].share
        went = f"No harm is shown, and the stage shows what it needs: next is {to:.0%}."
        return Decision("promote" if last else "advance", (*shown, went), figures)
    over = stage.max_hours is not None and hours >= stage.max_hours
    if over:
        why = f"The stage ran {hours:.1f} hours, {stage.max_hours:g} are its most."
        return Decision(plan.at_maximum, (why, *young, *lacking), figures)
    return Decision("hold", (*young, *lacking), figures)


def _too_young(stage: Stage, hours: float, units: int) -> tuple[str, ...]:
    reasons = []
    if hours < stage.min_hours:
        reasons.append(f"The stage ran {hours:.1f} of at least {stage.min_hours:g} hours.")
    if units < stage.min_units:
        reasons.append(f"{units:,} of at least {stage.min_units:,} units are in.")
    return tuple(reasons)


def _needs(
    plan: RolloutPlan, stage: Stage, findings: Findings, tuned: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is lacking for the stage to pass, and what is shown."""
    lacking: list[str] = []
    shown: list[str] = []
    wanted = [(plan.primary, stage.needs)]
    wanted += [(name, plan.guardrails_need) for name in plan.guardrails]
    for name, need in wanted:
        effect = findings.effect(name)
        gain = None
        if effect is not None:
            gain = effect.gain(plan.benefit_level(), tuned_for=tuned)
        if effect is None or gain is None:
            why = findings.missing.get(name, "too little data for a standard error")
            lacking.append(f"{name} cannot be judged yet: {why}.")
            continue
        bound = 0.0 if need == "superior" else -_margin(plan, effect)
        if need == "no_harm":
            shown.append(f"{name}: no harm shown ({_between(gain)}).")
        elif gain.low > bound:
            shown.append(f"{name} is {need.replace('_', '-')}: {_between(gain)} > {bound:.4g}.")
        else:
            lacking.append(
                f"{name} is not shown to be {need.replace('_', '-')} yet: change for the better "
                f"{_between(gain)}, needed above {bound:.4g}."
            )
    return tuple(lacking), tuple(shown)


def _margin(plan: RolloutPlan, effect: Effect) -> float:
    return plan.margin if effect.name == plan.primary else effect.margin


def _gain(effect: Effect) -> float:
    return effect.value if effect.higher_is_better else -effect.value


def _between(gain: Interval) -> str:
    low, high = (f"{end:+.4g}" if math.isfinite(end) else "unknown" for end in gain[:2])
    return f"between {low} and {high}"
