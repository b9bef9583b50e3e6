"""What a table looks like, as versioned plain data (the JSON of ``assay profile``)."""

from __future__ import annotations

from typing import Literal

import msgspec

from assay.core.expr import Scalar
from assay.core.schema import Kind

SCHEMA = "assay.profile/1"

AlertKind = Literal[
    "all_null", "mostly_null", "constant", "identifier", "high_cardinality", "variants", "skewed",
    "infinite", "zeros",
]  # fmt: skip
Format = Literal["uuid", "email", "iso_timestamp", "iso_date"]

FORMATS: dict[Format, str] = {
    "uuid": r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
    "email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "iso_timestamp": r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}"
    r"(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?",
    "iso_date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
}
"""Forms that text is looked through for, as RE2 patterns of the whole value."""

Point = int | float | str
"""A value of a column in its own terms: dates and times are ISO 8601 text, in UTC."""


class ValueCount(msgspec.Struct, frozen=True, kw_only=True):
    """A value and how many rows hold it."""

    value: Scalar
    n: int


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a column that a person should look at; ``text`` is a clause."""

    kind: AlertKind
    text: str


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Where the finite values of a column of numbers, dates or times lie.

    Attributes:
        n: finite values; at least 1.
        mean: None where it is beyond what a double holds.
        sd: sample standard deviation, of dates and times in seconds; None for one value, and
            where it is beyond what a double holds.
        q05, q25, median, q75, q95: order statistics (inverse of the distribution function), or
            of a sketch where the values do not fit in memory.
        zeros: values equal to 0 (numbers only).
        infinite: values left out because they are infinite.
    """

    n: int
    mean: Point | None
    sd: float | None
    least: Point
    q05: Point
    q25: Point
    median: Point
    q75: Point
    q95: Point
    greatest: Point
    zeros: int = 0
    infinite: int = 0


class ColumnProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One column.

    Attributes:
        native: the engine's own name of the type.
        nulls: rows without a value; NaN counts as null.
        distinct: different values, nulls not counted.
        spread: of numbers, dates and times with a finite value; else None.
        top: the most frequent values of text and booleans, the commonest first; empty where there
            are too many to count, and without texts that are too long to list.
        format: a form that every value has, or None.
    """

    name: str
    kind: Kind
    native: str
    rows: int
    nulls: int
    distinct: int
    spread: Spread | None = None
    top: list[ValueCount] = []
    format: Format | None = None
    alerts: list[Alert] = []

    @property
    def values(self) -> int:
        """Rows that have a value."""
        return self.rows - self.nulls

    @property
    def listed(self) -> bool:
        """Whether ``top`` holds every value there is."""
        return bool(self.top) and len(self.top) == self.distinct

    def has(self, kind: AlertKind) -> bool:
        """Whether there is an alert of this kind."""
        return any(alert.kind == kind for alert in self.alerts)


class TableProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A table: its columns in their order."""

    schema: str = SCHEMA
    source: str
    rows: int
    columns: list[ColumnProfile]

    def find(self, name: str) -> ColumnProfile | None:
        """The column with exactly this name, or None."""
        return next((c for c in self.columns if c.name == name), None)
