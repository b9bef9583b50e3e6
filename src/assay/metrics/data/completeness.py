"""Missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.criterion import AtLeast
from assay.core.expr import Column, call
from assay.core.metric import Metric, metric
from assay.inference.proportions import proportion
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


@metric(
    "completeness",
    unit="share",
    higher_is_better=True,
    formula="non-null rows / rows",
    interval="wilson",
    reference="ISO/IEC 25012:2008, completeness",
    example={"column": "income"},
    claim="batch",
    default=AtLeast(1.0),
    dimension="completeness",
)
class Completeness(Metric):
    """Share of rows in which the column is not null (NaN counts as null)."""

    column: str

    def _present(self) -> Count:
        return Count(where=call("not_null", Column(self.column)))

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        return Count(), self._present()

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        return (proportion(fold[self._present()].n, fold[Count()].n, how),)

    def failing(self, schema: Schema) -> Expr:
        return call("is_null", Column(self.column))
