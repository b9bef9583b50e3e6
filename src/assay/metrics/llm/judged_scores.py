"""The mean of what a judge says, corrected by what people say of some of the same answers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.schema import REASON, SCORE
from assay.inference.bounded_means import bounded_mean
from assay.inference.interval import Interval, measured
from assay.metrics.llm.mean_scores import ALL, KNOWN, SCORES, MeanScore
from assay.metrics.ratings.outcomes import finite
from assay.metrics.ratings.parameters import not_numbers
from assay.states import Comoments, ComomentsState, Count, Frequencies, Moments, MomentsState

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.prediction_powered import Judged

Labels = Annotated[
    str | None,
    Meta(
        description="Field of the samples with human grades of some of them, on the same scale: "
        "the mean is then that of people's grades, and the judge's are corrected by them."
    ),
]
METHOD = "prediction-powered"
_MOST_GRADES = 30
"""Different grades up to which kappa is told; of more, the correlation alone."""
_Cells = list[list[str | int | float | bool | None]]


class JudgedScore(MeanScore):
    """Base of the checks of judged scores.

    With human ``labels`` of some samples, drawn at random, the mean is prediction-powered: the
    judge's mean over the others, corrected by how far it is off where people graded too.
    """

    labels: Labels

    def columns(self) -> tuple[str, ...]:
        return () if self.labels is None else (self.labels,)

    def applicable(self, schema: Schema) -> str | None:
        return not_numbers(schema, *self.columns()) if self.labels is not None else None

    def _human(self) -> Column:
        return Column(self.labels or "")

    def _both(self) -> Comoments:
        return Comoments(x=self._human(), y=Column(SCORE))

    def _alone(self) -> Moments:
        return Moments(of=Column(SCORE), where=call("is_null", self._human()))

    def _outside(self) -> Count:
        low, high = self.bounds()
        outside = call("or", call("lt", self._human(), low), call("gt", self._human(), high))
        return Count(where=call("and", finite(self.labels or ""), outside))

    def _pairs(self) -> Frequencies:
        both = call("and", finite(self.labels or ""), call("not_null", Column(SCORE)))
        return Frequencies(of=(self._human(), Column(SCORE)), where=both)

    def aggregates(self, schema: Schema) -> tuple[Aggregate[Any], ...]:
        own = super().aggregates(schema)
        if self.labels is None:
            return own
        return (*own, self._both(), self._alone(), self._outside(), self._pairs())

    def _corrected(self, fold: Fold) -> Judged | str:
        """The mean on a scale from 0 to 1, or why there is none."""
        from assay.inference.prediction_powered import judged_mean

        low, high = self.bounds()
        both, outside = fold[self._both()], fold[self._outside()].n
        if outside:
            return f"{outside:,} labels in {self.labels!r} lie outside {low:g} to {high:g}"
        if both.n == 0:
            return f"no sample has both a label in {self.labels!r} and a score of the judge"
        width = high - low
        labelled = ComomentsState(
            both.n, (both.mean_x - low) / width, (both.mean_y - low) / width,
            both.m2_x / width**2, both.m2_y / width**2, both.cross / width**2,
        )  # fmt: skip
        alone = fold[self._alone()]
        others = MomentsState(alone.n, (alone.mean - low) / width, alone.m2 / width**2)
        # Grades within bounds vary no more than outcomes do: they are taken for such.
        return judged_mean(labelled, others if alone.n else MomentsState(), outcomes=True)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        if self.labels is None or fold[ALL].n == 0:
            return super().estimate(fold, how)
        found = self._corrected(fold)
        if isinstance(found, str):
            return (Unmeasured(reason=found),)
        low, high = self.bounds()
        width = high - low
        if found.power > 0:
            ends = found.interval(how.level)
        else:  # the judge tells nothing: people's grades alone
            both = fold[self._both()]
            spread = both.m2_x / max(both.n - 1, 1) / width**2
            ends = bounded_mean(found.value, spread, both.n, how.level)
        value = low + width * found.value
        interval = Interval(
            min(low + width * ends.low, value), max(low + width * ends.high, value), ends.method
        )
        return (measured(value, interval, n=fold[KNOWN].n, how=how, unit=self.unit),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        if self.labels is None or isinstance(found := self._corrected(fold), str):
            return ()
        low, high = self.bounds()
        both = fold[self._both()]
        rows: _Cells = [
            ["samples with a human grade and the judge's", both.n],
            ["samples with the judge's alone", found.unlabelled],
            ["mean of the judge over all of them", round(fold[SCORES].mean, 4)],
            ["mean of the judge where people graded", round(both.mean_y, 4)],
            ["mean of people's grades", round(both.mean_x, 4)],
            ["corrected mean", round(low + (high - low) * found.value, 4)],
            ["weight of the judge (0 is: not used)", round(found.power, 4)],
            *self._agreement(fold),
        ]
        return (Table(title="Judge against people", columns=["what", "value"], rows=rows),)

    def _agreement(self, fold: Fold) -> _Cells:
        """Kappa, weighted by the square of the distance, and the correlation."""
        import numpy as np

        from assay.inference.agreement.cohen import cohen
        from assay.inference.undefined import Undefined

        both = fold[self._both()]
        rows: _Cells = []
        if both.m2_x > 0 and both.m2_y > 0:
            rows.append(["correlation", round(both.cross / math.sqrt(both.m2_x * both.m2_y), 4)])
        pairs = [(float(x), float(y), n) for (x, y), n in fold[self._pairs()].counts
                 if isinstance(x, int | float) and isinstance(y, int | float)]  # fmt: skip
        grades = sorted({g for x, y, _ in pairs for g in (x, y)})
        if not 1 < len(grades) <= _MOST_GRADES:
            return [*rows, ["kappa", "not defined"]] if len(grades) < 2 else rows
        at = {g: i for i, g in enumerate(grades)}
        table = np.zeros((len(grades), len(grades)), dtype=np.int64)
        for x, y, n in pairs:
            table[at[x], at[y]] += n
        try:
            kappa = cohen(table, "quadratic", at=np.array(grades))
        except Undefined:
            return [*rows, ["kappa", "not defined"]]
        low, high, _ = kappa.interval(0.95)
        said = f"{kappa.value:.2f} [{low:.2f}, {high:.2f}]"
        return [*rows, ["kappa (weighted by squares)", said]]

    def failing(self, schema: Schema) -> Expr | None:
        """Also answers of which the judge's reply could not be read."""
        worse = super().failing(schema)
        if worse is None or schema.find(REASON) is None:
            return worse
        nonsense = call("and", call("is_null", Column(SCORE)), call("not_null", Column(REASON)))
        return call("or", worse, nonsense)
