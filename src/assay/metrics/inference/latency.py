"""How long a call takes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import numpy as np
from msgspec import Meta

from assay.core.collection import Latency as Timings
from assay.core.evidence import Chart
from assay.core.expr import Column
from assay.core.measurement import Unmeasured, number_text
from assay.core.metric import Metric, metric
from assay.core.schema import SECONDS
from assay.inference.interval import Interval, census, measured
from assay.inference.quantiles import ranks
from assay.states import Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_SECONDS = Sample(of=(Column(SECONDS),))
_BINS = 40


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
        seconds = _seconds(fold)
        n = len(seconds)
        if n == 0:
            return (Unmeasured(reason="there are no timed calls: the data has no rows"),)
        # Rounding in q n must not push an exact rank up: 0.95 * 200 is 190, not 190.00000000000003.
        value = float(seconds[max(math.ceil(self.quantile * n - 1e-9), 1) - 1])
        if how.census:
            return (census(value, n=n, unit=self.unit),)
        lower, upper = ranks(n, self.quantile, how.level)
        low = float(seconds[lower - 1]) if lower >= 1 else 0.0  # no call takes less than no time
        high = float(seconds[upper - 1]) if upper <= n else math.inf
        interval = Interval(low, high, "order-statistics")
        return (measured(value, interval, n=n, how=how, unit=self.unit),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        seconds = _seconds(fold)
        if len(seconds) == 0:
            return ()
        value = float(seconds[max(math.ceil(self.quantile * len(seconds) - 1e-9), 1) - 1])
        rows = "row" if self.batch_size == 1 else "rows"
        title = f"Time of {len(seconds):,} calls with {self.batch_size:,} {rows} each"
        return (
            Chart(
                title=title,
                alt=f"{title}: from {number_text(1e3 * float(seconds[0]))} to "
                f"{number_text(1e3 * float(seconds[-1]))} ms, {number_text(1e3 * value)} ms at "
                f"quantile {self.quantile}.",
                spec=_histogram(1e3 * seconds, 1e3 * value),
            ),
        )


def _seconds(fold: Fold) -> NDArray[np.float64]:
    """Finite times, ascending."""
    state = fold[_SECONDS]
    if state.n == 0:
        return np.empty(0)
    (seconds,) = state.arrays()
    return np.sort(seconds[np.isfinite(seconds)])


def _histogram(milliseconds: NDArray[np.float64], value: float) -> dict[str, object]:
    """Counts in bins of equal ratio (times are skewed), with a rule at the measured quantile."""
    least = max(float(milliseconds[0]), 1e-6)
    greatest = max(float(milliseconds[-1]), least * 1.01)
    edges = np.geomspace(least, greatest, _BINS + 1)
    counts, _ = np.histogram(np.clip(milliseconds, least, greatest), edges)
    bars = [
        {"from": float(edges[i]), "to": float(edges[i + 1]), "calls": int(counts[i])}
        for i in range(_BINS)
    ]
    axis = {"type": "quantitative", "scale": {"type": "log", "nice": False}}
    return {
        "layer": [
            {
                "data": {"values": bars},
                "mark": {"type": "bar"},
                "encoding": {
                    "x": {"field": "from", "title": "milliseconds", **axis},
                    "x2": {"field": "to"},
                    "y": {"field": "calls", "type": "quantitative", "title": "calls"},
                },
            },
            {
                "data": {"values": [{"at": value}]},
                "mark": {"type": "rule", "strokeDash": [4, 3]},
                "encoding": {"x": {"field": "at", **axis}},
            },
        ]
    }
