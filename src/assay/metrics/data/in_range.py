"""Values outside a range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.criterion import AtLeast
from assay.core.expr import Column, call
from assay.core.metric import metric
from assay.core.schema import NUMERIC, TEMPORAL
from assay.metrics.data.parameters import ColumnName, describe, epoch_seconds
from assay.metrics.data.share import ShareOfValues

if TYPE_CHECKING:
    from assay.core.expr import Expr
    from assay.core.schema import Schema

Bound = int | float | str | None


@metric(
    "in_range",
    unit="share",
    higher_is_better=True,
    formula="values inside the range / non-null values",
    interval="wilson",
    reference="ISO/IEC 25024:2015, accuracy range",
    example={"column": "age", "lower": 18, "upper": 89},
    claim="batch",
    default=AtLeast(1.0),
    dimension="validity",
)
class InRange(ShareOfValues):
    """Share of non-null values that lie between two bounds, or beyond one.

    Bounds of a date or timestamp column are ISO 8601 texts, in UTC where they name no offset.
    """

    column: ColumnName
    lower: Annotated[Bound, Meta(description="Least value; a date as ISO 8601 text.")] = None
    upper: Annotated[Bound, Meta(description="Greatest value; a date as ISO 8601 text.")] = None
    lower_inclusive: Annotated[bool, Meta(description="Whether `lower` itself is good.")] = True
    upper_inclusive: Annotated[bool, Meta(description="Whether `upper` itself is good.")] = True

    def __post_init__(self) -> None:
        given = [bound for bound in (self.lower, self.upper) if bound is not None]
        if not given:
            raise ValueError("in_range needs `lower`, `upper` or both")
        if len({isinstance(bound, str) for bound in given}) > 1:
            raise ValueError("`lower` and `upper` must both be numbers or both be dates")
        plain = [_plain(bound) for bound in given]
        if any(bound != bound for bound in plain) or plain[0] > plain[-1]:
            raise ValueError(f"no value lies between {self.lower} and {self.upper}")

    def applicable(self, schema: Schema) -> str | None:
        info = schema.find(self.column)
        if info is None:
            return f"there is no column {self.column!r}"
        if info.kind not in NUMERIC | TEMPORAL:
            return f"column {self.column!r} holds {describe(info)}: it has no range"
        dates = any(isinstance(bound, str) for bound in (self.lower, self.upper))
        if dates != (info.kind in TEMPORAL):
            wanted = "numbers" if dates else "dates as ISO 8601 texts"
            return f"column {self.column!r} holds {describe(info)}: the bounds must be {wanted}"
        return None

    def good(self, schema: Schema) -> Expr:
        dates = any(isinstance(bound, str) for bound in (self.lower, self.upper))
        value: Expr = call("number", Column(self.column)) if dates else Column(self.column)
        tests: list[Expr] = []
        if self.lower is not None:
            tests.append(call("ge" if self.lower_inclusive else "gt", value, _plain(self.lower)))
        if self.upper is not None:
            tests.append(call("le" if self.upper_inclusive else "lt", value, _plain(self.upper)))
        return tests[0] if len(tests) == 1 else call("and", *tests)


def _plain(bound: int | float | str) -> int | float:
    """A bound as a number; dates as seconds since 1970 UTC."""
    return epoch_seconds(bound) if isinstance(bound, str) else bound
