"""Plans and findings for the tests of rollouts."""

from __future__ import annotations

from assay.experiments.rollout.findings import Effect, Findings
from assay.experiments.rollout.plan import RolloutPlan, Stage

HOUR = 3600.0


def a_plan(**given) -> RolloutPlan:
    stages = tuple(
        Stage(share=share, needs="non_inferior", min_hours=24, min_units=1000, max_hours=240)
        for share in (0.01, 0.05, 0.25, 0.5, 1.0)
    )
    defaults = {
        "experiment": "checkout", "control": "old", "arm": "new", "primary": "conversion",
        "stages": stages, "guardrails": ("latency",), "margin": 0.01,
    }  # fmt: skip
    return RolloutPlan(**(defaults | given))


def an_effect(name: str, value: float, error: float, n: int = 20_000, **given) -> Effect:
    return Effect(name=name, value=value, down=error, up=error, n=n, **given)


def found(
    *,
    at: float,
    since: float = 0.0,
    share: float = 0.01,
    units: int = 20_000,
    conversion: float = 0.0,
    latency: float = 0.0,
    error: float = 0.001,
    **given,
) -> Findings:
    new = round(units * share)
    effects = (
        an_effect("conversion", conversion, error, units),
        an_effect("latency", latency, error, units, higher_is_better=False, margin=0.01),
    )
    defaults = {"counts": {"old": units - new, "new": new}, "effects": effects}
    return Findings(at=at, since=since, **(defaults | given))
