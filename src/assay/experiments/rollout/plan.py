"""The plan of a gradual rollout: stages of growing traffic, and what each must show."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

import msgspec

Need = Literal["no_harm", "non_inferior", "superior"]
AtMaximum = Literal["pause", "rollback"]

SHARES = (0.01, 0.05, 0.25, 0.5, 1.0)
"""Shares of the traffic where a plan names none."""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A share of the traffic, and what has to be seen of it before the next.

    Attributes:
        share: of the experiment's traffic that gets the new arm, in (0, 1].
        needs: of the primary metric: ``superior`` its interval lies above no effect;
            ``non_inferior`` above minus the margin; ``no_harm`` it does not lie below that.
        min_hours, min_units: the least time, and the fewest units in both arms, before a decision
            to go on; harm is acted upon at once.
        max_hours: after that, a stage that still does not show what it needs ends as the plan's
            ``at_maximum`` says; None waits for ever.
    """

    share: float
    needs: Need = "non_inferior"
    min_hours: float = 24.0
    min_units: int = 100
    max_hours: float | None = 336.0

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"The share of a stage lies above 0 and up to 1, not {self.share}.")
        if not (math.isfinite(self.min_hours) and self.min_hours >= 0):
            raise ValueError(f"min_hours must be 0 or more, not {self.min_hours}.")
        if self.min_units < 0:
            raise ValueError(f"min_units must be 0 or more, not {self.min_units}.")
        if self.max_hours is not None and not self.max_hours > self.min_hours:
            raise ValueError(
                f"max_hours ({self.max_hours:g}) must exceed min_hours ({self.min_hours:g})."
            )


class RolloutPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A rollout of one arm against the control.

    Attributes:
        stages: of growing share, the last of which is 1: there the arm is promoted, for there is
            no control left to compare with.
        primary: the metric that stages wait for.
        guardrails: metrics that must not become worse than by their margins.
        margin: by how much the primary metric may be worse, in its own unit; of a metric whose
            margin is ``relative``, as a share of the control's value.
        guardrails_need: ``no_harm`` lets a stage pass while no guardrail is shown to be worse;
            ``non_inferior`` waits until each is shown not to be.
        error: probability, over the whole rollout, of rolling back an arm that is no worse than
            allowed; and that of promoting one that does not do what its stages need.
        at_maximum: what a stage that ran out of time does.
        sample_ratio: probability, over a stage, of pausing though the arms' sizes are right.
    """

    experiment: str
    control: str
    arm: str
    primary: str
    stages: tuple[Stage, ...] = tuple(Stage(share=share) for share in SHARES)
    guardrails: tuple[str, ...] = ()
    margin: float = 0.0
    relative: bool = False
    guardrails_need: Literal["no_harm", "non_inferior"] = "no_harm"
    error: float = 0.05
    at_maximum: AtMaximum = "pause"
    sample_ratio: float = 0.001

    def __post_init__(self) -> None:
        fault = _fault(self)
        if fault:
            raise ValueError(fault)

    @property
    def decided_stages(self) -> int:
        """Stages with a control, and so with something to decide."""
        return len(self.stages) - 1

    def harm_level(self) -> float:
        """Level of the intervals that may roll back: all stages and metrics share the error."""
        return 1 - self.error / (self.decided_stages * (1 + len(self.guardrails)))

    def benefit_level(self) -> float:
        """Level of the intervals that let a stage pass.

        Not divided: an arm is promoted only if every stage passes, so the error is at most that
        of the last (the intersection-union principle: Berger 1982, Technometrics 24:295).
        """
        return 1 - self.error


def _fault(plan: RolloutPlan) -> str | None:
    shares = [stage.share for stage in plan.stages]
    if len(shares) < 2 or shares[-1] != 1:
        return "A rollout needs two stages at least, the last with a share of 1."
    if any(a >= b for a, b in pairwise(shares)):
        return f"The shares of the stages must grow, not {', '.join(f'{s:g}' for s in shares)}."
    if plan.control == plan.arm:
        return f"The arm of a rollout is not its control, {plan.control!r}."
    if plan.primary in plan.guardrails:
        return f"The primary metric {plan.primary!r} is not a guardrail, too."
    if not (math.isfinite(plan.margin) and plan.margin >= 0):
        return f"The margin must be 0 or more, not {plan.margin}."
    decided = plan.stages[:-1]
    if plan.margin == 0 and any(stage.needs == "non_inferior" for stage in decided):
        return (
            "A stage that needs `non_inferior` needs a margin above 0: give `margin`, or the need "
            "`superior` or `no_harm`."
        )
    if not 0 < plan.error < 0.5:
        return f"error lies above 0 and below 0.5, not {plan.error}."
    if not 0 < plan.sample_ratio < 0.5:
        return f"sample_ratio lies above 0 and below 0.5, not {plan.sample_ratio}."
    return None
