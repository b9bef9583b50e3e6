"""The mean of human labels, from few of them and a judge's label for every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import measured
from assay.metrics.ratings.outcomes import Values, finite, others
from assay.metrics.ratings.parameters import Human, Judge, missing, not_numbers
from assay.states import Comoments, Count, Moments

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.prediction_powered import Judged


@metric(
    "ratings.judged_mean",
    formula="mean human label + power * (judge's mean on other rows - judge's mean on those rows)",
    interval="prediction-powered; student-t or wilson where the judge is of no use",
    reference="Angelopoulos, Duchi & Zrnic 2023, arXiv:2311.01453 (PPI++)",
    example={"human": "income", "judge": "age"},
)
class JudgedMean(Metric):
    """Mean of the human label over all rows, from few human labels and many of a judge.

    Human labels are null where nobody labelled, and those that are there belong to rows drawn at
    random. What the judge says of all other rows is corrected by how far it is off where humans
    labelled too: a bad judge makes the interval no wrong one, a good one makes it shorter. With
    fewer than 20 human labels, without other rows, or with a judge that tells nothing, it is the
    plain mean of the human labels.

    The mean of a whole batch is estimated too, so there is an interval under either claim.
    """

    human: Human
    judge: Judge
    values: Values = "auto"

    def columns(self) -> tuple[str, ...]:
        return self.human, self.judge

    def applicable(self, schema: Schema) -> str | None:
        return missing(schema, self.columns()) or not_numbers(schema, *self.columns())

    def _labelled(self) -> Comoments:
        return Comoments(x=Column(self.human), y=Column(self.judge))

    def _unlabelled(self) -> Moments:
        return Moments(of=Column(self.judge), where=call("is_null", Column(self.human)))

    def _others(self) -> Count:
        return others(self.human)

    def _unjudged(self) -> Count:
        judged = call("not", call("finite", Column(self.judge)))
        unjudged = call("or", call("is_null", Column(self.judge)), judged)
        return Count(where=call("and", finite(self.human), unjudged))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return self._labelled(), self._unlabelled(), self._others(), self._unjudged()

    def _judged(self, fold: Fold) -> Judged | str:
        """The mean, or why there is none."""
        from assay.inference.prediction_powered import judged_mean

        labelled, strange = fold[self._labelled()], fold[self._others()].n
        if labelled.n == 0:
            return "there is no row with both labels"
        if self.values == "outcomes" and strange:
            return f"{strange:,} values of {self.human!r} are neither 0 nor 1"
        outcomes = self.values != "scores" and not strange
        return judged_mean(labelled, fold[self._unlabelled()], outcomes=outcomes)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        found = self._judged(fold)
        if isinstance(found, str):
            return (Unmeasured(reason=found),)
        return (measured(found.value, found.interval(how.level), n=found.labelled, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        found = self._judged(fold)
        if isinstance(found, str):
            return ()
        both = fold[self._labelled()]
        rows: list[list[str | int | float | bool | None]] = [
            ["rows with a human label and the judge's", found.labelled],
            ["rows with the judge's alone", found.unlabelled],
            ["rows with a human label alone (left out)", fold[self._unjudged()].n],
            ["mean of the human labels", round(both.mean_x, 6)],
            ["mean of the judge's labels of the same rows", round(both.mean_y, 6)],
            ["weight of the judge (power)", round(found.power, 4)],
        ]
        return (Table(title="Labels", columns=["what", "value"], rows=rows),)
