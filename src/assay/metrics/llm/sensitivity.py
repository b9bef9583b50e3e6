"""How much a score drops with the wording of the question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assay.core.collection import Hashed
from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.interval import census, measured
from assay.inference.wordings import Units, mean_drop
from assay.metrics.llm.varied import (
    NONE,
    VARIANT,
    OverVariants,
    ScorerName,
    Settings,
    paired,
    unknown_too,
    variants_of,
)

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.measurement import Estimate, Estimation, Measurement


@metric(
    "llm.sensitivity",
    unit="",
    higher_is_better=False,
    formula="mean over samples of (score as it is - mean score in the variant), for each variant",
    interval="paired-jackknife or mover, with worst-case bounds where answers are missing",
    reference="Zhu et al. 2023, PromptBench, arXiv:2306.04528 (there divided by the score as it "
    "is); Agresti & Min 2005, Statistics in Medicine 24:729",
    example={"scorer": "includes"},
)
class Sensitivity(OverVariants):
    """How far the mean score drops from the samples as they are to each of their variants.

    Above 0, answers become worse with the wording. Each sample is paired with its own variants, and
    copies of a variant are averaged first. The drop is not divided by the score as it is: of a
    model that is seldom right, a quotient says little. The samples need `variants`.
    """

    scorer: ScorerName
    settings: Settings = Hashed()

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        questions = self.questions(fold)
        names = variants_of(questions)
        if not names:
            return (Unmeasured(reason=NONE),)
        found: list[Estimate] = []
        low, high = self.bounds()
        for name in names:
            pairs, asked = paired(questions, name)
            key = {VARIANT: name}
            if not pairs:
                reason = (
                    "no answers to sample and variant could be scored" if asked
                    else "the samples as they are are not among these"
                )  # fmt: skip
                found.append(Unmeasured(reason=reason, key=key, fault=bool(asked)))
                continue
            before, after = (np.array([p[i] for p in pairs]) * self.worse() for i in (0, 1))
            value = float((before - after).mean())
            if how.census:
                found.append(census(value, n=len(pairs), unit=self.unit, key=key))
                continue
            units = Units.of([cluster for _, _, cluster in pairs])
            ends = sorted((self.worse() * low, self.worse() * high))
            interval = mean_drop(before, after, units, how.level, low=ends[0], high=ends[1])
            found.append(measured(value, interval, n=len(pairs), how=how, unit=self.unit, key=key))
        return tuple(found)

    def widened(self, measurement: Measurement, fold: Fold) -> Measurement:
        _, asked = paired(self.questions(fold), measurement.key.get(VARIANT, ""))
        low, high = self.bounds()
        return unknown_too(measurement, asked, low=low - high, high=high - low)
