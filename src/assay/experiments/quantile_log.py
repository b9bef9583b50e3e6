"""Quantiles of events: the counts that an interval with units as clusters needs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlglot import exp

from assay.experiments.log import ASSIGNMENTS, EVENTS, column, named, sql
from assay.experiments.terms import Term
from assay.inference.interval import Interval, z_value
from assay.inference.quantiles import ranks

if TYPE_CHECKING:
    from assay.engines.duckdb.working import WorkingEngine
    from assay.experiments.log import Log
    from assay.experiments.spec import MetricSpec

STEPS = 400
"""Ranks around the quantile whose values are kept, at equal steps of standard errors."""

REACH = 8.0
"""Standard errors to either side that they reach."""


class QuantileCounts(NamedTuple):
    """A quantile of one arm's events, and what surrounds it.

    Attributes:
        value: the quantile.
        units, events: how many.
        error: standard error of the share of events at or below it, units being clusters.
        shares, values: order statistics around it: the value at each share of the events.
    """

    value: float
    q: float
    units: int
    events: int
    error: float
    shares: tuple[float, ...]
    values: tuple[float, ...]

    def interval(self, level: float) -> Interval:
        """Interval for the quantile.

        Where units have an event each: order statistics, by the binomial (Conover 1999, 3.2).
        Otherwise the share of events at or below it has a standard error by the delta method with
        units as clusters, and the interval is between the order statistics at its ends (Woodruff
        1952, JASA 47:635; Deng, Knoblich & Lu 2018, KDD, section 4.2). Rounded outward to the
        order statistics that are kept; unbounded where they do not reach.
        """
        if self.units == self.events:
            lower, upper = ranks(self.events, self.q, level)
            low, high = (lower - 0.5) / self.events, (upper - 0.5) / self.events
            if lower < 1:
                low = -1.0
            if upper > self.events:
                high = 2.0
            method = "order-statistics"
        else:
            half = z_value(level) * self.error
            low, high, method = self.q - half, self.q + half, "order-statistics-clustered"
        below = [v for s, v in zip(self.shares, self.values, strict=True) if s <= low]
        above = [v for s, v in zip(self.shares, self.values, strict=True) if s >= high]
        return Interval(
            max(below) if below else -math.inf, min(above) if above else math.inf, method
        )


def quantile_counts(
    log: Log, engine: WorkingEngine, metric: MetricSpec
) -> dict[str, QuantileCounts]:
    """The counts by arm; an arm without events is left out. Three passes over the events."""
    term = Term("sum", metric.value, metric.where)
    where = EVENTS if log.has_events else ASSIGNMENTS
    q = metric.quantile

    def first(session: Any) -> exp.Query:
        found = log.kept(session, [log.value(session, term, "v")])
        return found.where(sql("e.v IS NOT NULL")).select(
            column("arm", "a"), sql("QUANTILE_DISC(e.v, :q)", q=q), sql("COUNT(*)"),
            sql("COUNT(DISTINCT e.unit)"),
        ).group_by(column("arm", "a"))  # fmt: skip

    found = {arm: rest for arm, *rest in engine.answer(where, first)}
    values = {arm: value for arm, (value, *_) in found.items()}
    errors = _errors(log, engine, term, values, q)
    made: dict[str, QuantileCounts] = {}
    for arm, (value, events, units) in found.items():
        shares = _shares(q, errors[arm], events)
        around = _values(log, engine, term, arm, shares)
        made[arm] = QuantileCounts(value, q, units, events, errors[arm], shares, around)
    return made


def odd_values(log: Log, engine: WorkingEngine, metric: MetricSpec) -> int:
    """Values of events that count which are infinite or NaN; a pass over the events."""
    term = Term("sum", metric.value, metric.where)

    def query(session: Any) -> exp.Query:
        found = log.kept(session, [log.value(session, term, "v")])
        return found.select(sql("COUNT_IF(NOT ISFINITE(e.v))"))

    [(count,)] = engine.answer(EVENTS if log.has_events else ASSIGNMENTS, query)
    return int(count or 0)


def _errors(
    log: Log, engine: WorkingEngine, term: Term, values: dict[str, float], q: float
) -> dict[str, float]:
    """Standard error of the share at or below the quantile: a ratio of means over units."""
    if not values:
        return {}
    cut = exp.Case()
    for arm, value in values.items():
        same = exp.EQ(this=column("arm", "a"), expression=exp.Literal.string(arm))
        cut = cut.when(same, exp.cast(exp.Literal.string(repr(float(value))), "DOUBLE"))

    def query(session: Any) -> exp.Query:
        rows = log.kept(session, [log.value(session, term, "v")]).where(sql("e.v IS NOT NULL"))
        by_unit = rows.select(
            named(column("arm", "a"), "arm"), column("unit", "e"), named(sql("COUNT(*)"), "n"),
            named(sql("COUNT_IF(e.v <= :cut)", cut=cut), "below"),
        ).group_by(column("arm", "a"), column("unit", "e"))  # fmt: skip
        return (
            exp.select(
                "arm", sql("COUNT(*)"), sql("SUM(n)"), sql("AVG(below)"), sql("AVG(n)"),
                sql("VAR_SAMP(below)"), sql("VAR_SAMP(n)"), sql("COVAR_SAMP(below, n)"),
            )
            .from_(by_unit.subquery("u"))
            .group_by("arm")
        )  # fmt: skip

    where = EVENTS if log.has_events else ASSIGNMENTS
    made = {}
    for arm, units, events, below, n, var_below, var_n, covar in engine.answer(where, query):
        if units < 2:
            made[arm] = 1.0  # one cluster tells nothing of how clusters differ
            continue
        share = below / n
        variance = (var_below - 2 * share * covar + share**2 * var_n) / (n**2 * units)
        if 0 < share < 1:  # ties lift the share above q, where it may vary less
            variance *= max(1.0, q * (1 - q) / (share * (1 - share)))
        # units that agree by chance must not look certain: at least what single events would have
        made[arm] = math.sqrt(max(variance, q * (1 - q) / events))
    return made


def _shares(q: float, error: float, events: int) -> tuple[float, ...]:
    """Shares around the quantile, from 8 standard errors below it to 8 above, and the ends."""
    reach = REACH * max(error, math.sqrt(q * (1 - q) / events)) + 2 / events
    steps = [q + reach * (2 * i / STEPS - 1) for i in range(STEPS + 1)]
    if events <= STEPS:
        steps = [(i + 0.5) / events for i in range(events)]
    return tuple(s for s in steps if 0 < s < 1)


def _values(
    log: Log, engine: WorkingEngine, term: Term, arm: str, shares: tuple[float, ...]
) -> tuple[float, ...]:
    """The arm's values at the shares."""
    asked = exp.Array(expressions=[exp.convert(s) for s in shares])

    def query(session: Any) -> exp.Query:
        rows = log.kept(session, [log.value(session, term, "v")]).where(sql("e.v IS NOT NULL"))
        same = exp.EQ(this=column("arm", "a"), expression=exp.Literal.string(arm))
        return rows.where(same).select(sql("QUANTILE_DISC(e.v, :asked)", asked=asked))

    where = EVENTS if log.has_events else ASSIGNMENTS
    [(values,)] = engine.answer(where, query)
    return tuple(values)
