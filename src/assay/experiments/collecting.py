"""From an experiment's tables to sufficient statistics by arm: what analyses rest on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlglot import exp

from assay.core.errors import SuiteError
from assay.experiments.log import (
    ASSIGNED,
    ASSIGNMENTS,
    EVENTS,
    OUTCOMES,
    Log,
    column,
    named,
    sql,
)
from assay.experiments.quality import (
    Counts,
    count_assignments,
    count_events,
    count_unknown,
)
from assay.experiments.quantile_log import QuantileCounts, odd_values, quantile_counts
from assay.experiments.survival_log import EventTimes, event_times
from assay.experiments.terms import needs_of, terms_of
from assay.states.comoments import ComomentsState

if TYPE_CHECKING:
    from assay.engines.duckdb.working import WorkingEngine
    from assay.experiments.spec import ExperimentSpec, MetricSpec

Cells = dict[str, dict[tuple[str, ...], ComomentsState]]
"""Moments over units by arm, and by stratum (``()`` where there are none). ``x`` is the metric's
value of a unit; ``y`` its denominator, or its covariate."""

MOST_CELLS = 20_000
"""Combinations of arms and strata that are taken into memory."""


class Seen(NamedTuple):
    """What was seen of one additive metric's units before its moments were taken.

    Attributes:
        cap: value that it is winsorised at; None where it is not.
        capped: units above it.
        without: units without any event that counts: they are 0.
        negative: units whose sum is below 0.
    """

    cap: float | None
    capped: int
    without: int
    negative: int


@dataclass(frozen=True, kw_only=True)
class Collected:
    """Sufficient statistics of an experiment.

    Attributes:
        units: by arm, of those that are analysed.
        counts: what was left out.
        moments, seen: of additive metrics by name.
        quantiles, times: of the others.
    """

    units: dict[str, int]
    counts: Counts
    moments: dict[str, Cells] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    quantiles: dict[str, dict[str, QuantileCounts]] = field(default_factory=dict)
    times: dict[str, dict[str, EventTimes]] = field(default_factory=dict)


def collect(spec: ExperimentSpec, engine: WorkingEngine) -> Collected:
    """Read the experiment's tables.

    Additive metrics take one pass over the events (a second where values are not finite).

    Raises:
        SuiteError: the file names no assignments or metrics.
        AssayError: a table cannot be read, or an expression does not fit it.
    """
    if spec.assignments is None:
        raise SuiteError(
            f"The experiment {spec.name!r} names no assignments.",
            hint="Add `assignments: {table: …, arm: …}`.",
        )
    if not spec.metrics:
        raise SuiteError(f"The experiment {spec.name!r} has no metrics.", hint="Add `metrics:`.")
    if all(metric.role == "secondary" for metric in spec.metrics):
        raise SuiteError(
            f"All metrics of the experiment {spec.name!r} are secondary, so nothing would decide.",
            hint="Make one of them primary, or a guardrail.",
        )
    engine.attach(ASSIGNMENTS, spec.assignments.source)
    if spec.events is not None:
        engine.attach(EVENTS, spec.events.source)
    log = Log(spec, needs_of(spec.metrics))
    engine.keep(ASSIGNED, ASSIGNMENTS, log.assigned)
    counts = count_assignments(log, engine)
    if log.has_events:
        counts = count_events(log, engine, counts)
        log = replace(log, repeated=counts.repeated > 0)
    log, moments, seen, odd, used = _additive(log, engine)
    if log.has_events:
        counts = count_unknown(log, engine, counts, used)
    plain, careful = replace(log, careful=False), replace(log, careful=True)
    others = [m for m in spec.metrics if m.kind == "quantile"]
    timed = [m for m in spec.metrics if m.kind == "time_to_event"]
    by_value = [m for m in timed if m.value is not None]
    return Collected(
        units=counts.units,
        counts=replace(
            counts,
            not_finite=odd,
            odd_values={m.name: odd_values(plain, engine, m) for m in [*others, *by_value]},
        ),
        moments=moments,
        seen=seen,
        quantiles={m.name: quantile_counts(careful, engine, m) for m in others},
        times={m.name: event_times(careful, engine, m) for m in timed},
    )


def _additive(
    log: Log, engine: WorkingEngine
) -> tuple[Log, dict[str, Cells], dict[str, Seen], int, int | None]:
    """Moments of the additive metrics, what was seen of them, units with odd values, and events
    that count (None: not counted)."""
    if not log.needs.metrics:
        return replace(log, careful=True), {}, {}, 0, None
    where = EVENTS if log.has_events else ASSIGNMENTS
    engine.keep(OUTCOMES, where, log.outcomes)
    looked = _look(log, engine)
    odd = int(looked["odd"] or 0)
    if odd:
        log = replace(log, careful=True)
        engine.keep(OUTCOMES, where, log.outcomes)
        looked = _look(log, engine)
    caps = {m.name: looked.get(f"cap.{m.name}") for m in log.needs.metrics}
    centres = {name: looked[f"centre.{name}"] for name in log.needs.covariates}
    seen = {
        m.name: Seen(
            caps[m.name],
            0,
            int(looked[f"without.{m.name}"] or 0),  # null where there are no units at all
            int(looked[f"negative.{m.name}"] or 0),
        )
        for m in log.needs.metrics
    }
    if any(m.winsorize for m in log.needs.metrics):
        seen = _count_capped(log, engine, seen)
    moments = _moments(log, engine, caps, centres)
    return log, moments, seen, odd, int(looked["used"] or 0)


def _look(log: Log, engine: WorkingEngine) -> dict[str, Any]:
    """A first look at the sums of all units together: what their moments need to know."""
    needs = log.needs
    sums = [f"m{i}" for i in range(len(needs.terms))]
    odd = sql("FALSE")
    for name in sums:
        odd = exp.or_(odd, sql("NOT ISFINITE(:m)", m=column(name)))
    wanted: dict[str, exp.Expr] = {
        "odd": sql("COUNT_IF(:odd)", odd=odd),
        "used": sql("SUM(:n)", n=column("n", "o")),
    }
    for metric in needs.metrics:
        of = column(needs.term(terms_of(metric)[0]))
        wanted[f"without.{metric.name}"] = sql("COUNT_IF(:m IS NULL)", m=of)
        wanted[f"negative.{metric.name}"] = sql("COUNT_IF(:m < 0)", m=of)
        if metric.winsorize is not None:
            wanted[f"cap.{metric.name}"] = sql(
                "QUANTILE_DISC(CASE WHEN :m <> 0 AND ISFINITE(:m) THEN :m END, :q)",
                m=of, q=metric.winsorize,
            )  # fmt: skip
    for name in needs.covariates:
        wanted[f"centre.{name}"] = sql("AVG(:c)", c=column(needs.covariate(name)))
    columns = [named(tree, name) for name, tree in wanted.items()]
    [row] = engine.answer(ASSIGNMENTS, lambda _: log.units().select(*columns))
    return dict(zip(wanted, row, strict=True))


def _count_capped(log: Log, engine: WorkingEngine, seen: dict[str, Seen]) -> dict[str, Seen]:
    """With the numbers of units above their caps."""
    capped = {name: s.cap for name, s in seen.items() if s.cap is not None}
    if not capped:
        return seen
    columns = [
        sql("COUNT_IF(:m > :cap)", m=column(log.needs.term(terms_of(m)[0])), cap=_double(cap))
        for m in log.needs.metrics
        if (cap := capped.get(m.name)) is not None
    ]
    [row] = engine.answer(ASSIGNMENTS, lambda _: log.units().select(*columns))
    counted = dict(zip(capped, row, strict=True))
    return {name: s._replace(capped=int(counted.get(name) or 0)) for name, s in seen.items()}


def _double(value: float) -> exp.Expr:
    """A double to its last bit."""
    return exp.cast(exp.Literal.string(repr(float(value))), "DOUBLE")


def _moments(
    log: Log,
    engine: WorkingEngine,
    caps: dict[str, float | None],
    centres: dict[str, float | None],
) -> dict[str, Cells]:
    """Moments by arm and strata, of every additive metric, in one query."""
    needs = log.needs
    keys = [column("arm", "a"), *(column(needs.stratum(name), "a") for name in needs.strata)]
    columns: list[exp.Expr] = [*(k.copy() for k in keys), sql("COUNT(*)")]
    for metric in needs.metrics:
        x, y = _pair(log, metric, caps, centres)
        columns += [sql("AVG(:x)", x=x), sql("VAR_POP(:x)", x=x)]
        if y is not None:
            columns += [
                sql("AVG(:y)", y=y), sql("VAR_POP(:y)", y=y), sql("COVAR_POP(:x, :y)", x=x, y=y)
            ]  # fmt: skip
    rows = engine.answer(
        ASSIGNMENTS,
        lambda _: (
            log.units().select(*columns).group_by(*(k.copy() for k in keys)).limit(MOST_CELLS + 1)
        ),
    )
    if len(rows) > MOST_CELLS:
        raise SuiteError(
            f"There are more than {MOST_CELLS:,} combinations of arms and strata.",
            hint="Stratify by columns with fewer values.",
        )
    return _read(log, rows)


def _pair(
    log: Log,
    metric: MetricSpec,
    caps: dict[str, float | None],
    centres: dict[str, float | None],
) -> tuple[exp.Expr, exp.Expr | None]:
    """A unit's value, and its denominator or covariate (missing ones are the mean of all)."""
    needs = log.needs
    terms = terms_of(metric)
    x = sql("COALESCE(:m, 0)", m=column(needs.term(terms[0])))
    cap = caps[metric.name]
    if cap is not None:
        x = sql("LEAST(:x, :cap)", x=x, cap=_double(cap))
    if len(terms) > 1:
        return x, sql("COALESCE(:m, 0)", m=column(needs.term(terms[1])))
    if metric.covariate is not None:
        centre = centres[metric.covariate]
        c = column(needs.covariate(metric.covariate))
        return x, sql("COALESCE(:c, :mean)", c=c, mean=_double(centre or 0.0))
    return x, None


def _read(log: Log, rows: list[tuple[Any, ...]]) -> dict[str, Cells]:
    """The rows of the moments' query, marginal over the strata that a metric does not name."""
    needs = log.needs
    found: dict[str, Cells] = {m.name: {} for m in needs.metrics}
    for row in sorted(rows, key=repr):  # so that sums of parts do not depend on the threads
        arm, strata = row[0], dict(zip(needs.strata, row[1:], strict=False))
        rest = list(row[1 + len(needs.strata) :])
        n = rest.pop(0)
        for metric in needs.metrics:
            paired = len(terms_of(metric)) > 1 or metric.covariate is not None
            mean_x, var_x = rest.pop(0), rest.pop(0)
            mean_y, var_y, covar = (rest.pop(0), rest.pop(0), rest.pop(0)) if paired else (0.0,) * 3
            state = ComomentsState(n, mean_x, mean_y, var_x * n, var_y * n, covar * n)
            key = tuple(str(strata[name]) for name in metric.strata)
            cells = found[metric.name].setdefault(arm, {})
            cells[key] = cells.get(key, ComomentsState()).merge(state)
    return found
