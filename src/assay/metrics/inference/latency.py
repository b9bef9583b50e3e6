"""How long a call takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.collection import Latency as Timings
from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.core.schema import SECONDS
from assay.inference.interval import census, measured
from assay.inference.quantiles import between_values, sample_quantile
from assay.metrics.inference.times import ascending, times_chart
from assay.states import Sample

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_SECONDS = Sample(of=(Column(SECONDS),))


@metric(
    "inference.latency",
    unit="s",
    higher_is_better=False,
    formula="smallest time that at least a share `quantile` of the timed calls took at most",
    interval="order-statistics",
    reference="Conover 1999, Practical Nonparametric Statistics, 3.2; "
    "Hyndman & Fan 1996, The American Statistician 50:361, type 1",
    example={"quantile": 0.95},
)
class Latency(Metric):
    """Time of one call of the model, in this process, at a quantile of repeated calls.

    Only the model's own call is timed: rows are read and converted before. The interval takes the
    calls as independent; it has no upper end where there are too few of them (the 0.99 quantile
    needs 368 calls at 95 %).
    """

    quantile: Annotated[
        float, Meta(gt=0, lt=1, description="Which quantile: 0.5 the median, 0.99 the tail.")
    ] = 0.5
    batch_size: Annotated[int, Meta(ge=1, description="Rows in each call.")] = 1
    repeats: Annotated[int, Meta(ge=1, description="Timed calls.")] = 200
    warmup: Annotated[int, Meta(ge=0, description="Calls before them that do not count.")] = 10

    def __post_init__(self) -> None:
        if not 0 < self.quantile < 1:
            raise ValueError(f"quantile lies between 0 and 1, not {self.quantile}")
        if self.batch_size < 1 or self.repeats < 1 or self.warmup < 0:
            raise ValueError("batch_size and repeats are at least 1, and warmup at least 0")

    def collection(self) -> Timings:
        return Timings(batch_size=self.batch_size, repeats=self.repeats, warmup=self.warmup)

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        return (_SECONDS,)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        seconds = ascending(fold, _SECONDS)
        n = len(seconds)
        if n == 0:
            return (Unmeasured(reason="there are no timed calls: the data has no rows"),)
        value = sample_quantile(seconds, self.quantile)
        if how.census:
            return (census(value, n=n, unit=self.unit),)
        interval = between_values(seconds, self.quantile, how.level, least=0.0)
        return (measured(value, interval, n=n, how=how, unit=self.unit),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        seconds = ascending(fold, _SECONDS)
        if len(seconds) == 0:
            return ()
        value = sample_quantile(seconds, self.quantile)
        rows = "row" if self.batch_size == 1 else "rows"
        title = f"Time of {len(seconds):,} calls with {self.batch_size:,} {rows} each"
        return (
            times_chart(title, 1e3 * seconds, 1e3 * value, self.quantile, each="calls", unit="ms"),
        )
