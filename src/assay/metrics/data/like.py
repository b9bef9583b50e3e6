"""Texts held to the simple patterns of SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.criterion import AtLeast
from assay.core.expr import call
from assay.core.metric import metric
from assay.metrics.data.parameters import ColumnName, needs_text_form, text_of
from assay.metrics.data.share import ShareOfValues

if TYPE_CHECKING:
    from assay.core.expr import Expr
    from assay.core.schema import Schema

Pattern = Annotated[
    str, Meta(description="SQL pattern: `%` stands for any text, `_` for one character.")
]


@metric(
    "like",
    unit="share",
    higher_is_better=True,
    formula="values that are LIKE the pattern / non-null values",
    interval="wilson",
    reference="LIKE, ISO/IEC 9075-2",
    example={"column": "email", "pattern": "%_@_%.org"},
    claim="batch",
    default=AtLeast(1.0),
    dimension="validity",
)
class Like(ShareOfValues):
    """Share of non-null values that are LIKE a pattern of SQL, as a whole and in its letter case.

    Values that are not text are matched in their text form.
    """

    column: ColumnName
    pattern: Pattern

    def applicable(self, schema: Schema) -> str | None:
        return needs_text_form(schema, self.column)

    def good(self, schema: Schema) -> Expr:
        return call("like", text_of(schema, self.column), self.pattern)


@metric(
    "not_like",
    unit="share",
    higher_is_better=True,
    formula="values that are NOT LIKE the pattern / non-null values",
    interval="wilson",
    reference="LIKE, ISO/IEC 9075-2",
    example={"column": "email", "pattern": "%@"},
    claim="batch",
    default=AtLeast(1.0),
    dimension="validity",
)
class NotLike(ShareOfValues):
    """Share of non-null values that are not LIKE a pattern of SQL, in its letter case.

    Values that are not text are matched in their text form.
    """

    column: ColumnName
    pattern: Pattern

    def applicable(self, schema: Schema) -> str | None:
        return needs_text_form(schema, self.column)

    def good(self, schema: Schema) -> Expr:
        return call("not", call("like", text_of(schema, self.column), self.pattern))
