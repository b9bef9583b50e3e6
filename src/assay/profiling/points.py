"""From doubles back to a column's own terms: whole numbers, dates and times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assay.core.expr import Column, Expr, call
from assay.core.schema import NUMERIC, TEMPORAL, Kind

if TYPE_CHECKING:
    from assay.core.profile import Point
    from assay.core.schema import ColumnInfo

MEASURED: frozenset[Kind] = NUMERIC | TEMPORAL | {"time", "interval"}
"""Kinds whose values lie on a line."""

_EXACT = 2.0**53
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def value_of(column: ColumnInfo) -> Expr:
    """The column as it is counted: dates and times as seconds, which cost less than their texts.

    Doubles tell microseconds apart for centuries, but not nanoseconds; and months and days of an
    interval are not to be taken for seconds.
    """
    name = Column(column.name)
    seconds = column.kind in TEMPORAL | {"time"} and "_NS" not in column.native.upper()
    return call("number", name) if seconds else name


def point(kind: Kind, value: float) -> Point:
    """A finite double as a value of the kind.

    Whole numbers beyond 2**53 stay doubles, since the double is not exact; so do instants that
    Python's calendar does not reach.
    """
    if kind == "integer" and abs(value) <= _EXACT and value == int(value):
        return int(value)
    if kind == "time":
        return (datetime.min + timedelta(seconds=value % 86_400)).time().isoformat()
    if kind in TEMPORAL:
        try:
            instant = _EPOCH + timedelta(seconds=value)
        except OverflowError:
            return value
        return instant.date().isoformat() if kind == "date" else instant.isoformat()
    return value
