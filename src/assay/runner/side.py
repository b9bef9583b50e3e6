"""A stored run as one side of a comparison, and what its results speak of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.collection import Predictions, Scores
from assay.core.criterion import NoWorseThan
from assay.runner.leave_out import key_of
from assay.runner.observe import Wish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.check import Check
    from assay.core.measurement import Measurement
    from assay.core.metric import Metric
    from assay.core.result import Result, Run
    from assay.core.source import Files
    from assay.runner.leave_out import KeyText


@dataclass(frozen=True)
class Side:
    """A stored run with the predictions and scores it kept, by :func:`observed_as`."""

    run: Run
    observations: Mapping[str, Files]


Asked = tuple[object, ...]


def asks(result: Result) -> Asked:
    """Of what, beside the metric, a result speaks."""
    return (
        result.on, result.data, result.against, result.where, result.claim,
        sorted(map(tuple, result.by)),
    )  # fmt: skip


def asks_of_check(check: Check) -> Asked:
    """The same of a check that is being run."""
    spec = check.spec
    return spec.on, spec.data, spec.against, spec.where, check.claim, sorted(map(tuple, spec.by))


def pairable(metric: Metric, claim: str) -> bool:
    """Whether its rows are predictions on one table, or scores of answers, and it speaks of more
    than these rows."""
    rows = isinstance(metric.collection(), Predictions | Scores) and not metric.compares
    return claim == "process" and rows


def observed_as(metric: Metric, on: str, data: str | None) -> str:
    """Name under which a run keeps the observations that a pairable metric rests on."""
    wanted = metric.collection()
    return Wish(on, data or "", wanted if isinstance(wanted, Scores) else Predictions()).table


def values_of(result: Result) -> dict[KeyText, Measurement]:
    """Measured values by key; of a ``no_worse_than`` only differences are kept, so none."""
    if isinstance(result.criterion, NoWorseThan):
        return {}
    return {key_of(m.key): m for m in result.measurements}
