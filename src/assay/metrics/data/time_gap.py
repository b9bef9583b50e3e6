"""How long nothing came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.metrics.data.parameters import (
    SECONDS,
    ColumnName,
    TimeUnit,
    instant_text,
    needs_times,
)
from assay.states import Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_SHOWN = 10


@metric(
    "time_gap",
    unit="hours",
    higher_is_better=False,
    formula="greatest difference between neighbouring different timestamps",
    interval="census",
    reference="ISO/IEC 25012:2008, completeness",
    example={"column": "signup"},
    claim="batch",
    dimension="completeness",
)
class TimeGap(Metric):
    """Longest time between one date or timestamp and the next later one in the column.

    How long ago the last one was, ``freshness`` tells. The greatest gap of a sample grows with the
    time that it spans: it speaks of the table at hand and has no sampling interval. The column is
    read into memory (8 bytes a row).
    """

    column: ColumnName
    per: Annotated[TimeUnit, Meta(description="Unit of the gap.")] = "hours"

    def applicable(self, schema: Schema) -> str | None:
        return needs_times(schema, self.column)

    def _sample(self) -> Sample:
        value = Column(self.column)
        return Sample(of=(value,), where=call("finite", value))

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        return (self._sample(),)

    def _instants(self, fold: Fold) -> NDArray[np.float64] | None:
        """The different timestamps, ascending; None where there are not two."""
        import numpy as np

        sample = fold[self._sample()]
        if sample.n == 0:
            return None
        found = np.unique(sample.arrays()[0])
        return found if len(found) > 1 else None

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        n = fold[self._sample()].n
        instants = self._instants(fold)
        if instants is None:
            reason = "there are no timestamps" if n == 0 else "all timestamps are the same"
            return (Unmeasured(reason=reason, n=n),)
        gaps = instants[1:] - instants[:-1]
        return (census(float(gaps.max()) / SECONDS[self.per], n=n, unit=self.per),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        instants = self._instants(fold)
        if instants is None:
            return ()
        gaps = instants[1:] - instants[:-1]
        largest = (-gaps).argsort(kind="stable")[:_SHOWN]
        return (
            Table(
                title=f"Largest gaps of {self.column}",
                columns=["from", "to", self.per],
                rows=[
                    [
                        instant_text(float(instants[at])),
                        instant_text(float(instants[at + 1])),
                        round(float(gaps[at]) / SECONDS[self.per], 6),
                    ]
                    for at in largest
                ],
            ),
        )
