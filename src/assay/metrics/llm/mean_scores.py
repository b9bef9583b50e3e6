"""The mean of a score over samples, whatever became of their calls."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta, structs

from assay.core.collection import Scores
from assay.core.expr import Column, call
from assay.core.measurement import Measurement, Unmeasured
from assay.core.metric import Metric
from assay.core.schema import ANSWERED, SCORE
from assay.core.scorer import Scorer  # at run time: parameters' types are resolved
from assay.inference.attempts import all_of, any_of
from assay.inference.bounded_means import bounded_mean
from assay.inference.interval import Interval, census, measured
from assay.inference.means import student_t
from assay.inference.proportions import wilson
from assay.inference.unanswered import worst_case
from assay.states import Count, Frequencies, Moments

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

KNOWN = Count(where=call("not_null", Column(SCORE)))
SCORES = Moments(of=Column(SCORE))
_SEVERAL = Count(where=call("gt", Column(ANSWERED), 1))
ALL = Count()
_COUNTS = Frequencies(of=(Column(ANSWERED), Column(SCORE)))

_Times = Annotated[int, Meta(ge=1)]
PassAt = Annotated[
    _Times | None, Meta(description="pass@k: at least one of so many answers is right.")
]
PassAll = Annotated[_Times | None, Meta(description="pass^k: all of so many answers are right.")]


class MeanScore(Metric):
    """Base of the checks: the mean over samples of a score of their answers.

    Answers to the same sample are averaged first. An answer that failed to come (a network, a
    server) is no score of 0: such samples are left out of the mean, and the interval allows for
    whatever their scores would have been.
    """

    scorer: ClassVar[type[Scorer]]

    def bounds(self) -> tuple[float, float]:
        """The least and the greatest score, by the scorer's parameters."""
        return self.scorer(**dict(self.collection().params)).bounds()

    def collection(self) -> Scores:
        own = fields(self.scorer)  # type: ignore[arg-type]  # the decorator made it a dataclass
        return Scores(self.scorer.name, tuple(sorted((f.name, getattr(self, f.name)) for f in own)))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[Any], ...]:
        return ALL, KNOWN, SCORES, _SEVERAL

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        asked, answered = fold[ALL].n, fold[KNOWN].n
        if asked == 0:
            return (Unmeasured(reason="there are no samples"),)
        if answered == 0:
            return (Unmeasured(reason="no sample has an answer that could be scored", fault=True),)
        low, high = self.bounds()
        value = min(max(fold[SCORES].mean, low), high)
        if how.census:
            return (census(value, n=answered, unit=self.unit),)
        interval = self._sampling(fold, how)
        return (measured(value, interval, n=answered, how=how, unit=self.unit),)

    def ends(self) -> tuple[float, float]:
        low, high = self.bounds()
        return (low, high) if math.isfinite(high - low) else super().ends()

    def widened(self, measurement: Measurement, fold: Fold) -> Measurement:
        """As far as the scores of samples without an answer could move the mean."""
        m, asked = self._within_bounds(measurement), fold[ALL].n
        if m.n == asked:
            return m
        least, most = self.bounds()
        low = -math.inf if m.low is None else m.low
        high = math.inf if m.high is None else m.high
        known = Interval(low, high, m.method)
        bounds = worst_case(
            known, m.n, asked, low=least, high=most, value=m.value, level=m.level
        )  # fmt: skip
        low, high = min(bounds.low, m.value), max(bounds.high, m.value)
        return structs.replace(
            m,
            low=low if math.isfinite(low) else None,
            high=high if math.isfinite(high) else None,
            method=bounds.method,
        )

    def _within_bounds(self, m: Measurement) -> Measurement:
        """No mean of scores lies where no score can, whatever method its interval is of."""
        least, most = self.bounds()
        low = None if m.low is None or math.isinf(least) else max(m.low, min(least, m.value))
        high = None if m.high is None or math.isinf(most) else min(m.high, max(most, m.value))
        return structs.replace(
            m, low=m.low if low is None else low, high=m.high if high is None else high
        )

    def _sampling(self, fold: Fold, how: Estimation) -> Interval:
        """For the mean of the samples that were answered."""
        moments, n = fold[SCORES], fold[KNOWN].n
        if self.scorer.binary and not fold[_SEVERAL].n:
            return wilson(round(moments.mean * n), n, how.level)
        low, high = self.bounds()
        if math.isfinite(low) and math.isfinite(high):
            mean = min(max(moments.mean, low), high)  # a rounding error may lead out
            return bounded_mean(mean, moments.variance, n, how.level, low=low, high=high)
        lower, upper, method = student_t(moments.mean, moments.variance, n, how.level)
        return Interval(max(lower, low), min(upper, high), method)

    def failing(self, schema: Schema) -> Expr | None:
        """Samples whose answers are not all as good as can be."""
        better = self.scorer.higher_is_better
        low, high = self.bounds()
        best = high if better else low
        if better is None or not math.isfinite(best):
            return None
        return call("lt" if better else "gt", Column(SCORE), best)


class PassRate(MeanScore):
    """Base of the checks of scores that are 0 or 1: with repeats, some or all of them count."""

    pass_at: int | None
    pass_all: int | None

    def __post_init__(self) -> None:
        if self.pass_at is not None and self.pass_all is not None:
            raise ValueError("give either `pass_at` or `pass_all`, not both")
        if any(k is not None and k < 1 for k in (self.pass_at, self.pass_all)):
            raise ValueError("`pass_at` and `pass_all` must be at least 1")

    def _several(self) -> bool:
        return self.pass_at is not None or self.pass_all is not None

    def aggregates(self, schema: Schema) -> tuple[Aggregate[Any], ...]:
        return (ALL, _COUNTS) if self._several() else super().aggregates(schema)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        if not self._several():
            return super().estimate(fold, how)
        k, of = (self.pass_at, any_of) if self.pass_at is not None else (self.pass_all or 1, all_of)
        known: dict[float, int] = {}
        for (answers, score), samples in fold[_COUNTS].counts:
            if isinstance(answers, int) and isinstance(score, int | float) and answers >= k:
                value = of(k, round(score * answers), answers)
                known[value] = known.get(value, 0) + samples
        asked, n = fold[ALL].n, sum(known.values())
        if asked == 0:
            return (Unmeasured(reason="there are no samples"),)
        if n == 0:
            reason = f"no sample has {k} answers: give the model `repeats: {k}` or more"
            return (Unmeasured(reason=reason),)
        value = math.fsum(v * m for v, m in known.items()) / n
        value = min(max(value, 0.0), 1.0)
        spread = math.fsum(m * (v - value) ** 2 for v, m in known.items()) / max(n - 1, 1)
        if how.census:
            return (census(value, n=n, unit=self.unit),)
        interval = bounded_mean(value, spread, n, how.level)
        return (measured(value, interval, n=n, how=how, unit=self.unit),)
