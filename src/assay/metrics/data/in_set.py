"""Values that are not on a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.criterion import AtLeast
from assay.core.expr import Column, call
from assay.core.metric import metric
from assay.core.schema import NUMERIC
from assay.metrics.data.parameters import ColumnName, describe
from assay.metrics.data.share import ShareOfValues

if TYPE_CHECKING:
    from assay.core.expr import Expr
    from assay.core.schema import Schema

Values = tuple[bool | int | float | str, ...]


@metric(
    "in_set",
    unit="share",
    higher_is_better=True,
    formula="values on the list / non-null values",
    interval="wilson",
    reference="ISO/IEC 25012:2008, accuracy (syntactic)",
    example={"column": "city", "values": ("Ghent", "Lyon", "Graz")},
    claim="batch",
    default=AtLeast(1.0),
    dimension="validity",
)
class InSet(ShareOfValues):
    """Share of non-null values that are on a list."""

    column: ColumnName
    values: Annotated[
        Values, Meta(min_length=1, description="The good values, of the column's own type.")
    ]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("in_set needs at least one value")

    def applicable(self, schema: Schema) -> str | None:
        return misfit(schema, self.column, self.values)

    def good(self, schema: Schema) -> Expr:
        return call("in", Column(self.column), *self.values)


def misfit(schema: Schema, column: str, values: Values) -> str | None:
    """Why a column cannot be held to a list of such values, or None."""
    info = schema.find(column)
    if info is None:
        return f"there is no column {column!r}"
    wanted: type | tuple[type, ...]
    if info.kind in NUMERIC:
        wanted, words = (int, float), "numbers"
    elif info.kind == "boolean":
        wanted, words = bool, "true or false"
    elif info.kind in ("string", "date", "timestamp", "time"):
        wanted, words = str, "texts"
    else:
        return f"column {column!r} holds {describe(info)}: it cannot be held to a list"
    odd = [
        value
        for value in values
        if not isinstance(value, wanted) or (info.kind in NUMERIC and isinstance(value, bool))
    ]
    if odd:
        return (
            f"column {column!r} holds {describe(info)}: the values must be {words}, not {odd[0]!r}"
        )
    return None
