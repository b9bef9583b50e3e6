"""Dates and times that are written in another way than agreed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.criterion import AtLeast
from assay.core.expr import Column, call
from assay.core.metric import metric
from assay.metrics.data.parameters import ColumnName, needs_text
from assay.metrics.data.share import ShareOfValues

if TYPE_CHECKING:
    from assay.core.expr import Expr
    from assay.core.schema import Schema

# Directives of which every engine can tell whether a text keeps them; locale's own are not.
_DIRECTIVES = "YymdHIMSfpbBaAjz"


@metric(
    "date_format",
    unit="share",
    higher_is_better=True,
    formula="texts that are a date or time as the format says / non-null texts",
    interval="wilson",
    reference="strptime, IEEE Std 1003.1 (POSIX); Python's datetime.strptime",
    example={"column": "joined", "format": "%Y-%m-%d"},
    claim="batch",
    default=AtLeast(1.0),
    dimension="validity",
)
class DateFormat(ShareOfValues):
    """Share of non-null texts that are a date or time written as a format says.

    The date must exist: ``2023-02-29`` does not. As in ``strptime``, a number may lack its leading
    zeros, and names of months and days are English.
    """

    column: ColumnName
    format: Annotated[
        str, Meta(description="Format of strptime, such as `%Y-%m-%d` or `%d.%m.%Y %H:%M`.")
    ]

    def __post_init__(self) -> None:
        found = re.findall(r"%(.?)", self.format, re.DOTALL)
        unknown = [f"%{letter}" for letter in found if letter not in (*_DIRECTIVES, "%")]
        if unknown:
            known = " ".join(f"%{letter}" for letter in _DIRECTIVES)
            raise ValueError(
                f"the format {self.format!r} holds {unknown[0]!r}; the directives are {known} %%"
            )
        if not any(letter != "%" for letter in found):
            raise ValueError(f"the format {self.format!r} has no directive such as %Y")

    def applicable(self, schema: Schema) -> str | None:
        return needs_text(schema, self.column)

    def good(self, schema: Schema) -> Expr:
        return call("written", Column(self.column), self.format)
