"""Metrics of how well scores rank the classes, and how they average over classes."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.core.measurement import Unmeasured
from assay.inference.interval import Interval, census, logit_interval, measured
from assay.inference.ranks import Ranked, Ranking, rank
from assay.metrics.classification.ratios import Average
from assay.metrics.classification.scores import (
    Contest,
    ScoreMetric,
    Scores,
    prediction_of,
    read_scores,
    sample_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Chart, Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Prediction, Schema
    from assay.states import Sample


class _Judged(NamedTuple):
    """A contest's ranking and statistic, and its interval."""

    contest: Contest
    ranking: Ranking
    ranked: Ranked
    interval: Interval

    def influence(self) -> NDArray[np.float64]:
        """Influence of each row, shape (n,)."""
        return self.ranking.per_row(
            self.contest.positive, self.ranked.for_positives, self.ranked.for_negatives
        )


class RankingMetric(ScoreMetric):
    """Base: ``statistic`` and ``limits`` say what is made of one class against the rest."""

    average: Average | None

    @abstractmethod
    def statistic(self, ranking: Ranking) -> Ranked:
        """The statistic where both classes occur."""

    @abstractmethod
    def limits(self, ranked: Ranked, ranking: Ranking, level: float) -> Interval:
        """Its interval."""

    @abstractmethod
    def chart(self, curves: Sequence[tuple[str, Ranking, float]], n: int) -> Chart:
        """The curve of each class: label, ranking, value."""

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        prediction = prediction_of(schema)
        return (sample_of(prediction, every_class=self._every_class(prediction)),)

    def _every_class(self, prediction: Prediction) -> bool:
        return prediction.task != "binary" or self.average is not None

    def _scores(self, fold: Fold) -> Scores:
        prediction = prediction_of(fold.schema)
        every = self._every_class(prediction)
        state = fold[sample_of(prediction, every_class=every)]
        return read_scores(state, prediction, every_class=every)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        return self.measure(self._scores(fold), how)

    def measure(self, scores: Scores, how: Estimation) -> tuple[Estimate, ...]:
        """Measurements from the scores."""
        problem = scores.problem()
        if problem:
            return (Unmeasured(reason=problem, n=scores.n, fault=scores.unusable > 0),)
        if self.average == "micro":
            return (self._micro(scores, how),)
        found = [self._judge(c, how.level) for c in scores.contests]
        if self.average == "per_class":
            return tuple(
                self._single(f, how, key={"class": c.label})
                for f, c in zip(found, scores.contests, strict=True)
            )
        if len(found) == 1:
            return (self._single(found[0], how, key={}),)
        judged = []
        for one in found:
            if isinstance(one, str):
                reason = f"{one}, so there is no {self.average or 'macro'} average"
                return (Unmeasured(reason=reason, n=scores.n),)
            judged.append(one)
        return (self._averaged(judged, how),)

    def _judge(self, contest: Contest, level: float) -> _Judged | str:
        """One class against the rest, or why it cannot be judged."""
        positives = int(contest.positive.sum())
        if positives == 0:
            return f"no row has the target {contest.label!r}"
        if positives == len(contest.positive):
            return f"every row has the target {contest.label!r}"
        ranking = rank(contest.positive, contest.score)
        ranked = self.statistic(ranking)
        return _Judged(contest, ranking, ranked, self.limits(ranked, ranking, level))

    def _single(self, one: _Judged | str, how: Estimation, *, key: dict[str, str]) -> Estimate:
        if isinstance(one, str):
            return Unmeasured(reason=one, key=key)
        n = len(one.contest.positive)
        if how.census:
            return census(one.ranked.value, n=n, key=key)
        return measured(one.ranked.value, one.interval, n=n, how=how, key=key)

    def _averaged(self, judged: Sequence[_Judged], how: Estimation) -> Estimate:
        """Macro or weighted average over classes.

        Rows influence several classes at once, so influences are summed by row before squaring.
        Where a class is too small or too well separated for that, the ends are averaged: wider
        than needed, never too narrow.
        """
        n = len(judged[0].contest.positive)
        values = np.array([j.ranked.value for j in judged])
        support = np.array([j.ranking.n_positive for j in judged])
        weighted = self.average == "weighted"
        weights = support / support.sum() if weighted else np.full(len(judged), 1 / len(judged))
        value = float(weights @ values)
        if how.census:
            return census(value, n=n)
        methods = {j.interval.method for j in judged}
        if len(methods) > 1 or not 0 < value < 1:
            low, high = weights @ np.array([j.interval[:2] for j in judged])
            return measured(value, Interval(low, high, "averaged-ends"), n=n, how=how)
        influence = np.zeros(n)
        for weight, one in zip(weights, judged, strict=True):
            influence += weight * one.influence()
            if weighted:  # a row of the class also adds to the class's weight
                influence += one.contest.positive * (one.ranked.value - value) / support.sum()
        variance = float(influence @ influence)
        interval = logit_interval(value, variance, how.level, method=methods.pop())
        return measured(value, interval, n=n, how=how)

    def _micro(self, scores: Scores, how: Estimation) -> Estimate:
        """All (row, class) pairs in one ranking; those of a row are a cluster (Obuchowski 1997)."""
        pooled = Contest(
            "",
            np.concatenate([c.positive for c in scores.contests]),
            np.concatenate([c.score for c in scores.contests]),
        )
        one = self._judge(pooled, how.level)
        if isinstance(one, str):
            return Unmeasured(reason="no row has a target that the model knows", n=scores.n)
        value = one.ranked.value
        if how.census:
            return census(value, n=scores.n)
        by_row = one.influence().reshape(len(scores.contests), scores.n).sum(axis=0)
        variance = float(by_row @ by_row)
        interval = one.interval
        if 0 < value < 1 and variance > 0:
            interval = logit_interval(value, variance, how.level, method="clustered-logit")
        return measured(value, interval, n=scores.n, how=how)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        scores = self._scores(fold)
        if scores.problem():
            return ()
        found = [self._judge(c, 0.95) for c in scores.contests]
        curves = [
            (j.contest.label, j.ranking, j.ranked.value) for j in found if not isinstance(j, str)
        ]
        return (self.chart(curves, scores.n),) if curves else ()
