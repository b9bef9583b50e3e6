"""What one column tells of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.metrics.data.pairs import MOST_PAIRS, contingency, frequencies
from assay.metrics.data.parameters import ColumnName, describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.aggregate import Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.states import Frequencies

_DISCRETE = frozenset({"string", "boolean", "integer", "date"})


@metric(
    "mutual_information",
    formula="sum over pairs of share * ln(share / (share of x * share of y)); normalized: divided "
    "by the mean of both entropies",
    interval="chi-square-delta",
    reference="sklearn.metrics.mutual_info_score, sklearn.metrics.normalized_mutual_info_score",
    example={"column": "city", "with_column": "race"},
    claim="batch",
    dimension="consistency",
)
class MutualInformation(Metric):
    """Mutual information of two columns in nats: 0 where neither tells anything of the other.

    ``normalized`` gives a share from 0 to 1: of the mean of both entropies. Rows that lack either
    value are left out. The value is that of the rows at hand: chance alone raises it by about
    (values of x - 1) (values of y - 1) / (2 rows), which the interval allows for. It holds for
    texts, booleans, whole numbers and dates with up to 100,000 different pairs; of numbers with
    fractions hardly two are alike, and ``association`` measures them.
    """

    jackknife = False

    column: ColumnName
    with_column: Annotated[str, Meta(description="The other column.")]
    normalized: Annotated[bool, Meta(description="As a share of the mean of both entropies.")] = (
        False
    )

    def columns(self) -> tuple[str, ...]:
        return self.column, self.with_column

    def applicable(self, schema: Schema) -> str | None:
        for name in self.columns():
            info = schema.find(name)
            if info is None:
                return f"there is no column {name!r}"
            if info.kind not in _DISCRETE:
                return (
                    f"column {name!r} holds {describe(info)}, of which hardly two are alike: "
                    "association measures those"
                )
        return None

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        return {(Column(self.column), Column(self.with_column)): MOST_PAIRS}

    def _pairs(self) -> Frequencies:
        return frequencies(self.column, self.with_column)

    def aggregates(self, schema: Schema) -> tuple[Frequencies, ...]:
        return (self._pairs(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        from assay.inference.information import mutual_information

        pairs = fold[self._pairs()]
        if not pairs.counts:
            return (Unmeasured(reason="there is no row with both values"),)
        table = contingency(pairs)
        if self.normalized and max(len(table.rows), len(table.columns)) == 1:
            return (Unmeasured(reason="both columns are constant", n=pairs.n),)
        value, effect = mutual_information(table, normalized=self.normalized)
        if how.census:
            return (census(value, n=pairs.n),)
        return (measured(value, effect.interval(how.level), n=pairs.n, how=how),)
