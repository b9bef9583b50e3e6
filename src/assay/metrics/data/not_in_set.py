"""Values that are on a list of bad ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.criterion import AtLeast
from assay.core.expr import Column, call
from assay.core.metric import metric
from assay.metrics.data.in_set import Values, misfit
from assay.metrics.data.parameters import ColumnName
from assay.metrics.data.share import ShareOfValues

if TYPE_CHECKING:
    from assay.core.expr import Expr
    from assay.core.schema import Schema


@metric(
    "not_in_set",
    unit="share",
    higher_is_better=True,
    formula="values that are not on the list / non-null values",
    interval="wilson",
    reference="ISO/IEC 25012:2008, accuracy (syntactic)",
    example={"column": "city", "values": ("naïve", "unknown", "n/a")},
    claim="batch",
    default=AtLeast(1.0),
    dimension="validity",
)
class NotInSet(ShareOfValues):
    """Share of non-null values that are not on a list, such as one of stand-ins for a missing
    value.
    """

    column: ColumnName
    values: Annotated[
        Values, Meta(min_length=1, description="The bad values, of the column's own type.")
    ]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("not_in_set needs at least one value")

    def applicable(self, schema: Schema) -> str | None:
        return misfit(schema, self.column, self.values)

    def good(self, schema: Schema) -> Expr:
        return call("not", call("in", Column(self.column), *self.values))
