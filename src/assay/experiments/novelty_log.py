"""Novelty from an experiment's tables: sums for each unit and day, folded where the tables are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sqlglot import exp

from assay.core.errors import AssayError, SuiteError, did_you_mean
from assay.experiments.heterogeneity import ArmSlice, sliced_metric
from assay.experiments.log import (
    ASSIGNED,
    ASSIGNMENTS,
    EVENTS,
    KEPT,
    Log,
    column,
    named,
    sql,
    table,
)
from assay.experiments.novelty import DAY, Novelty, day_weights, novelty_of
from assay.experiments.quality import count_assignments, count_events
from assay.experiments.terms import needs_of

if TYPE_CHECKING:
    from assay.engines.duckdb.session import Session
    from assay.engines.duckdb.working import WorkingEngine
    from assay.experiments.spec import ExperimentSpec

MOST_DAYS = 90


class _Asked(NamedTuple):
    log: Log
    days: int
    until: float


def follow_experiment(
    spec: ExperimentSpec,
    engine: WorkingEngine,
    *,
    metric: str,
    days: int,
    arm: str | None = None,
    level: float = 0.95,
) -> Novelty:
    """How an arm's effect on a metric goes on with the days since a unit's assignment.

    A proportion is asked of each day: whether the unit had the event on that day. Values are not
    winsorised. Memory does not grow with units or events.

    Args:
        metric: name of a proportion, mean or revenue.
        days: to follow each unit, 2 to 90. Units assigned too late for that are left out.
        arm: the arm; the only treatment where not given.

    Raises:
        SuiteError: no such metric or arm, it is of another kind, or the file names no times.
        AssayError: the tables cannot be read, or too few units were followed that long.
    """
    name = arm or (spec.treatments[0] if len(spec.treatments) == 1 else "")
    if name not in spec.treatments:
        raise SuiteError(
            f"The experiment has no treatment arm {name!r}.{did_you_mean(name, spec.treatments)}",
            hint=f"Name one of {', '.join(spec.treatments)}.",
        )
    if not 2 <= days <= MOST_DAYS:
        raise SuiteError(f"Units are followed for 2 to {MOST_DAYS} days, not {days}.")
    of = replace(
        sliced_metric(spec, metric), role="primary", margin=None, covariate=None, strata=()
    )
    asked = _prepare(replace(spec, metrics=(of,)), engine, days)
    sides = _moments(asked, engine)
    for side in (spec.control, name):
        n = sides[side][0].n if side in sides else 0
        if n < 2:
            raise AssayError(
                f"{n} units of the arm {side!r} were followed for {days} days: two are needed.",
                hint="Follow them for fewer days, or wait.",
            )
    pairs = list(zip(sides[spec.control], sides[name], strict=True))
    try:
        return novelty_of(pairs, left_out=_late(asked, engine), level=level)
    except ValueError as error:
        raise AssayError(f"The novelty of {metric!r} cannot be told: {error}.") from error


def _prepare(spec: ExperimentSpec, engine: WorkingEngine, days: int) -> _Asked:
    """The tables of units and events, and the moment up to which events are known."""
    log = Log(spec, needs_of(spec.metrics), careful=True)
    if spec.assignments is None or spec.events is None or not log.timed:
        raise SuiteError(
            "Whether an effect lasts needs the times of assignments and of events.",
            hint="Name both: assignments: {table: …, time: …}, events: {table: …, time: …}.",
        )
    engine.attach(ASSIGNMENTS, spec.assignments.source)
    engine.attach(EVENTS, spec.events.source)
    engine.keep(ASSIGNED, ASSIGNMENTS, log.assigned)
    counts = count_events(log, engine, count_assignments(log, engine))
    log = replace(log, repeated=counts.repeated > 0)
    if spec.end is not None:
        return _Asked(log, days, spec.end.timestamp())

    def last(session: Session) -> exp.Query:
        return exp.select(sql("MAX(at)")).from_(log.events(session, ()).subquery("e"))

    [(until,)] = engine.answer(EVENTS, last)
    if until is None:
        raise AssayError("There are no events to follow units by.")
    return _Asked(log, days, float(until))


def _followed(asked: _Asked) -> exp.Expr:
    return sql(
        "a.state = :kept AND a.since + :long <= :until",
        kept=KEPT, long=_double(asked.days * DAY), until=_double(asked.until),
    )  # fmt: skip


def _late(asked: _Asked, engine: WorkingEngine) -> int:
    kept = exp.select(sql("COUNT(*)")).from_(table(ASSIGNED, "a"))
    late = kept.where(sql("a.state = :kept", kept=KEPT)).where(exp.not_(_followed(asked)))
    [(n,)] = engine.answer(ASSIGNMENTS, lambda _: late)
    return int(n)


def _moments(asked: _Asked, engine: WorkingEngine) -> dict[str, list[ArmSlice]]:
    """By arm: count, mean and variance over units of the trend, of late less early, of each day."""
    weights = day_weights(asked.days)
    names = [f"w{i}" for i in range(len(weights))]

    def query(session: Session) -> exp.Query:
        log = asked.log
        term = log.needs.terms[0]
        day = sql("CAST(FLOOR((e.at - a.since) / :day) AS BIGINT)", day=_double(DAY))
        fold = sql("MAX(v)") if term.fold == "any" else sql("SUM(v)")
        kept = log.kept(session, [log.value(session, term, "v")]).select(
            column("unit", "e"), named(day, "day"), "v"
        )
        each_day = (
            exp.select("unit", "day", named(fold, "x"))
            .from_(kept.where(_followed(asked)).subquery("k"))
            .where(sql("day BETWEEN 0 AND :last", last=asked.days - 1))
            .group_by("unit", "day")
        )
        sums = [
            named(exp.Sum(this=_weighted(row.tolist())), name)
            for row, name in zip(weights, names, strict=True)
        ]
        by_unit = exp.select("unit", *sums).from_(each_day.subquery("d")).group_by("unit")
        columns = [column("arm", "a"), sql("COUNT(*)")]
        for name in names:
            of = sql("COALESCE(:x, 0)", x=column(name, "u"))
            columns += [sql("AVG(:x)", x=of), sql("VAR_SAMP(:x)", x=of)]
        return (
            exp.Select(expressions=columns)
            .from_(table(ASSIGNED, "a"))
            .join(by_unit.subquery("u"), on=sql("a.unit = u.unit"), join_type="left")
            .where(_followed(asked))
            .group_by(column("arm", "a"))
        )

    found: dict[str, list[ArmSlice]] = {}
    for arm, n, *figures in engine.answer(EVENTS, query):
        pairs = zip(figures[::2], figures[1::2], strict=True)
        found[arm] = [ArmSlice(n, mean, variance or 0.0) for mean, variance in pairs]
    return found


def _weighted(weights: list[float]) -> exp.Expr:
    """A unit's value of a day, times the weight of that day."""
    case = exp.Case(this=column("day"))
    for day, weight in enumerate(weights):
        if weight:
            case = case.when(exp.convert(day), sql("x * :w", w=_double(weight)))
    return case


def _double(value: float) -> exp.Expr:
    """A double to its last bit."""
    return exp.cast(exp.Literal.string(repr(float(value))), "DOUBLE")
