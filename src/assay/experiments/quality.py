"""What is wrong with an experiment's log, counted: for people, and to be left out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from assay.core.expr import Column
from assay.engines.sql.expressions import Compiler
from assay.experiments.effects import Fault
from assay.experiments.log import (
    ASSIGNED,
    ASSIGNMENTS,
    BY_HAND,
    EVENTS,
    KEPT,
    NO_ARM,
    OUTSIDE,
    REPEATED,
    TWO_ARMS,
    UNDATED,
    Log,
    column,
    named,
    sql,
    table,
)

if TYPE_CHECKING:
    from assay.engines.duckdb.session import Session
    from assay.engines.duckdb.working import WorkingEngine


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Units and events, and how many of them are left out for which reason.

    ``left_out`` counts events once each, whatever the reasons, as far as no unit has to be looked
    for.
    """

    units: dict[str, int] = field(default_factory=dict)
    states: dict[int, dict[str, int]] = field(default_factory=dict)
    unnamed: int = 0
    events: int | None = None
    unnamed_events: int = 0
    unknown_events: int = 0
    early: dict[str, int] = field(default_factory=dict)
    before_start: int = 0
    after_end: int = 0
    undated: int = 0
    left_out: int = 0
    repeated: int = 0
    not_finite: int = 0
    odd_values: dict[str, int] = field(default_factory=dict)


def count_assignments(log: Log, engine: WorkingEngine) -> Counts:
    """Counts of units by arm and state."""
    unit = column(log.spec.unit)

    def unnamed(session: Session) -> exp.Query:
        found = exp.select(sql("COUNT(*) - COUNT(:u)", u=unit))
        return found.from_(session.relation(ASSIGNMENTS))

    [(missing,)] = engine.answer(ASSIGNMENTS, unnamed)
    columns = (column("state"), column("arm"))
    query = exp.select(*columns, sql("COUNT(*)")).from_(table(ASSIGNED, "a")).group_by(*columns)
    states: dict[int, dict[str, int]] = {}
    for state, arm, n in engine.answer(ASSIGNMENTS, lambda _: query):
        states.setdefault(state, {})[arm or "no arm"] = n
    kept = states.get(KEPT, {})
    return Counts(
        units={arm: kept.get(arm, 0) for arm in log.spec.arms}, states=states, unnamed=missing
    )


def count_events(log: Log, engine: WorkingEngine, counts: Counts) -> Counts:
    """The counts, with those of events: one pass over their units and moments, without a join."""
    spec = log.spec
    given = spec.events
    assert given is not None  # the log has events
    if given.id is not None:
        counts = replace(counts, repeated=_repeated(log, engine, given.id))
    never, dated = sql("FALSE"), given.time is not None
    start = sql("e.at < :s", s=spec.start.timestamp()) if dated and spec.start else never
    end = sql("e.at >= :s", s=spec.end.timestamp()) if dated and spec.end else never
    outside = sql("e.unit IS NOT NULL AND (:a OR :b)", a=start, b=end)
    undated = sql("e.unit IS NOT NULL AND e.at IS NULL") if dated else never
    conditions = (sql("e.unit IS NULL"), start, end, outside, undated)
    wanted = (sql("COUNT(*)"), *(sql("COUNT_IF(:c)", c=condition) for condition in conditions))

    def query(session: Session) -> exp.Query:
        return exp.Select(expressions=list(wanted)).from_(log.events(session, ()).subquery("e"))

    [(events, *found)] = engine.answer(EVENTS, query)
    unnamed, before, after, out, without = (int(n or 0) for n in found)
    early = _early(log, engine, exp.or_(start, end)) if log.timed else {}
    return replace(
        counts,
        events=events,
        unnamed_events=unnamed,
        early={arm: n for arm, (n, _) in early.items() if n},
        before_start=before,
        after_end=after,
        undated=without,
        left_out=unnamed + out + without + sum(inside for _, inside in early.values()),
    )


def _early(log: Log, engine: WorkingEngine, outside: exp.Expr) -> dict[str, tuple[int, int]]:
    """By arm: events before their unit's assignment, and those of them inside the window.

    Only events before the last assignment can be early, so that few have to be joined.
    """
    latest = exp.select(sql("MAX(since)")).from_(table(ASSIGNED, "m"))
    columns = (
        column("arm", "a"), sql("COUNT(*)"), sql("COUNT_IF(NOT :out)", out=exp.paren(outside))
    )  # fmt: skip

    def query(session: Session) -> exp.Query:
        rows = log.events(session, ()).subquery("e")
        return (
            exp.Select(expressions=[c.copy() for c in columns])
            .from_(rows)
            .join(table(ASSIGNED, "a"), on=sql("e.unit = a.unit"), join_type="inner")
            .where(sql("a.state = :kept AND e.at < a.since", kept=KEPT))
            .where(exp.LT(this=column("at", "e"), expression=latest.subquery()))
            .group_by(column("arm", "a"))
        )

    return {arm: (n, inside or 0) for arm, n, inside in engine.answer(EVENTS, query)}


def count_unknown(log: Log, engine: WorkingEngine, counts: Counts, used: int | None) -> Counts:
    """The counts, with events of units that were not assigned.

    Args:
        used: events that count, where they were counted: if with those that are left out for other
            reasons they are all, nobody has to be looked for.
    """
    if used is not None and not counts.repeated and counts.events == counts.left_out + used:
        return counts

    def query(session: Session) -> exp.Query:
        rows = log.events(session, ()).subquery("e")
        known = exp.select(column("unit")).from_(table(ASSIGNED, "a"))
        among = exp.In(this=column("unit", "e"), query=known.subquery())
        wanted = exp.select(sql("COUNT(*)")).from_(rows)
        return wanted.where(sql("e.unit IS NOT NULL")).where(exp.not_(among))

    [(unknown,)] = engine.answer(EVENTS, query)
    return replace(counts, unknown_events=unknown)


def _repeated(log: Log, engine: WorkingEngine, name: str) -> int:
    """Keep the ids that occur more than once; how many events are too many."""

    def query(session: Session) -> exp.Query:
        compiler = Compiler(EVENTS, session.schema(EVENTS), session)
        of = compiler.compile(Column(name)).tree
        rows = exp.select(named(of, "id")).from_(compiler.source()).subquery("e")
        found = exp.select("id", named(sql("COUNT(*)"), "times")).from_(rows)
        return found.where(sql("id IS NOT NULL")).group_by("id").having(sql("COUNT(*) > 1"))

    engine.keep(REPEATED, EVENTS, query)
    counted = exp.select(sql("COALESCE(SUM(times - 1), 0)")).from_(table(REPEATED, "r"))
    [(times,)] = engine.answer(EVENTS, lambda _: counted)
    return int(times)


def faults_of(counts: Counts, *, negative: dict[str, int]) -> list[Fault]:
    """The counts that are not 0, as a person reads them.

    Args:
        negative: units with negative revenue, by metric.
    """
    states = counts.states
    found = [
        _fault("assignments without a unit", counts.unnamed, "left out"),
        _fault("units in two arms", states.get(TWO_ARMS, {}), "left out of every arm"),
        _fault("units in no arm of the experiment", states.get(NO_ARM, {}), "left out"),
        _fault("units assigned before the start or after the end", states.get(OUTSIDE, {}),
               "left out"),
        _fault("units assigned by hand or excluded", states.get(BY_HAND, {}), "left out"),
        _fault("units without a time of assignment", states.get(UNDATED, {}), "left out"),
        _fault("events without a time", counts.undated, "left out"),
        _fault("events without a unit", counts.unnamed_events, "left out"),
        _fault("events of units that were not assigned", counts.unknown_events, "left out"),
        _fault("events that occur again", counts.repeated, "counted once"),
        _fault("events before their unit's assignment", counts.early, "left out"),
        _fault("events before the start", counts.before_start, "left out"),
        _fault("events at the end or later", counts.after_end, "left out"),
        _fault("units with infinite or NaN values", counts.not_finite, "those values left out"),
    ]  # fmt: skip
    found += [
        _fault(f"values of {name} that are infinite or NaN", n, "left out")
        for name, n in counts.odd_values.items()
    ]
    found += [
        _fault(f"units with negative {name}", n, "kept: refunds lower the sum")
        for name, n in negative.items()
    ]
    return [fault for fault in found if fault.count]


def _fault(what: str, count: int | dict[str, int], done: str) -> Fault:
    if isinstance(count, dict):
        return Fault(what=what, count=sum(count.values()), done=done, by_arm=count)
    return Fault(what=what, count=count, done=done)
