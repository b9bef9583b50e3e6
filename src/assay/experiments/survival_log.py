"""Times to an event by arm: how many units had it, or were last seen, at each moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sqlglot import exp

from assay.core.errors import SuiteError
from assay.experiments.log import ASSIGNED, ASSIGNMENTS, EVENTS, KEPT, column, named, sql, table
from assay.experiments.terms import Term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.engines.duckdb.working import WorkingEngine
    from assay.experiments.log import Log
    from assay.experiments.spec import MetricSpec

_DAY = 86_400.0


class EventTimes(NamedTuple):
    """Distinct times in ascending order, and at each: units with the event, and units last seen.

    Units that are followed to the horizon without the event are last seen there.
    """

    times: NDArray[np.float64]
    events: NDArray[np.int64]
    censored: NDArray[np.int64]


def event_times(log: Log, engine: WorkingEngine, metric: MetricSpec) -> dict[str, EventTimes]:
    """The times by arm, up to the metric's horizon.

    With ``value``, a unit's time is that of the first event that meets ``where``, else the greatest
    value of its rows, when it was last seen. Without, times are days since the unit's assignment,
    and a unit is last seen at the end of the experiment.

    Raises:
        SuiteError: without a value, the experiment must state when units were assigned, when events
            happened, and when it ended.
    """
    by_value = metric.value is not None
    if not by_value and not (log.timed and log.spec.end is not None):
        raise SuiteError(
            f"The metric {metric.name!r} needs the time of assignments, the time of events, and "
            "the experiment's `end`.",
            hint="Or give `value`, a column with the time that passed.",
            location=metric.location,
        )
    horizon = metric.horizon or 0.0

    def query(session: Any) -> exp.Query:
        by_unit = (_of_values if by_value else _of_moments)(log, session, metric)
        timed = exp.select(
            "arm", named(sql("LEAST(COALESCE(t, seen), :h)", h=_float(horizon)), "t"),
            named(sql("t IS NOT NULL AND t <= LEAST(seen, :h)", h=_float(horizon)), "had"),
        ).from_(by_unit.subquery("u")).where(sql("COALESCE(t, seen) >= 0"))  # fmt: skip
        return (
            exp.select("arm", "t", sql("COUNT_IF(had)"), sql("COUNT_IF(NOT had)"))
            .from_(timed.subquery("timed"))
            .group_by("arm", "t")
            .order_by("arm", "t")
        )

    rows: dict[str, list[tuple[float, int, int]]] = {}
    for batch in engine.stream(EVENTS if log.has_events else ASSIGNMENTS, query):
        columns = [values.to_pylist() for values in batch.columns]
        for arm, time, had, last in zip(*columns, strict=True):
            rows.setdefault(arm, []).append((time, had, last))
    return {arm: _arrays(found) for arm, found in rows.items()}


def _arrays(rows: list[tuple[float, int, int]]) -> EventTimes:
    times, had, last = zip(*rows, strict=True)
    return EventTimes(np.array(times), np.array(had, np.int64), np.array(last, np.int64))


def _of_values(log: Log, session: Any, metric: MetricSpec) -> exp.Select:
    """Arm, time of the event (or null), and when last seen, for each unit that has a value."""
    had = log.value(session, Term("sum", metric.value, metric.where), "t")
    seen = log.value(session, Term("sum", metric.value, None), "seen")
    found = log.kept(session, [had, seen]).select(
        named(column("arm", "a"), "arm"), named(sql("MIN(e.t)"), "t"),
        named(sql("MAX(e.seen)"), "seen"),
    )  # fmt: skip
    found = found.group_by(column("arm", "a"), column("unit", "e"))
    return found.having(sql("MAX(e.seen) IS NOT NULL"))


def _of_moments(log: Log, session: Any, metric: MetricSpec) -> exp.Select:
    """The same from the moments of assignment and of events: each unit that is analysed."""
    assert log.spec.end is not None  # looked at above
    counted = log.value(session, Term("sum", None, metric.where), "v")
    firsts = (
        log.kept(session, [counted])
        .where(sql("e.v IS NOT NULL"))
        .select(column("unit", "e"), named(sql("MIN(e.at)"), "first"))
        .group_by(column("unit", "e"))
    )
    end = _float(log.spec.end.timestamp())
    return (
        exp.select(
            named(column("arm", "a"), "arm"),
            named(sql("(f.first - a.since) / :day", day=_float(_DAY)), "t"),
            named(sql("(:over - a.since) / :day", over=end, day=_float(_DAY)), "seen"),
        )
        .from_(table(ASSIGNED, "a"))
        .join(firsts.subquery("f"), on=sql("a.unit = f.unit"), join_type="left")
        .where(sql("a.state = :kept AND a.since IS NOT NULL", kept=KEPT))
    )


def _float(value: float) -> exp.Expr:
    return exp.cast(exp.Literal.string(repr(float(value))), "DOUBLE")
