"""Texts that are too short or too long."""

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

Length = Annotated[int, Meta(ge=0)]


@metric(
    "length_in_range",
    unit="share",
    higher_is_better=True,
    formula="values whose number of characters is inside the range / non-null values",
    interval="wilson",
    reference="CHARACTER_LENGTH, ISO/IEC 9075-2",
    example={"column": "email", "lower": 5, "upper": 19},
    claim="batch",
    default=AtLeast(1.0),
    dimension="validity",
)
class LengthInRange(ShareOfValues):
    """Share of non-null values whose length lies between two bounds, or beyond one.

    The length is the number of Unicode characters (code points), bounds included. Values that are
    not text are measured in their text form.
    """

    column: ColumnName
    lower: Annotated[Length | None, Meta(description="Fewest characters.")] = None
    upper: Annotated[Length | None, Meta(description="Most characters.")] = None

    def __post_init__(self) -> None:
        if self.lower is None and self.upper is None:
            raise ValueError("length_in_range needs `lower`, `upper` or both")
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise ValueError(f"no length lies between {self.lower} and {self.upper}")
        if (self.lower or 0) < 0 or (self.upper or 0) < 0:
            raise ValueError("a length is never negative")

    def applicable(self, schema: Schema) -> str | None:
        return needs_text_form(schema, self.column)

    def good(self, schema: Schema) -> Expr:
        length = call("length", text_of(schema, self.column))
        tests: list[Expr] = []
        if self.lower is not None:
            tests.append(call("ge", length, self.lower))
        if self.upper is not None:
            tests.append(call("le", length, self.upper))
        return tests[0] if len(tests) == 1 else call("and", *tests)
