"""Whether a model's answers are right as often as it was sure of them."""

from __future__ import annotations

from collections.abc import Mapping  # at run time: the hints of metrics are resolved
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from msgspec import Meta

from assay.core.collection import Hashed, Scores
from assay.core.expr import Column, both, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.core.schema import ANSWERED, CONFIDENCE, PROBABILITY, SCORE
from assay.inference.bounded_means import bounded_mean
from assay.inference.calibration import Strategy, bin_scores, error_interval
from assay.inference.interval import census, measured
from assay.metrics.classification.charts import calibration_chart
from assay.metrics.llm.varied import Settings, scored_by, scorer_of, unknown_too
from assay.states import Count, Moments, Sample

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation, Measurement
    from assay.core.schema import Schema
    from assay.inference.calibration import Bins

Of = Annotated[
    Literal["tokens", "answer"],
    Meta(
        description="The geometric mean of the tokens' probabilities, or the probability of the "
        "answer as a whole, which shrinks with its length."
    ),
]
Right = Annotated[
    str, Meta(description="The scorer, of 0 or 1, that says which answers are right.")
]
_ALL = Count()
_SEVERAL = Count(where=call("gt", Column(ANSWERED), 1))


class _Confidence(Metric):
    """Confidences beside a scorer's word on which answers are right."""

    scorer: str
    settings: Mapping[str, Any]
    confidence: Literal["tokens", "answer"]

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", Hashed(self.settings))
        found = scorer_of(self.collection())
        if not found.binary or not found.higher_is_better:
            raise ValueError(f"the scorer {self.scorer!r} does not say which answers are right")

    def collection(self) -> Scores:
        return scored_by(self.scorer, self.settings)

    def _sure(self) -> Column:
        return Column(CONFIDENCE if self.confidence == "tokens" else PROBABILITY)

    def _known(self) -> Expr:
        known = both(call("not_null", self._sure()), call("not_null", Column(SCORE)))
        assert known is not None
        return known

    def _unmeasured(self, fold: Fold, n: int) -> Unmeasured | None:
        """Why there is nothing to measure."""
        if fold[_ALL].n == 0:
            return Unmeasured(reason="there are no samples")
        if fold[_SEVERAL].n:
            reason = "answers to the same sample are averaged: ask each once, with `repeats: 1`"
            return Unmeasured(reason=reason, n=n)
        if n == 0:
            reason = "no scored answer has logarithms of probabilities: write `logprobs: true`"
            return Unmeasured(reason=reason, fault=True)
        return None


@metric(
    "llm.calibration_error",
    unit="",
    higher_is_better=False,
    formula="mean over bins, weighted by answers, of |share of right answers - mean confidence|",
    interval="test-inversion: noise alone makes gaps, so the value is biased upward (more with "
    "more bins and fewer rows); the interval allows for it and may reach 0; with worst-case bounds "
    "where confidence or score is not known",
    reference="Guo et al. 2017, On Calibration of Modern Neural Networks (ICML); of answers, "
    "Kadavath et al. 2022, arXiv 2207.05221",
    example={"bins": 10},
)
class AnswerCalibrationError(_Confidence):
    """How far a model's confidence in its answers is from how often they are right, on average.

    The confidence is what the probabilities of the answer's tokens say, and right is what a scorer
    says. Answers without a score or without logarithms are left out of the value, and the interval
    allows for whatever they would have been, in the bins of the others. The model must be asked
    with `logprobs: true`.
    """

    jackknife = False

    scorer: Right = "exact_match"
    settings: Settings = Hashed()
    confidence: Of = "tokens"
    bins: Annotated[int, Meta(ge=1, le=10_000, description="Number of bins.")] = 10
    strategy: Annotated[
        Strategy, Meta(description="Bins of equal width, or of equally many answers.")
    ] = "uniform"

    def _sample(self) -> Sample:
        return Sample(of=(self._sure(), Column(SCORE)), where=self._known())

    def aggregates(self, schema: Schema) -> tuple[Aggregate[Any], ...]:
        return _ALL, _SEVERAL, self._sample()

    def _bins(self, fold: Fold) -> Bins:
        sure, right = fold[self._sample()].arrays()
        return bin_scores(np.clip(sure, 0, 1), right > 0.5, bins=self.bins, strategy=self.strategy)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        n = fold[self._sample()].n
        if problem := self._unmeasured(fold, n):
            return (problem,)
        binned = self._bins(fold)
        if how.census:
            return (census(binned.error, n=n),)
        interval = error_interval(binned, level=how.level, seed=how.seed)
        return (measured(binned.error, interval, n=n, how=how),)

    def widened(self, measurement: Measurement, fold: Fold) -> Measurement:
        """Gaps have a sign within a bin: what is not known may make up for what is."""
        return unknown_too(measurement, fold[_ALL].n, low=-1.0, high=1.0, least=0.0)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        if self._unmeasured(fold, fold[self._sample()].n):
            return ()
        binned = self._bins(fold)
        return (calibration_chart(binned, error=binned.error),)


@metric(
    "llm.confidence_brier",
    unit="",
    higher_is_better=False,
    formula="mean over answers of (confidence - 1 if right, else 0)^2",
    interval="wilson-effective, with worst-case bounds where confidence or score is not known",
    reference="Brier 1950, Monthly Weather Review 78:1",
    example={"confidence": "answer"},
)
class ConfidenceBrier(_Confidence):
    """Mean squared gap between a model's confidence in an answer and whether it is right.

    Unlike the calibration error it needs no bins, and it is lower too where confidence tells right
    answers from wrong ones. The model must be asked with `logprobs: true`.
    """

    scorer: Right = "exact_match"
    settings: Settings = Hashed()
    confidence: Of = "tokens"

    def _gaps(self) -> Moments:
        gap = call("sub", self._sure(), Column(SCORE))
        return Moments(of=call("mul", gap, gap))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[Any], ...]:
        return _ALL, _SEVERAL, self._gaps()

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        state = fold[self._gaps()]
        if problem := self._unmeasured(fold, state.n):
            return (problem,)
        value = min(max(state.mean, 0.0), 1.0)
        if how.census:
            return (census(value, n=state.n),)
        interval = bounded_mean(value, state.variance, state.n, how.level)
        return (measured(value, interval, n=state.n, how=how),)

    def widened(self, measurement: Measurement, fold: Fold) -> Measurement:
        return unknown_too(measurement, fold[_ALL].n, low=0.0, high=1.0)
