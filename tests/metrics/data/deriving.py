"""Measure a metric of groups, or of a query, as a run does: through the runner and the engine."""

from __future__ import annotations

from typing import Any

import assay
from assay.core.evidence import Evidence, Examples
from assay.core.measurement import Measurement
from assay.core.result import Result


def result(metric: str, table: Any, *, others: Any = None, **requirement: Any) -> Result:
    """The result of one check of the table ``data``; without a criterion it is only reported."""
    run = assay.run([assay.check(metric, **requirement)], on={"data": table, **(others or {})})
    (found,) = run.results
    return found


def measure(metric: str, table: Any, *, others: Any = None, **requirement: Any) -> Measurement:
    """The one measurement."""
    found = result(metric, table, others=others, **requirement)
    assert len(found.measurements) == 1, found
    return found.measurements[0]


def value(metric: str, table: Any, **requirement: Any) -> float:
    """Its value."""
    return measure(metric, table, **requirement).value


def examples(metric: str, table: Any, **requirement: Any) -> Examples:
    """The groups, or rows, that fail."""
    (found,) = (e for e in evidence(metric, table, **requirement) if isinstance(e, Examples))
    return found


def evidence(metric: str, table: Any, **requirement: Any) -> list[Evidence]:
    """Its evidence."""
    return result(metric, table, **requirement).evidence
