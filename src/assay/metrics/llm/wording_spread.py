"""How far the best and the worst wording lie apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assay.core.collection import Hashed
from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.interval import census, measured
from assay.inference.wordings import Units, spread
from assay.metrics.llm.varied import (
    NONE,
    ORIGINAL,
    OverVariants,
    ScorerName,
    Settings,
    unknown_too,
    variants_of,
)

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.measurement import Estimate, Estimation, Measurement
    from assay.metrics.llm.varied import Question


@metric(
    "llm.wording_spread",
    unit="",
    higher_is_better=False,
    formula="greatest mean score over wordings - smallest one, the original among them",
    interval="paired-spread, with worst-case bounds where answers are missing",
    reference="Sclar et al. 2024, Quantifying Language Models' Sensitivity to Spurious Features in "
    "Prompt Design, ICLR (performance spread); Bonferroni over pairs of wordings",
    example={"scorer": "includes"},
)
class WordingSpread(OverVariants):
    """How far the mean scores of the best and of the worst wording of the samples lie apart.

    A difference between two models that is smaller than this may be one of wording. It rests on
    samples that have every variant, and chance pushes it upward: its lower end does not. The
    samples need `variants`.
    """

    jackknife = False

    scorer: ScorerName
    settings: Settings = Hashed()

    def _whole(self, fold: Fold) -> tuple[list[str], list[Question]]:
        """All wordings, and the samples that were asked in each."""
        questions = self.questions(fold)
        names = [ORIGINAL, *variants_of(questions)]
        return names, [q for q in questions if all(name in q.scores for name in names)]

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        names, asked = self._whole(fold)
        if len(names) < 2:
            return (Unmeasured(reason=NONE),)
        if not asked:
            return (Unmeasured(reason="no sample has every variant"),)
        rows = [(row, q.cluster) for q in asked if None not in (row := [q.mean(n) for n in names])]
        if not rows:
            return (Unmeasured(reason="no sample has a score in every wording", fault=True),)
        values = np.array([row for row, _ in rows], dtype=np.float64)
        if how.census:
            means = values.mean(axis=0)
            return (census(float(means.max() - means.min()), n=len(rows), unit=self.unit),)
        units = Units.of([cluster for _, cluster in rows])
        low, high = self.bounds()
        wordings = dict(zip(names, values.T, strict=True))
        value, interval, _ = spread(wordings, units, how.level, low=low, high=high)
        return (measured(value, interval, n=len(rows), how=how, unit=self.unit),)

    def widened(self, measurement: Measurement, fold: Fold) -> Measurement:
        low, high = self.bounds()
        asked, most = len(self._whole(fold)[1]), high - low
        # samples that are not known may differ the other way round, and make up for the others
        return unknown_too(measurement, asked, low=-most, high=most, least=0.0)
