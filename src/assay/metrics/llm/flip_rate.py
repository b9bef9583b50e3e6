"""How many verdicts change with the wording of the question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from msgspec import Meta

from assay.core.collection import Hashed
from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.interval import census, measured
from assay.inference.wordings import Units, share_of_units
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
    "llm.flip_rate",
    unit="share",
    higher_is_better=False,
    formula="samples of which some variant has another score than the sample as it is / samples",
    interval="wilson or cluster-jackknife, with worst-case bounds where answers are missing",
    reference="Wilson 1927, JASA 22:209",
    example={"scorer": "includes"},
)
class FlipRate(OverVariants):
    """Share of samples whose score changes in at least one of their variants, for worse or better.

    A mean may stay where it is while answers flip in both directions. The more variants there are,
    the more samples flip: compare models under the same ones. The samples need `variants`.
    """

    scorer: ScorerName
    settings: Settings = Hashed()
    change: Annotated[
        float, Meta(gt=0, le=1, description="Share of the scorer's range that is a change.")
    ] = 0.5

    def _flipped(self, question: Question) -> bool | None:
        """Whether a variant has another score; None where that cannot be known."""
        before = question.mean(ORIGINAL)
        if before is None:
            return None
        low, high = self.bounds()
        least = self.change * (high - low) - 1e-9
        after = [s for n, scores in question.scores.items() if n != ORIGINAL for s in scores]
        if any(s is not None and abs(s - before) >= least for s in after):
            return True
        return None if None in after else False

    def _asked(self, fold: Fold) -> list[Question]:
        """Samples that were asked as they are and in some variant."""
        return [q for q in self.questions(fold) if ORIGINAL in q.scores and len(q.scores) > 1]

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        asked = self._asked(fold)
        if not asked:
            said = "the samples as they are are not among these"
            return (Unmeasured(reason=said if variants_of(self.questions(fold)) else NONE),)
        known = [(f, q.cluster) for q in asked if (f := self._flipped(q)) is not None]
        if not known:
            reason = "no answers to sample and variants could be scored"
            return (Unmeasured(reason=reason, fault=True),)
        flips = np.array([f for f, _ in known], dtype=np.float64)
        value = float(flips.mean())
        if how.census:
            return (census(value, n=len(flips), unit=self.unit),)
        interval = share_of_units(flips, Units.of([c for _, c in known]), how.level)
        return (measured(value, interval, n=len(flips), how=how, unit=self.unit),)

    def widened(self, measurement: Measurement, fold: Fold) -> Measurement:
        return unknown_too(measurement, len(self._asked(fold)), low=0.0, high=1.0)
