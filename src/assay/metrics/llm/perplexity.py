"""Perplexity of a model's own answers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import structs

from assay.core.collection import Scores
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.core.schema import SCORE
from assay.inference.interval import Interval, census, measured
from assay.inference.means import student_t
from assay.inference.unanswered import worst_case
from assay.states import Count, Moments

if TYPE_CHECKING:
    from typing import Any

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.measurement import Estimate, Estimation, Measurement
    from assay.core.schema import Schema

_ALL = Count()
_KNOWN = Count(where=call("not_null", Column(SCORE)))
_SURPRISAL = Moments(of=Column(SCORE))
_LARGEST = 700.0


@metric(
    "llm.perplexity",
    unit="",
    higher_is_better=None,
    formula="exp(mean over samples of the mean over tokens of -ln p)",
    interval="student-t, of the logarithm, with worst-case bounds where answers are missing",
    reference="Jelinek et al. 1977, JASA 62:S63",
    example={},
)
class Perplexity(Metric):
    """Among how many equally probable tokens the model was in doubt, on average, at each token.

    It is the geometric mean of the samples' perplexities: each sample counts the same, however long
    its answer, and repeated answers are averaged first. Of the answers that the model gave, it is
    a measure of how sure it was, not of how well it writes: repetitive text has a low one. The
    model must be asked with `logprobs: true`.
    """

    def collection(self) -> Scores:
        return Scores("surprisal")

    def aggregates(self, schema: Schema) -> tuple[Aggregate[Any], ...]:
        return _ALL, _KNOWN, _SURPRISAL

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        n, state = fold[_KNOWN].n, fold[_SURPRISAL]
        if fold[_ALL].n == 0:
            return (Unmeasured(reason="there are no samples"),)
        if n == 0:
            reason = (
                "no answer has logarithms of probabilities: write `logprobs: true` with the model"
            )
            return (Unmeasured(reason=reason, fault=True),)
        mean = max(state.mean, 0.0)
        if mean > _LARGEST:
            return (Unmeasured(reason="the perplexity is beyond what a number can hold", n=n),)
        if how.census:
            return (census(math.exp(mean), n=n),)
        low, high, method = student_t(mean, state.variance, n, how.level)
        interval = Interval(math.exp(max(low, 0.0)), _power(high), method)
        return (measured(math.exp(mean), interval, n=n, how=how),)

    def widened(self, measurement: Measurement, fold: Fold) -> Measurement:
        """As far as answers that are not known could move it: upwards there is no bound."""
        m, asked = measurement, fold[_ALL].n
        if m.n == asked:
            return m
        low = math.log(m.value if m.low is None else m.low)
        high = math.inf if m.high is None else math.log(m.high)
        bounds = worst_case(
            Interval(low, high, m.method), m.n, asked, low=0.0, high=math.inf,
            value=math.log(m.value), level=m.level,
        )  # fmt: skip
        return structs.replace(
            m, low=min(math.exp(max(bounds.low, 0.0)), m.value), high=None, method=bounds.method
        )


def _power(exponent: float) -> float:
    return math.exp(exponent) if exponent < _LARGEST else math.inf
