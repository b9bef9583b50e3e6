"""How far apart two columns are on the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.evidence import Table, Text
from assay.core.expr import call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.inference.means import mean
from assay.metrics.ratings.outcomes import Values, finite, number, others
from assay.metrics.ratings.parameters import missing, not_numbers
from assay.states import Count, Moments

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.paired_proportions import Pairs


@metric(
    "ratings.paired_difference",
    formula="mean of b - a over the rows that have both",
    interval="student-t (scores), newcombe-paired (outcomes)",
    reference="Student 1908, Biometrika 6:1; Newcombe 1998, Statistics in Medicine 17:2635",
    example={"a": "income", "b": "age"},
)
class PairedDifference(Metric):
    """Mean difference of two columns over the same rows: of scores, or of outcomes (0 and 1).

    Such as the scores of two models on the same prompts. What rows have in common cancels, so it
    takes far fewer of them than comparing two samples. Rows that lack either value are left out.
    """

    a: Annotated[str, Meta(description="Column that is subtracted.")]
    b: Annotated[str, Meta(description="Column it is subtracted from.")]
    values: Values = "auto"

    def columns(self) -> tuple[str, ...]:
        return self.a, self.b

    def applicable(self, schema: Schema) -> str | None:
        return missing(schema, self.columns()) or not_numbers(schema, *self.columns())

    def _difference(self) -> Moments:
        return Moments(of=call("sub", number(self.b), number(self.a)), where=finite(self.a, self.b))

    def _cell(self, a: int, b: int) -> Count:
        is_a, is_b = call("eq", number(self.a), float(a)), call("eq", number(self.b), float(b))
        return Count(where=call("and", is_a, is_b))

    def _cells(self) -> tuple[Count, ...]:
        return self._cell(1, 1), self._cell(1, 0), self._cell(0, 1), self._cell(0, 0)

    def _others(self) -> Count:
        return others(self.a, self.b)

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return self._difference(), self._others(), *self._cells()

    def _pairs(self, fold: Fold) -> Pairs | None:
        """Rows by outcome; None where values are scores."""
        from assay.inference.paired_proportions import Pairs

        if self.values == "scores" or fold[self._others()].n:
            return None
        return Pairs(*(fold[cell].n for cell in self._cells()))

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        from assay.inference.paired_proportions import newcombe_paired

        found = fold[self._difference()]
        if found.n == 0:
            return (Unmeasured(reason="there is no row with both values"),)
        pairs = self._pairs(fold)
        if pairs is None:
            strange = fold[self._others()].n
            if self.values == "outcomes":
                reason = f"{strange:,} rows hold values that are neither 0 nor 1"
                return (Unmeasured(reason=reason, n=found.n),)
            return (mean(found.mean, found.variance, found.n, how),)
        if how.census:
            return (census(pairs.difference, n=pairs.n),)
        interval = newcombe_paired(pairs, how.level)
        return (measured(pairs.difference, interval, n=pairs.n, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        from assay.inference.mcnemar import mcnemar_exact

        if fold[self._difference()].n == 0:
            return ()
        pairs = self._pairs(fold)
        if pairs is None:
            return ()
        exact = mcnemar_exact(pairs.only_a, pairs.only_b)
        return (
            Table(
                title="Rows by outcome",
                columns=["both", f"only {self.a}", f"only {self.b}", "neither"],
                rows=[list(pairs)],
            ),
            Text(
                title="McNemar's test",
                text=f"Of no difference: p = {pairs.p_value:.4g} (mid-p), {exact:.4g} (exact).",
            ),
        )
