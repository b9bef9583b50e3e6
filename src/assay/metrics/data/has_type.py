"""Values that are not of a type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.criterion import AtLeast
from assay.core.expr import Column, Literal, call
from assay.core.metric import metric
from assay.core.schema import Kind
from assay.metrics.data.parameters import ColumnName, missing_columns
from assay.metrics.data.share import ShareOfValues

if TYPE_CHECKING:
    from assay.core.expr import Expr
    from assay.core.schema import Schema

# What every value of a kind also is, without loss.
_WIDER: dict[Kind, frozenset[Kind]] = {
    "integer": frozenset({"decimal", "float"}),
    "decimal": frozenset({"float"}),
    "date": frozenset({"timestamp"}),
}


@metric(
    "has_type",
    unit="share",
    higher_is_better=True,
    formula="values of the type / non-null values",
    interval="wilson",
    reference="ISO/IEC 25012:2008, consistency",
    example={"column": "age", "type": "integer"},
    claim="batch",
    default=AtLeast(1.0),
    dimension="validity",
)
class HasType(ShareOfValues):
    """Share of non-null values that are of a type, or texts that read as one.

    A typed column is decided by its schema: all values or none. An integer is also a decimal and a
    float, a date also a timestamp. In a text column each value is read.
    """

    column: ColumnName
    type: Annotated[Kind, Meta(description="Type that the values must have, or read as.")]

    def applicable(self, schema: Schema) -> str | None:
        return missing_columns(schema, (self.column,))

    def good(self, schema: Schema) -> Expr:
        info = schema.find(self.column)
        kind = info.kind if info is not None else "other"
        if kind == self.type or self.type in _WIDER.get(kind, ()):
            return Literal(True)
        if kind == "string":
            return call("castable", Column(self.column), self.type)
        return Literal(False)
