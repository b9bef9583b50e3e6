"""The state of a rollout, as the sum of what happened: events replayed in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from assay.core.errors import HistoryError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assay.experiments.rollout.plan import RolloutPlan

Status = Literal["planned", "running", "paused", "promoted", "rolled_back"]
Action = Literal["start", "hold", "advance", "promote", "pause", "resume", "rollback"]

ENDED: tuple[Status, ...] = ("promoted", "rolled_back")

_ALLOWED: dict[Status, tuple[Action, ...]] = {
    "planned": ("start",),
    "running": ("hold", "advance", "promote", "pause", "rollback"),
    "paused": ("hold", "resume", "rollback"),
    "promoted": ("rollback",),
    "rolled_back": (),
}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a rollout; a line of its journal.

    Attributes:
        seq: counts from 0 without gaps.
        at: seconds since 1970 UTC; never before the event before.
        by: a rule, or a person.
        reasons: in words.
        figures: on which it rests, by name.
        analysis: digest of the findings it decided upon; "" for none.
    """

    seq: int
    at: float
    action: Action
    by: Literal["rule", "person"] = "rule"
    reasons: tuple[str, ...] = ()
    figures: dict[str, float] = {}
    analysis: str = ""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Where a rollout stands.

    Attributes:
        stage: index into the plan's stages; that of the last step while paused.
        since: beginning of the present stage, seconds since 1970 UTC. Time in a pause does not
            count: a resumed stage begins anew, with data of its own.
        events: how many there were.
    """

    status: Status = "planned"
    stage: int = 0
    since: float = 0.0
    events: int = 0
    last: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether no rule will ever move it again."""
        return self.status in ENDED


def allowed(state: State, action: Action) -> bool:
    """Whether the action may follow on this state."""
    return action in _ALLOWED[state.status]


def step(plan: RolloutPlan, state: State, event: Event) -> State:
    """The state after an event.

    Raises:
        HistoryError: the event cannot follow on this state.
    """
    if event.seq != state.events or not allowed(state, event.action) or event.at < state.last:
        raise HistoryError(
            f"The journal of the rollout is damaged: event {event.seq} ({event.action}) cannot "
            f"follow on {state.events} events and a rollout that is {state.status}."
        )
    status, stage, since = state.status, state.stage, state.since
    match event.action:
        case "start":
            status, stage, since = "running", 0, event.at
        case "advance":
            stage, since = stage + 1, event.at
            if stage >= plan.decided_stages:
                raise HistoryError("The journal of the rollout is damaged: it advanced too far.")
        case "promote":
            status, stage, since = "promoted", len(plan.stages) - 1, event.at
        case "pause":
            status = "paused"
        case "resume":
            status, since = "running", event.at
        case "rollback":
            status, since = "rolled_back", event.at
        case "hold":
            pass
    return State(
        status=status, stage=stage, since=since, events=state.events + 1, last=event.at
    )  # fmt: skip


def replay(plan: RolloutPlan, events: Iterable[Event]) -> State:
    """The state after all events."""
    state = State()
    for event in events:
        state = step(plan, state, event)
    return state


def weights(plan: RolloutPlan, state: State) -> dict[str, float]:
    """Shares of traffic that the arms get now.

    A paused rollout keeps its share: taking it away would move units between arms, and adding
    none is what a pause is for. An ended one has one arm. Assignment by hash is monotone in
    these: as the share grows, units move into the new arm and none moves out.
    """
    match state.status:
        case "planned" | "rolled_back":
            share = 0.0
        case "promoted":
            share = 1.0
        case "running" | "paused":
            share = plan.stages[state.stage].share
    return {plan.control: 1 - share, plan.arm: share}
