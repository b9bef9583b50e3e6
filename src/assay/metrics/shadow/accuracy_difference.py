"""Which of two models is right more often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.inference.paired_proportions import Pairs, newcombe_paired
from assay.metrics.shadow.parameters import Candidate, Primary, Truth, not_comparable
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


@metric(
    "shadow.accuracy_difference",
    unit="share",
    higher_is_better=True,
    formula="(requests only the candidate got right - requests only the primary did) / requests",
    interval="newcombe-paired",
    reference="Newcombe 1998, Statistics in Medicine 17:2635, method 10; "
    "McNemar 1947, Psychometrika 12:153",
    example={"primary": "sex", "candidate": "race", "truth": "city"},
)
class AccuracyDifference(Metric):
    """The candidate's accuracy less the primary's, on requests whose truth is known by now.

    Only requests on which one is right and the other wrong speak for either. No answer is a wrong
    one. The evidence shows the four counts with McNemar's mid-p value.
    """

    primary: Primary
    candidate: Candidate
    truth: Truth

    def columns(self) -> tuple[str, ...]:
        return self.primary, self.candidate, self.truth

    def applicable(self, schema: Schema) -> str | None:
        return not_comparable(schema, self.truth, self.primary, self.candidate)

    def _cell(self, primary: bool, candidate: bool) -> Count:
        return Count(
            where=call(
                "and",
                call("not_null", Column(self.truth)),
                self._right(self.primary, primary),
                self._right(self.candidate, candidate),
            )
        )

    def _right(self, model: str, wanted: bool) -> Expr:
        right = call("same", Column(model), Column(self.truth))  # true or false, never null
        return right if wanted else call("not", right)

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        return tuple(self._cell(p, c) for p in (True, False) for c in (True, False))

    def _pairs(self, fold: Fold) -> Pairs:
        return Pairs(*(fold[aggregate].n for aggregate in self.aggregates(fold.schema)))

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        pairs = self._pairs(fold)
        if pairs.n == 0:
            return (Unmeasured(reason="the truth is not known of any request"),)
        if how.census:
            return (census(pairs.difference, n=pairs.n, unit=self.unit),)
        interval = newcombe_paired(pairs, how.level)
        return (measured(pairs.difference, interval, n=pairs.n, how=how, unit=self.unit),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        pairs = self._pairs(fold)
        if pairs.n == 0:
            return ()
        return (
            Table(
                title=f"Who was right (no difference: p = {pairs.p_value:.3g}, McNemar's mid-p)",
                columns=["requests", "primary right", "primary wrong"],
                rows=[
                    ["candidate right", pairs.both, pairs.only_b],
                    ["candidate wrong", pairs.only_a, pairs.neither],
                ],
            ),
        )

    def failing(self, schema: Schema) -> Expr | None:
        """Requests that the candidate would have spoilt."""
        return self._cell(primary=True, candidate=False).where
