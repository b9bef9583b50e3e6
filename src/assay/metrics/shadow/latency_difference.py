"""Whether the candidate is slower."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.metrics.data.parameters import needs_numbers
from assay.metrics.shadow.parameters import alone, unanswered
from assay.states import Sample

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_SHOWN = (0.5, 0.9, 0.95, 0.99)


@metric(
    "shadow.latency_difference",
    higher_is_better=False,
    formula="quantile of the candidate's times - quantile of the primary's times",
    interval="paired-quantiles",
    reference="Price & Bonett 2002, Journal of Statistical Computation and Simulation 72:119; "
    "Bahadur 1966, Annals of Mathematical Statistics 37:577",
    example={"primary": "age", "candidate": "income", "quantile": 0.9},
)
class LatencyDifference(Metric):
    """How much longer the candidate's slow requests take than the primary's slow requests.

    It is the difference of two quantiles, in the unit of the columns, not the quantile of the
    requests' differences: what users wait for at the 0.95 quantile before and after. That both
    answered the same requests makes the interval shorter. It has no ends where there are too few
    requests (the 0.95 quantile needs 72 at 95 %, the 0.99 quantile 368).

    Both columns of times are read into memory, 16 bytes a request.
    """

    primary: Annotated[str, Meta(description="Column with the times of the model in service.")]
    candidate: Annotated[str, Meta(description="Column with the times of the candidate.")]
    quantile: Annotated[
        float, Meta(gt=0, lt=1, description="Which quantile: 0.5 the median, 0.99 the tail.")
    ] = 0.95

    def __post_init__(self) -> None:
        if not 0 < self.quantile < 1:
            raise ValueError(f"quantile lies between 0 and 1, not {self.quantile}")

    def columns(self) -> tuple[str, ...]:
        return self.primary, self.candidate

    def applicable(self, schema: Schema) -> str | None:
        return needs_numbers(schema, self.primary, self.candidate)

    def _times(self) -> Sample:
        both = Column(self.primary), Column(self.candidate)
        return Sample(of=both, where=call("and", *(call("finite", times) for times in both)))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return (
            self._times(),
            alone(self.primary, self.candidate),
            alone(self.candidate, self.primary),
        )

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        from assay.inference.paired_quantiles import paired_quantile_difference

        times = fold[self._times()]
        if times.n == 0:
            return (Unmeasured(reason="no request has finite times of both models"),)
        a, b = times.arrays()
        value, interval = paired_quantile_difference(a, b, self.quantile, how.level)
        if how.census:
            return (census(value, n=times.n),)
        return (measured(value, interval, n=times.n, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        import numpy as np

        note = unanswered(fold, self.primary, self.candidate, "they are left out")
        times = fold[self._times()]
        if times.n == 0:
            return note
        shown = sorted({*_SHOWN, self.quantile})
        primary, candidate = (
            np.quantile(column, shown, method="inverted_cdf").tolist() for column in times.arrays()
        )
        return (
            Table(
                title=f"Times of {times.n:,} requests",
                columns=["quantile", self.primary, self.candidate],
                rows=[list(row) for row in zip(shown, primary, candidate, strict=True)],
            ),
            *note,
        )
