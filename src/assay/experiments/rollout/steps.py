"""One step of a rollout: read the journal, judge, write. Safe to repeat, and to kill anywhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from assay.core.errors import AssayError
from assay.experiments.rollout.journal import folder_of, read, writing
from assay.experiments.rollout.machine import Event, State, allowed, weights
from assay.experiments.rollout.plan import RolloutPlan
from assay.experiments.rollout.rules import Decision, judge

if TYPE_CHECKING:
    from pathlib import Path

    from assay.experiments.rollout.findings import Findings
    from assay.experiments.rollout.journal import Record, Writer
    from assay.experiments.rollout.machine import Action


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided, and where the rollout stands after it.

    Attributes:
        repeated: this analysis had been decided before; that decision stands, nothing was added.
        weights: shares of the traffic by arm, to assign by from now on.
    """

    plan: RolloutPlan
    event: Event
    state: State
    weights: dict[str, float]
    repeated: bool = False

    @property
    def goes_on(self) -> bool:
        """Whether the rollout runs, or is done well."""
        return self.state.status in ("running", "promoted")


def standing(home: Path, plan: RolloutPlan) -> State:
    """Where the rollout stands, without deciding anything."""
    record = _same_plan(read(folder_of(home, plan.experiment)), plan)
    return record.state if record is not None else State()


def start(home: Path, plan: RolloutPlan, *, now: float | None = None) -> Step:
    """Begin with the first stage; a rollout that has begun stays as it is (``repeated``).

    Raises:
        BusyError: another process decides.
        HistoryError: the journal cannot be written or read, or follows another plan.
    """
    with writing(folder_of(home, plan.experiment), plan) as writer:
        _same_plan(writer.record, plan)
        if writer.record.events:
            return _step(writer, writer.record.events[-1], repeated=True)
        why = f"The rollout begins with {plan.stages[0].share:.0%} of the traffic."
        return _add(writer, Decision("start", (why,), {}), now=now)


def decide(home: Path, plan: RolloutPlan, findings: Findings, *, now: float | None = None) -> Step:
    """Decide upon an analysis of the present stage, and write it down.

    Asked again about the same analysis, the first decision is given again. A rollout that has
    ended stays so.

    Args:
        now: seconds since 1970 UTC, for the journal; the clock where not given.

    Raises:
        BusyError: another process decides.
        HistoryError: the journal cannot be written or read, or follows another plan.
        AssayError: the rollout has not begun.
    """
    with writing(folder_of(home, plan.experiment), plan) as writer:
        _same_plan(writer.record, plan)
        events = writer.record.events
        if not events:
            raise AssayError(
                f"The rollout of {plan.experiment!r} has not begun: there is nothing to judge."
            )
        digest = findings.digest
        earlier = next((e for e in reversed(events) if e.analysis == digest), None)
        if writer.record.state.ended:
            return _step(writer, events[-1], repeated=True)
        if earlier is not None and not _aged(writer, earlier, findings):
            return _step(writer, earlier, repeated=True)
        decision = judge(plan, writer.record.state, findings)
        return _add(writer, decision, now=now, analysis=digest)


def _aged(writer: Writer, earlier: Event, findings: Findings) -> bool:
    """Whether time alone has changed the answer: nothing new was found, but a stage that held ran
    past its least or its most hours, or a pause was ended."""
    events = writer.record.events
    if earlier is not events[-1]:
        return events[-1].action == "resume"
    if earlier.action != "hold":
        return False
    return judge(writer.record.plan, writer.record.state, findings).action != "hold"


def intervene(
    home: Path, plan: RolloutPlan, action: Action, *, reason: str, now: float | None = None
) -> Step:
    """What a person decides: ``pause``, ``resume``, ``rollback``; or ``advance`` past a stage.

    ``advance`` from the last stage with a control promotes.

    Raises:
        BusyError: another process decides.
        HistoryError: the journal cannot be written or read, or follows another plan.
        AssayError: that cannot follow on where the rollout stands.
    """
    with writing(folder_of(home, plan.experiment), plan) as writer:
        _same_plan(writer.record, plan)
        state = writer.record.state
        if action == "advance" and state.stage + 1 == plan.decided_stages:
            action = "promote"
        if not allowed(state, action):
            raise AssayError(
                f"A rollout that is {state.status.replace('_', ' ')} cannot {action}.",
                hint="`assay experiment decide` begins it." if state.status == "planned" else None,
            )
        return _add(writer, Decision(action, (reason,), {}), now=now, by_person=True)


def _add(
    writer: Writer,
    decision: Decision,
    *,
    now: float | None,
    analysis: str = "",
    by_person: bool = False,
) -> Step:
    state = writer.record.state
    event = Event(
        seq=state.events,
        at=max(time.time() if now is None else now, state.last),  # a clock may be set back
        action=decision.action,
        by="person" if by_person else "rule",
        reasons=decision.reasons,
        figures=_finite(decision.figures),
        analysis=analysis,
    )
    writer.append(event)
    return _step(writer, event, repeated=False)


def _finite(figures: dict[str, float]) -> dict[str, float]:
    """Without the ends of unbounded intervals, which JSON cannot hold."""
    return {name: value for name, value in figures.items() if abs(value) < float("inf")}


def _step(writer: Writer, event: Event, *, repeated: bool) -> Step:
    plan, state = writer.record.plan, writer.record.state
    return Step(
        plan=plan, event=event, state=state, weights=weights(plan, state), repeated=repeated
    )


def _same_plan(record: Record | None, plan: RolloutPlan) -> Record | None:
    if record is not None and record.plan != plan:
        raise AssayError(
            f"The rollout of {plan.experiment!r} began with another plan, and is judged by that.",
            hint="Put the plan back as it was, or give the experiment a new name.",
        )
    return record
