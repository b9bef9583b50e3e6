"""Measure one metric of a frame with the real engine."""

from __future__ import annotations

from typing import Any

from assay.core.aggregate import Fold
from assay.core.evidence import Evidence
from assay.core.measurement import Estimate, Estimation, Measurement, Unmeasured
from assay.core.metric import Metric
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine

PROCESS = Estimation(level=0.95, seed=1)
CENSUS = Estimation(census=True)


def folded(metric: Metric, table: Any, *, against: Any = None, **others: Any) -> Fold:
    """The metric's aggregates over a frame; ``others`` are tables that it may refer to."""
    with DuckDBEngine(threads=1) as engine:
        for name, frame in {"table": table, "against": against, **others}.items():
            if frame is not None:
                engine.attach(name, Memory(frame))

        def fold(name: str, reference: Fold | None = None) -> Fold:
            schema = engine.schema(name)
            states = engine.fold(name, list(metric.aggregates(schema)))
            return Fold(schema, states, reference=reference)

        return fold("table", None if against is None else fold("against"))


def estimate(metric: Metric, table: Any, how: Estimation = PROCESS, **tables: Any) -> Estimate:
    """The metric's one estimate."""
    (found,) = metric.estimate(folded(metric, table, **tables), how)
    return found


def measure(metric: Metric, table: Any, how: Estimation = PROCESS, **tables: Any) -> Measurement:
    """The metric's one measurement."""
    found = estimate(metric, table, how, **tables)
    assert isinstance(found, Measurement), found
    return found


def reason(metric: Metric, table: Any, how: Estimation = PROCESS, **tables: Any) -> str:
    """Why there is nothing to measure."""
    found = estimate(metric, table, how, **tables)
    assert isinstance(found, Unmeasured), found
    return found.reason


def evidence(metric: Metric, table: Any, **tables: Any) -> tuple[Evidence, ...]:
    """The metric's evidence."""
    return metric.evidence(folded(metric, table, **tables))


def not_applicable(metric: Metric, table: Any) -> str | None:
    """Why the metric does not apply to such a table."""
    with DuckDBEngine(threads=1) as engine:
        engine.attach("table", Memory(table))
        return metric.applicable(engine.schema("table"))


def failing(metric: Metric, table: Any, **others: Any) -> tuple[list[list[Any]], int]:
    """The rows that speak against the table, up to ten, and how many there are."""
    with DuckDBEngine(threads=1) as engine:
        for name, frame in {"table": table, **others}.items():
            engine.attach(name, Memory(frame))
        where = metric.failing(engine.schema("table"))
        assert where is not None
        _, rows, total = engine.examples("table", where)
        return rows, total
