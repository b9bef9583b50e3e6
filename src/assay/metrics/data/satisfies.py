"""Rows that break a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.criterion import AtLeast
from assay.core.expr import Sql, call
from assay.core.metric import Metric, metric
from assay.inference.proportions import proportion
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


@metric(
    "satisfies",
    unit="share",
    higher_is_better=True,
    formula="rows in which the predicate is true / rows",
    interval="wilson",
    reference="Schelter et al. 2018, VLDB 11:1781 (deequ), compliance",
    example={"predicate": "age >= 18 AND income > 0"},
    claim="batch",
    default=AtLeast(1.0),
    dimension="consistency",
)
class Satisfies(Metric):
    """Share of rows in which a SQL predicate over their columns is true.

    A row in which it is unknown (because a column is null) does not satisfy it, as in deequ and
    unlike a CHECK constraint; write ``x IS NULL OR x > 0`` to let nulls pass.
    """

    predicate: Annotated[str, Meta(description="SQL predicate over the columns of one row.")]

    def __post_init__(self) -> None:
        if not self.predicate.strip():
            raise ValueError("the predicate is empty")

    def _good(self) -> Count:
        return Count(where=Sql(self.predicate))

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        return Count(), self._good()

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        return (proportion(fold[self._good()].n, fold[Count()].n, how),)

    def failing(self, schema: Schema) -> Expr:
        return call("not", call("same", Sql(self.predicate), True))
