"""What metrics of joint drift share: the columns and rows that they compare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from assay.core.metric import Metric
from assay.metrics.drift.compared import MOST_COLUMNS, elements, meant, reads, role
from assay.metrics.drift.rows import drawn_rows

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.schema import ColumnInfo, Schema
    from assay.metrics.drift.compared import Wanted
    from assay.metrics.drift.rows import Rows

Compared = Annotated[
    tuple[str, ...] | None,
    Meta(description="Columns to compare; without it all in both tables but dates and times."),
]
Ignored = Annotated[
    tuple[str, ...], Meta(description="Columns to leave out: identifiers, counters.")
]
Vector = Annotated[
    str | None, Meta(description="Column of lists of numbers to compare, in place of columns.")
]
Size = Annotated[
    Annotated[int, Meta(ge=1, le=2_000)] | None,
    Meta(description="Numbers in each list; without it what the type says."),
]
LEAST_ROWS = 100
MOST_SIZE = 2_000


class JointMetric(Metric):
    """Base: all columns of two tables, taken together.

    Attributes:
        texts: columns of texts are compared, too. most: the most rows that may be asked for.
    """

    jackknife = False
    texts: ClassVar[bool]
    most: ClassVar[int]

    columns: tuple[str, ...] | None  # type: ignore[assignment]  # the parameter says what it reads
    ignore: tuple[str, ...]
    vector: str | None
    size: int | None
    rows: int

    def __post_init__(self) -> None:
        if not LEAST_ROWS <= self.rows <= self.most:
            raise ValueError(
                f"`rows` must be from {LEAST_ROWS} to {self.most:,}, not {self.rows:,}"
            )
        names = self.columns
        if names is not None and not 1 <= len(set(names)) == len(names) <= MOST_COLUMNS:
            raise ValueError(f"`columns` must be 1 to {MOST_COLUMNS} different columns")
        if names is not None and self.ignore:
            raise ValueError("`ignore` is for all columns: leave it out, or `columns`")

        if self.vector is not None and (names is not None or self.ignore):
            raise ValueError("`vector` takes the place of `columns` and `ignore`: leave them out")
        if self.size is not None and self.vector is None:
            raise ValueError("`size` is that of `vector`: name it, or leave `size` out")
        if self.size is not None and not 1 <= self.size <= MOST_SIZE:
            raise ValueError(f"`size` must be from 1 to {MOST_SIZE:,}, not {self.size:,}")

    def _size(self, info: ColumnInfo) -> int | None:
        """Numbers in each list: as asked for, or of an array's type (``FLOAT[64]``)."""
        fixed = re.search(r"\[(\d+)\]$", info.native)
        of_type = int(fixed[1]) if fixed else None
        return of_type if self.size is None else min(self.size, of_type or self.size)

    def _wanted(self, schema: Schema) -> Wanted:
        if self.vector is None:
            return meant(schema, self.columns, self.ignore, texts=self.texts)
        info = schema.find(self.vector)
        size = None if info is None else self._size(info)
        return {} if size is None else elements(self.vector, size)

    def applicable(self, schema: Schema) -> str | None:
        return self._no_vector(schema) if self.vector is not None else self._no_columns(schema)

    def _no_vector(self, schema: Schema) -> str | None:
        """Why the column of lists cannot be compared, or None."""
        info = schema.find(str(self.vector))
        if info is None:
            return f"there is no column {self.vector!r}"
        if info.kind != "nested":
            return f"column {self.vector!r} holds {info.kind} ({info.native}), not lists of numbers"
        size = self._size(info)
        if size is None:
            return f"the lists of {self.vector!r} may be of any length: say how long, as `size`"
        return None if size <= MOST_SIZE else f"{size:,} numbers in a list are over {MOST_SIZE:,}"

    def _no_columns(self, schema: Schema) -> str | None:
        """Why the columns cannot be compared, or None."""
        wanted = "numbers and texts" if self.texts else "numbers"
        for name in self.columns or ():
            info = schema.find(name)
            if info is None:
                return f"there is no column {name!r}"
            kind = role(info)
            if kind is None or (kind == "text" and not self.texts):
                return f"column {name!r} holds {info.kind} ({info.native}), not {wanted}"
        found = len(self._wanted(schema))
        if not 1 <= found <= MOST_COLUMNS:
            return (
                f"the table has {found:,} columns of {wanted}, not 1 to {MOST_COLUMNS}: "
                "name some as `columns`"
            )
        return None

    def draws(self) -> int | None:
        return self.rows

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return reads(self._wanted(schema), self.rows)

    def drawn(self, fold: Fold) -> Rows | str:
        """Rows of both tables, or why they cannot be compared."""
        wanted = self._wanted(fold.reference.schema), self._wanted(fold.schema)
        named = self.columns is not None or self.vector is not None
        return drawn_rows(fold, wanted, self.rows, named=named)
