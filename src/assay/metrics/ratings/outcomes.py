"""Whether a column's numbers are outcomes (0 or 1) or scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.expr import Column, call
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.expr import Expr

Values = Annotated[
    Literal["auto", "outcomes", "scores"],
    Meta(description="0 and 1, or any numbers; auto: outcomes where nothing but 0 and 1 occurs."),
]


def number(name: str) -> Expr:
    """A column's value as a number; booleans are 0 and 1."""
    return call("number", Column(name))


def finite(*names: str) -> Expr:
    """True in rows where all of the columns are finite."""
    return call("and", *(call("finite", Column(name)) for name in names))


def others(*names: str) -> Count:
    """How many rows, finite in all columns, hold anything but 0 and 1 in one of them."""
    either = [call("not", call("in", number(name), 0.0, 1.0)) for name in names]
    other = either[0] if len(either) == 1 else call("or", *either)
    return Count(where=call("and", finite(*names), other))
