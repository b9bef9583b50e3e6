"""What is known of a check before it is run: its rows, and a pilot's or a stored run's values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.binding import bind
from assay.core.collection import Generations, Latency, Load, Scores
from assay.core.criterion import NoWorseThan
from assay.core.errors import AssayError, SuiteError
from assay.core.expr import Column, Sql
from assay.inference.power.scaling import standard_error
from assay.runner.leave_out import key_of
from assay.runner.planning.outlook import Known
from assay.runner.planning.spending import usable
from assay.runner.side import asks, asks_of_check
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.check import Check, GatePolicy
    from assay.core.collection import Collection
    from assay.core.criterion import Criterion
    from assay.core.engine import Engine
    from assay.core.measurement import Measurement
    from assay.core.metric import Metric
    from assay.core.result import Result, Run
    from assay.runner.baseline import Baselines


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Measured values, and over how many rows of each table.

    Attributes:
        results: by check id.
        rows: of each table then; a table that is not there had as many as now.
        what: "the pilot", "the run 'main'".
        measured: whether more could have been measured: a pilot tells why a check has no value.
    """

    results: Mapping[str, Result]
    rows: Mapping[str, int]
    what: str


def stored_evidence(run: Run, what: str) -> Evidence:
    """The values of a stored run."""
    rows = {s.name: s.rows for s in run.subjects if s.rows}
    return Evidence(results={r.id: r for r in run.results}, rows=rows, what=what)


def known_of(
    check: Check,
    evidence: Evidence | None,
    sizes: Mapping[str, int],
    engine: Engine,
    baselines: Baselines | None,
    *,
    gate: GatePolicy,
    clustered: bool,
    repeats: int = 1,
) -> list[Known]:
    """Each measurement of a check; without evidence, its slices with the rows that they have.

    None where the evidence says why there is no measurement.

    Args:
        repeats: answers to each sample, of a language model.

    Raises:
        AssayError: the table cannot be counted.
    """
    table = check.spec.data or check.spec.on
    result = evidence.results.get(check.id) if evidence else None
    wish = check.metric.collection()
    rows = sizes.get(table, 0)
    usable_rows = usable(wish, rows, gate) or 0
    if result is not None and result.metric == check.metric.name and not result.measurements:
        return []
    if evidence is not None and result is not None and _speaks_of(result, check):
        then = result.drawn.rows if result.drawn is not None else evidence.rows.get(table)
        share = usable_rows / (then or rows) if rows else 1.0
        return [
            Known(
                key=m.key,
                on_hand=_made(wish) or round(m.n * share),
                measured=m, proportion=m.method == "wilson",
                fixed=_fixed(check, m, baselines), quantile=_quantile(check, m),
            )
            for m in result.measurements
        ]  # fmt: skip
    proportion = (
        check.metric.interval.split(",")[0] == "wilson"
        and not clustered
        and not (isinstance(wish, Scores) and repeats > 1)
        and not isinstance(check.criterion, NoWorseThan)
    )
    each = repeats if isinstance(wish, Generations) else 1
    return [
        Known(key=key, on_hand=n * each, measured=None, proportion=proportion)
        for key, n in _slices(check, table, rows, usable_rows, engine)
    ]


def _speaks_of(result: Result, check: Check) -> bool:
    """Whether a result measured what the check measures: of a baseline, the difference to it."""
    is_difference = result.judged_as is not None
    if result.metric != check.metric.name or asks(result) != asks_of_check(check):
        return False
    if isinstance(check.criterion, NoWorseThan) != is_difference:
        return False
    if is_difference and _baseline(result.criterion) != _baseline(check.criterion):
        return False
    try:
        same = bind(type(check.metric), result.params)
    except SuiteError:  # stored by another version of the metric
        return False
    given = result.params.get("repeats") is not None  # how often a call was timed may differ
    return same == check.metric or (given and _but_repeats(same) == _but_repeats(check.metric))


def _but_repeats(metric: Metric) -> dict[str, object]:
    return {name: v for name, v in metric.parameters().items() if name != "repeats"}


def _baseline(criterion: Criterion | None) -> str:
    return criterion.baseline if isinstance(criterion, NoWorseThan) else ""


def _made(wish: Collection) -> int | None:
    """Calls that are made for a measurement, whatever rows there are; None where rows count."""
    if isinstance(wish, Latency):
        return wish.repeats
    return wish.requests if isinstance(wish, Load) else None


def _slices(
    check: Check, table: str, rows: int, usable_rows: int, engine: Engine
) -> list[tuple[dict[str, str], int]]:
    """The rows of each slice that would be judged, as far as they may be used."""
    spec = check.spec
    wish = check.metric.collection()
    if isinstance(wish, Latency):
        return [({}, wish.repeats)]
    if isinstance(wish, Load):
        return [(key, wish.requests) for key in wish.keys]
    where = Sql(spec.where) if spec.where else None
    if not spec.by and where is None:
        return [({}, usable_rows)]
    counts = {
        slicing: Count().within(where, tuple(Column(name) for name in slicing))
        for slicing in spec.by or ((),)
    }
    folded = engine.fold(table, list(counts.values()))
    found = [
        (dict(zip(slicing, map(_text, key), strict=True)), state.n)
        for slicing, count in counts.items()
        for key, state in sorted(folded[count].items(), key=lambda of: tuple(map(_text, of[0])))
    ]
    share = usable_rows / rows if rows else 1.0
    return [(key, round(n * share)) for key, n in found if not key or n >= spec.min_slice]


def _text(value: object) -> str:
    return "null" if value is None else str(value)


def _quantile(check: Check, measured: Measurement) -> float | None:
    """Which quantile it is, where its interval lies between order statistics."""
    if measured.method != "order-statistics":
        return None
    given = check.metric.parameters()
    found = given.get("q", given.get("quantile"))
    return float(found) if isinstance(found, int | float) and 0 < found < 1 else None


def _fixed(check: Check, measured: Measurement, baselines: Baselines | None) -> float:
    """The standard error of the baseline's own value, where the difference is not paired."""
    criterion = check.criterion
    if not isinstance(criterion, NoWorseThan) or baselines is None or measured.method != "mover":
        return 0.0
    try:
        before = baselines(criterion.baseline).run
    except AssayError:  # the check itself will say so
        return 0.0
    for result in before.results:
        for m in result.measurements:
            same = result.id == check.id and key_of(m.key) == key_of(measured.key)
            if same and m.level is not None and m.low is not None and m.high is not None:
                return standard_error((m.high - m.low) / 2, m.level)
    return 0.0
