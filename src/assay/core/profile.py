"""What a table looks like, as versioned plain data (the JSON of ``assay profile``)."""

from __future__ import annotations

from typing import Literal

import msgspec

from assay.core.evidence import Cell
from assay.core.expr import Scalar
from assay.core.schema import Kind

SCHEMA = "assay.profile/2"

AlertKind = Literal[
    "all_null", "mostly_null", "constant", "near_constant", "identifier", "high_cardinality",
    "variants", "skewed", "infinite", "zeros", "correlated", "duplicate_rows",
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
    """Something that a person should look at; ``text`` is a clause."""

    kind: AlertKind
    text: str


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """Values by bins of one width.

    Attributes:
        edges: one more than there are bins; a bin holds its lower edge and not its upper one.
        counts: values in each bin.
        below, above: finite values before the first bin and behind the last: the bins reach only
            as far as the bulk of the values, so that a few far ones do not flatten the picture.
    """

    edges: list[Point]
    counts: list[int]
    below: int = 0
    above: int = 0


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Where the finite values of a column of numbers, dates or times lie.

    Attributes:
        n: finite values; at least 1.
        mean: None where it is beyond what a double holds.
        sd: sample standard deviation, of dates and times in seconds; None for one value, and
            where it is beyond what a double holds.
        skewness: third central moment over the 1.5th power of the second (``g1``); of numbers
            only, and None where they are all equal or too large.
        q05, q25, median, q75, q95: order statistics (inverse of the distribution function).
        rank_error: half-width of the 99 % interval of their ranks, as a share of ``n``, where they
            come from a sample of the rows; 0 where they are exact.
        zeros: values equal to 0 (numbers only).
        infinite: values left out because they are infinite.
    """

    n: int
    mean: Point | None
    sd: float | None
    skewness: float | None = None
    least: Point
    q05: Point
    q25: Point
    median: Point
    q75: Point
    q95: Point
    greatest: Point
    rank_error: float = 0.0
    zeros: int = 0
    infinite: int = 0


class ColumnProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One column.

    Attributes:
        native: the engine's own name of the type.
        nulls: rows without a value; NaN counts as null.
        distinct: different values, nulls not counted.
        distinct_error: half-width of the 95 % interval of ``distinct``, as a share of it, where
            there are too many to count and it is an estimate; 0 where it is exact.
        spread: of numbers, dates and times with a finite value; else None.
        histogram: of those whose values differ; else None.
        top: the most frequent values, the commonest first, without texts that are too long to
            list. Where a column has too many different values to count each, those that are common
            in a sample of the rows, if any; their counts are exact all the same.
        format: a form that every value has, or None.
    """

    name: str
    kind: Kind
    native: str
    rows: int
    nulls: int
    distinct: int
    distinct_error: float = 0.0
    spread: Spread | None = None
    histogram: Histogram | None = None
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


class GapPattern(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in which exactly these columns have no value (among those looked at)."""

    columns: list[str]
    n: int


class Gaps(msgspec.Struct, frozen=True, kw_only=True):
    """Which columns are null together.

    Attributes:
        columns: those looked at: with nulls in some rows and not in all.
        patterns: the commonest combinations, the commonest first; the one without columns are the
            rows that have all their values.
        rarer: rows with a combination that is not among them.
        left_out: columns with fewer nulls that were too many to look at together.
    """

    columns: list[str]
    patterns: list[GapPattern]
    rarer: int = 0
    left_out: list[str] = []


class Correlations(msgspec.Struct, frozen=True, kw_only=True):
    """Pearson's correlation of each two columns of numbers, over the rows where both are finite.

    Attributes:
        values: row by row, in the order of ``columns``; None where a column does not vary there.
        n: rows looked at; fewer than the table has where they are a sample.
        left_out: columns of numbers that were too many.
    """

    columns: list[str]
    values: list[list[float | None]]
    n: int
    left_out: list[str] = []


class TableProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A table: its columns in their order.

    Attributes:
        repeated: rows that are the same as an earlier one in every column; None where that was
            not counted, as where only some columns were asked for.
        repeated_error: half-width of its 95 % interval, in rows; 0 where it is exact.
        gaps: None where no column has nulls in some rows only.
        correlations: None where fewer than two columns of numbers vary.
        first: the first rows, in the order of ``columns``; long texts are cut, and of a wide table
            the rows hold its first columns only.
        alerts: on the table as a whole; those on a column are with it.
    """

    schema: str = SCHEMA
    source: str
    rows: int
    columns: list[ColumnProfile]
    repeated: int | None = None
    repeated_error: float = 0.0
    gaps: Gaps | None = None
    correlations: Correlations | None = None
    first: list[list[Cell]] = []
    alerts: list[Alert] = []

    def find(self, name: str) -> ColumnProfile | None:
        """The column with exactly this name, or None."""
        return next((c for c in self.columns if c.name == name), None)
