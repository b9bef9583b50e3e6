"""Losses of stated probabilities that are a mean over rows."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from assay.core.expr import Column, call
from assay.core.labels import label_positions
from assay.core.measurement import Unmeasured
from assay.core.schema import TARGET, score_column
from assay.inference.means import mean
from assay.metrics.classification.scores import (
    PROBABILITY_SLACK,
    ScoreMetric,
    prediction_of,
    unusable_scores,
)
from assay.states import Count, Moments

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Prediction, Schema

LABELLED = Count(where=call("not_null", Column(TARGET)))


class ProbabilityMetric(ScoreMetric):
    """Base: ``loss`` is what one row costs."""

    @abstractmethod
    def loss(self, prediction: Prediction) -> Expr:
        """The loss of a row that has a target."""

    @abstractmethod
    def greatest(self, prediction: Prediction) -> float:
        """Upper bound of the loss."""

    def _moments(self, prediction: Prediction) -> Moments:
        return Moments(of=self.loss(prediction), where=_usable(prediction))

    def aggregates(self, schema: Schema) -> tuple[Count | Moments, ...]:
        prediction = prediction_of(schema)
        return LABELLED, _outside(prediction), self._moments(prediction)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        prediction = prediction_of(fold.schema)
        labelled, outside = fold[LABELLED].n, fold[_outside(prediction)].n
        state = fold[self._moments(prediction)]
        reason = None
        if labelled == 0:
            reason = "there are no rows with a target"
        elif state.n < labelled:
            reason = unusable_scores(labelled - state.n, labelled)
        elif outside:
            reason = (
                f"the scores are no probabilities: {outside:,} of {labelled:,} rows have one "
                "outside 0 to 1"
            )
        if reason:
            return (Unmeasured(reason=reason, n=labelled, fault=state.n < labelled),)
        ends = (0.0, self.greatest(prediction))
        return (mean(state.mean, state.variance, state.n, how, ends=ends),)


def _scores(prediction: Prediction) -> list[Column]:
    """The score columns of all classes."""
    return [Column(score_column(i)) for i in range(len(prediction.labels))]


def _usable(prediction: Prediction) -> Expr:
    """Rows with finite scores, whose target the model knows (with two classes: has, or has not)."""
    known: Expr = call("not_null", Column(TARGET))
    if prediction.task != "binary":
        known = call("in", call("text", Column(TARGET)), *label_positions(prediction.labels))
    return call("and", known, *(call("finite", score) for score in _scores(prediction)))


def _outside(prediction: Prediction) -> Count:
    """Rows with a target and a score that is no probability: farther than 1/2 from 1/2."""
    distances = [call("abs", call("sub", score, 0.5)) for score in _scores(prediction)]
    beyond = call("gt", call("greatest", *distances), 0.5 + PROBABILITY_SLACK)
    return Count(where=call("and", call("not_null", Column(TARGET)), beyond))
