"""Calibration: whether probabilities mean what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np

from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.calibration import Strategy, bin_scores, error_interval
from assay.inference.interval import census, measured
from assay.metrics.classification.charts import calibration_chart
from assay.metrics.classification.scores import (
    ScoreMetric,
    prediction_of,
    read_scores,
    sample_of,
)

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Prediction, Schema
    from assay.inference.calibration import Bins
    from assay.metrics.classification.scores import Scores
    from assay.states import Sample


@metric(
    "classification.expected_calibration_error",
    unit="",
    higher_is_better=False,
    formula="mean over bins, weighted by rows, of |frequency - mean probability|",
    interval="test-inversion: noise alone makes gaps, so the value is biased upward (more with "
    "more bins and fewer rows); the interval allows for it and may reach 0",
    reference="Guo et al. 2017, On Calibration of Modern Neural Networks (ICML)",
    example={"bins": 10},
)
class ExpectedCalibrationError(ScoreMetric):
    """How far stated probabilities are from frequencies, on average.

    Binary: of the positive class. Multiclass: of the class with the highest score.
    """

    jackknife = False

    bins: Annotated[int, msgspec.Meta(ge=1, le=10_000, description="number of bins")] = 15
    strategy: Annotated[
        Strategy, msgspec.Meta(description="bins of equal width, or of equally many rows")
    ] = "uniform"

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        return (_sample(prediction_of(schema)),)

    def _scores(self, fold: Fold) -> Scores:
        prediction = prediction_of(fold.schema)
        every = prediction.task != "binary"
        return read_scores(fold[_sample(prediction)], prediction, every_class=every)

    def _binned(self, scores: Scores) -> Bins:
        contests = scores.contests
        if len(contests) == 1:
            confidence, happened = contests[0].score, contests[0].positive
        else:
            table = np.stack([c.score for c in contests])
            first = table.argmax(axis=0)
            confidence = table[first, np.arange(scores.n)]
            happened = np.stack([c.positive for c in contests])[first, np.arange(scores.n)]
        confidence = np.clip(confidence, 0, 1)
        return bin_scores(confidence, happened, bins=self.bins, strategy=self.strategy)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        scores = self._scores(fold)
        problem = scores.problem(probabilities=True)
        if problem:
            return (Unmeasured(reason=problem, n=scores.n, fault=scores.unusable > 0),)
        binned = self._binned(scores)
        if how.census:
            return (census(binned.error, n=scores.n),)
        interval = error_interval(binned, level=how.level, seed=how.seed)
        return (measured(binned.error, interval, n=scores.n, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        scores = self._scores(fold)
        if scores.problem(probabilities=True):
            return ()
        binned = self._binned(scores)
        return (calibration_chart(binned, error=binned.error),)


def _sample(prediction: Prediction) -> Sample:
    return sample_of(prediction, every_class=prediction.task != "binary")
