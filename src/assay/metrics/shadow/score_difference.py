"""How much more the candidate scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.interval import census, measured
from assay.inference.paired_proportions import Pairs, newcombe_paired
from assay.metrics.data.parameters import needs_numbers
from assay.metrics.shadow.paired_mean import PairedMean
from assay.metrics.shadow.parameters import Candidate, Primary
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


@metric(
    "shadow.score_difference",
    formula="mean over the requests of (candidate - primary); true is 1, false is 0",
    interval="student-t (numbers), newcombe-paired (booleans)",
    reference="scipy.stats.ttest_rel; Newcombe 1998, Statistics in Medicine 17:2635, method 10",
    example={"primary": "age", "candidate": "income"},
)
class ScoreDifference(PairedMean):
    """Mean of the candidate's numbers less the primary's: scores, prices, values of decisions.

    Of two columns of booleans it tells how much more often the candidate says yes. Requests without
    a finite value from both are left out, and the evidence says how many have one from one model
    only.
    """

    primary: Primary
    candidate: Candidate

    def columns(self) -> tuple[str, ...]:
        return self.primary, self.candidate

    def applicable(self, schema: Schema) -> str | None:
        return needs_numbers(schema, self.primary, self.candidate)

    def difference(self) -> Expr:
        # "sub" of infinities is NaN or infinite, and moments leave both out
        return call("sub", Column(self.candidate), Column(self.primary))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        cells = self._cells() if self._decisions(schema) else ()
        return *super().aggregates(schema), *cells

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        if not self._decisions(fold.schema):
            return super().estimate(fold, how)
        pairs = Pairs(*(fold[cell].n for cell in self._cells()))
        if pairs.n == 0:
            return (Unmeasured(reason="no request has decisions of both models"),)
        if how.census:
            return (census(pairs.difference, n=pairs.n),)
        interval = newcombe_paired(pairs, how.level)
        return (measured(pairs.difference, interval, n=pairs.n, how=how),)

    def _decisions(self, schema: Schema) -> bool:
        found = (schema.find(self.primary), schema.find(self.candidate))
        return all(info is not None and info.kind == "boolean" for info in found)

    def _cells(self) -> tuple[Count, ...]:
        """Requests by both decisions, in the order of :class:`Pairs`."""
        return tuple(
            Count(
                where=call(
                    "and",
                    call("same", Column(self.primary), primary),
                    call("same", Column(self.candidate), candidate),
                )
            )
            for primary in (True, False)
            for candidate in (True, False)
        )
