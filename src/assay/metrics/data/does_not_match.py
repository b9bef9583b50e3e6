"""Texts that hold what they must not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.criterion import AtLeast
from assay.core.expr import call
from assay.core.metric import metric
from assay.metrics.data.matches import usable
from assay.metrics.data.parameters import ColumnName, needs_text_form, text_of
from assay.metrics.data.share import ShareOfValues

if TYPE_CHECKING:
    from assay.core.expr import Expr
    from assay.core.schema import Schema

_ESCAPE = re.compile(r"\\Q.*?(?P<end>\\E|$)|\\.", re.DOTALL)


@metric(
    "does_not_match",
    unit="share",
    higher_is_better=True,
    formula="values of which no part matches / non-null values",
    interval="wilson",
    reference="RE2 syntax, https://github.com/google/re2/wiki/Syntax",
    example={"column": "email", "pattern": r"@$|\s"},
    claim="batch",
    default=AtLeast(1.0),
    dimension="validity",
)
class DoesNotMatch(ShareOfValues):
    """Share of non-null values of which no part matches a regular expression.

    A pattern for the whole value is anchored: ``^…$``. The dialect and its limits are those of
    ``matches``. Values that are not text are matched in their text form.
    """

    column: ColumnName
    pattern: Annotated[
        str, Meta(description="Regular expression (RE2) that no part of a value may match.")
    ]

    def __post_init__(self) -> None:
        usable(self.pattern)

    def applicable(self, schema: Schema) -> str | None:
        return needs_text_form(schema, self.column)

    def good(self, schema: Schema) -> Expr:
        found = call("matches", text_of(schema, self.column), anywhere(self.pattern))
        return call("not", found)


def anywhere(pattern: str) -> str:
    """The pattern of texts of which some part matches; line breaks are characters like others."""
    quotes = [found["end"] for found in _ESCAPE.finditer(pattern) if found["end"] is not None]
    closed = pattern + r"\E" if quotes and not quotes[-1] else pattern
    return rf"[\s\S]*(?:{closed})[\s\S]*"
