"""How old the newest row is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.metrics.data.parameters import (
    SECONDS,
    ColumnName,
    TimeUnit,
    epoch_seconds,
    needs_times,
)
from assay.states import Extremes

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


@metric(
    "freshness",
    unit="hours",
    higher_is_better=False,
    formula="reference instant - newest timestamp",
    interval="census",
    reference="ISO/IEC 25012:2008, currentness",
    example={"column": "signup", "at": "2024-04-01T00:00:00Z"},
    claim="batch",
    dimension="timeliness",
)
class Freshness(Metric):
    """Age of the newest date or timestamp; negative where it lies in the future.

    Timestamps without an offset are UTC. The age speaks of the table at hand and has no sampling
    interval.
    """

    column: ColumnName
    at: Annotated[
        str | None,
        Meta(description="Reference instant, ISO 8601; the start of the run where there is none."),
    ] = None
    per: Annotated[TimeUnit, Meta(description="Unit of the age.")] = "hours"

    def __post_init__(self) -> None:
        if self.at is not None:
            epoch_seconds(self.at)

    def applicable(self, schema: Schema) -> str | None:
        return needs_times(schema, self.column)

    def _extremes(self) -> Extremes:
        return Extremes(of=Column(self.column))

    def aggregates(self, schema: Schema) -> tuple[Extremes, ...]:
        return (self._extremes(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        state = fold[self._extremes()]
        if state.greatest is None:
            return (Unmeasured(reason="there are no timestamps"),)
        now = epoch_seconds(self.at) if self.at is not None else how.now
        if now is None:
            return (Unmeasured(reason="no reference instant was given: set `at`"),)
        age = (now - state.greatest) / SECONDS[self.per]
        return (census(age, n=state.n, unit=self.per),)
