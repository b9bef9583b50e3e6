"""Records that occur more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.collection import Groups
from assay.core.criterion import AtMost
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.metrics.data.groups import SIZE, added, rows_where
from assay.metrics.data.parameters import missing_columns

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.states import Moments

Record = Annotated[
    tuple[str, ...] | None,
    Meta(description="Columns that make a record; all of them where there are none."),
]


@metric(
    "duplicate_rows",
    unit="share",
    higher_is_better=False,
    formula="(rows - different records) / rows",
    interval="census",
    reference="pandas.DataFrame.duplicated",
    example={"columns": ("city", "race", "active")},
    claim="batch",
    default=AtMost(0.0),
    dimension="uniqueness",
)
class DuplicateRows(Metric):
    """Share of rows that repeat an earlier one, in all columns or in some.

    Without ``columns`` all are compared but the one that the table names as its ``unit``. A null is
    a value like any other here: rows that lack the same value may be the same. How often records
    repeat depends on how many rows there are, so the share speaks of the table at hand under either
    claim.
    """

    columns: Record = None  # type: ignore[assignment]  # the parameter says what it reads

    def __post_init__(self) -> None:
        if self.columns is not None and not self.columns:
            raise ValueError("duplicate_rows needs at least one column in `columns`, or no list")

    def collection(self) -> Groups:
        if self.columns is None:
            return Groups(all_but=())
        return Groups(keys=tuple((name, Column(name)) for name in self.columns))

    def applicable(self, schema: Schema) -> str | None:
        return missing_columns(schema, self.columns or ())

    def aggregates(self, schema: Schema) -> tuple[Moments, ...]:
        return (rows_where(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        records, rows = added(fold, rows_where())
        if rows == 0:
            return (Unmeasured(reason="there are no rows"),)
        return (census((rows - records) / rows, n=rows, unit=self.unit),)

    def failing(self, schema: Schema) -> Expr:
        return call("gt", SIZE, 1)
