"""How long an answer takes, and how long one waits for its first piece."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from assay.core.collection import Generations
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.core.schema import CACHED, FIRST_TOKEN, SECONDS
from assay.inference.interval import census, measured
from assay.inference.quantiles import between_values, sample_quantile
from assay.metrics.inference.times import ascending, times_chart
from assay.states import Sample

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

Quantile = Annotated[
    float, Meta(gt=0, lt=1, description="Which quantile: 0.5 the median, 0.99 the tail.")
]
_FORMULA = "smallest time that at least a share `quantile` of the answered calls took at most"
_REFERENCE = (
    "Conover 1999, Practical Nonparametric Statistics, 3.2; "
    "Hyndman & Fan 1996, The American Statistician 50:361, type 1"
)


class _Time(Metric):
    """A quantile of the times of the calls that were made and answered."""

    quantile: float

    jackknife = False

    lacking: ClassVar[str] = (
        "no answer has a time: none was asked for in this run, and no file says its `seconds`"
    )

    def __post_init__(self) -> None:
        if not 0 < self.quantile < 1:
            raise ValueError(f"quantile lies between 0 and 1, not {self.quantile}")

    def collection(self) -> Generations:
        return Generations()

    @abstractmethod
    def times(self) -> Sample:
        """What is folded: seconds of answers that were not taken from the cache."""

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        return (self.times(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        seconds = ascending(fold, self.times())
        n = len(seconds)
        if n == 0:
            return (Unmeasured(reason=self.lacking),)
        value = sample_quantile(seconds, self.quantile)
        if how.census:
            return (census(value, n=n, unit=self.unit),)
        interval = between_values(seconds, self.quantile, how.level, least=0.0)
        return (measured(value, interval, n=n, how=how, unit=self.unit),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        seconds = ascending(fold, self.times())
        if len(seconds) == 0:
            return ()
        value = sample_quantile(seconds, self.quantile)
        title = f"Time of {len(seconds):,} answers"
        return (times_chart(title, seconds, value, self.quantile, each="answers", unit="s"),)


@metric(
    "llm.latency",
    unit="s",
    higher_is_better=False,
    formula=_FORMULA,
    interval="order-statistics",
    reference=_REFERENCE,
    example={"quantile": 0.95},
)
class Latency(_Time):
    """Time from sending a question to the last byte of its answer, at a quantile of all calls.

    Of a call that was repeated only the attempt that was answered counts. Answers from the cache
    have no time. How long a model takes depends on how many calls are in flight: `concurrency` is
    part of the question. The interval takes the calls as independent.
    """

    quantile: Quantile = 0.5

    def times(self) -> Sample:
        return Sample(of=(Column(SECONDS),), where=call("not", Column(CACHED)))


@metric(
    "llm.first_token",
    unit="s",
    higher_is_better=False,
    formula=_FORMULA.replace("calls took", "calls took to the first piece"),
    interval="order-statistics",
    reference=_REFERENCE,
    example={"quantile": 0.95},
)
class FirstToken(_Time):
    """Time from sending a question to the first piece of its answer: what a person waits for.

    Only known of a model that is asked with `stream: true`.
    """

    quantile: Quantile = 0.5

    lacking = (
        "no answer came piece by piece: write `stream: true` with the model, or have "
        "`first_token_s` in the file of its answers"
    )

    def times(self) -> Sample:
        return Sample(of=(Column(FIRST_TOKEN),), where=call("not", Column(CACHED)))
