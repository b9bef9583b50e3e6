"""Texts that are not JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.criterion import AtLeast
from assay.core.expr import Column, call
from assay.core.metric import metric
from assay.metrics.data.parameters import ColumnName, needs_text
from assay.metrics.data.share import ShareOfValues

if TYPE_CHECKING:
    from assay.core.expr import Expr
    from assay.core.schema import Schema


@metric(
    "is_json",
    unit="share",
    higher_is_better=True,
    formula="texts that are valid JSON / non-null texts",
    interval="wilson",
    reference="RFC 8259, The JavaScript Object Notation (JSON) Data Interchange Format",
    example={"column": "payload"},
    claim="batch",
    default=AtLeast(1.0),
    dimension="validity",
)
class IsJson(ShareOfValues):
    """Share of non-null texts that are valid JSON: an object, an array, or a single value."""

    column: ColumnName

    def applicable(self, schema: Schema) -> str | None:
        return needs_text(schema, self.column)

    def good(self, schema: Schema) -> Expr:
        return call("json", Column(self.column))
