"""Parameters and building blocks that the metrics of this folder share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.expr import Column, call
from assay.core.schema import NUMERIC, TEMPORAL
from assay.states import Count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.schema import ColumnInfo, Schema

ColumnName = Annotated[str, Meta(description="Column of the table under test.")]
ColumnNames = Annotated[
    tuple[str, ...], Meta(description="Columns of the table under test, taken together.")
]

TimeUnit = Literal["seconds", "minutes", "hours", "days"]
SECONDS: dict[TimeUnit, int] = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}


def epoch_seconds(text: str) -> float:
    """Seconds since 1970 UTC of an ISO 8601 date or timestamp; without an offset it is UTC.

    Raises:
        ValueError: the text is not one.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not an ISO 8601 date or timestamp such as 2024-01-31 or "
            "2024-01-31T12:00:00Z"
        ) from None
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()


def missing_columns(schema: Schema, names: Iterable[str]) -> str | None:
    """Why a metric does not apply to a table that lacks one of the columns, or None."""
    lacking = [name for name in names if schema.find(name) is None]
    return f"there is no column {lacking[0]!r}" if lacking else None


def needs_numbers(schema: Schema, *names: str) -> str | None:
    """Why a metric of numbers (or booleans, as 0 and 1) does not apply to a column, or None."""
    for name in names:
        info = schema.find(name)
        if info is None:
            return f"there is no column {name!r}"
        if info.kind not in NUMERIC and info.kind != "boolean":
            return f"column {name!r} holds {describe(info)}, not numbers"
    return None


def needs_text_form(schema: Schema, name: str) -> str | None:
    """Why a metric of texts (numbers and times have a text form) does not apply, or None."""
    info = schema.find(name)
    if info is None:
        return f"there is no column {name!r}"
    if info.kind in ("binary", "nested", "other"):
        return f"column {name!r} holds {describe(info)}, which has no text form"
    return None


def needs_text(schema: Schema, name: str) -> str | None:
    """Why a metric of written texts does not apply to a column, or None."""
    info = schema.find(name)
    if info is None:
        return f"there is no column {name!r}"
    if info.kind != "string":
        return f"column {name!r} holds {describe(info)}, not texts"
    return None


def needs_times(schema: Schema, name: str) -> str | None:
    """Why a metric of dates or timestamps does not apply to a column, or None."""
    info = schema.find(name)
    if info is None:
        return f"there is no column {name!r}"
    if info.kind not in TEMPORAL:
        return f"column {name!r} holds {describe(info)}, not dates or timestamps"
    return None


def needs_order(schema: Schema, *names: str) -> str | None:
    """Why a metric of values with an order (numbers, dates, timestamps) does not apply, or None."""
    for name in names:
        info = schema.find(name)
        if info is None:
            return f"there is no column {name!r}"
        if info.kind not in NUMERIC | TEMPORAL:
            return f"column {name!r} holds {describe(info)}, not numbers, dates or timestamps"
    return None


def describe(info: ColumnInfo) -> str:
    """What a column holds, for a sentence: ``string (VARCHAR)``."""
    return f"{info.kind} ({info.native})"


def is_temporal(schema: Schema, name: str) -> bool:
    """Whether the column holds dates or timestamps."""
    info = schema.find(name)
    return info is not None and info.kind in TEMPORAL


def text_of(schema: Schema, name: str) -> Expr:
    """A column's values as text."""
    info = schema.find(name)
    value = Column(name)
    return value if info is not None and info.kind == "string" else call("text", value)


def instant_text(seconds: float) -> str:
    """Seconds since 1970 UTC as ISO 8601; beyond the years 1 to 9999, as the number."""
    try:
        instant = datetime.fromtimestamp(round(seconds, 6), UTC)
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.0f} s"
    return instant.isoformat().replace("+00:00", "Z")


def not_null(names: Iterable[str]) -> Expr:
    """True in rows where none of the columns is null (NaN counts as null)."""
    present: list[Expr] = [call("not_null", Column(name)) for name in names]
    return present[0] if len(present) == 1 else call("and", *present)


def infinite(schema: Schema, *names: str) -> tuple[Count, ...]:
    """For each float column: how many values are infinite, which moments and quantiles leave out.

    Other kinds cannot hold infinities and cost nothing.
    """
    return tuple(
        Count(
            where=call(
                "and", call("not_null", Column(name)), call("not", call("finite", Column(name)))
            )
        )
        for name in names
        if (info := schema.find(name)) is not None and info.kind == "float"
    )


def left_out(fold: Fold, *names: str) -> tuple[Evidence, ...]:
    """A note on infinite values that were left out, where there are any."""
    from assay.core.evidence import Text

    count = sum(fold[aggregate].n for aggregate in infinite(fold.schema, *names))
    if not count:
        return ()
    values = "value is" if count == 1 else "values are"
    return (
        Text(title="Left out", text=f"{count:,} infinite {values} not part of this measurement."),
    )
