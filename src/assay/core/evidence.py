"""Evidence for people: a closed union of plain data. Nothing here renders itself."""

from __future__ import annotations

from typing import Any

import msgspec

Cell = str | int | float | bool | None

REMEDY = "If that is too much"
"""Title of a :class:`Text` that says what would help: reports put it among the next steps where
the check fails."""


AGAINST_BASELINE = "Against the baseline"
"""Title of a :class:`Text` that says how the rows of two runs were paired, and what flipped."""


class Table(msgspec.Struct, frozen=True, kw_only=True, tag="table", tag_field="kind"):
    """Rows under named columns."""

    title: str
    columns: list[str]
    rows: list[list[Cell]]


class Chart(msgspec.Struct, frozen=True, kw_only=True, tag="chart", tag_field="kind"):
    """A Vega-Lite specification as data (no ``url``, no ``$schema``, no theme), with its text.

    ``alt`` says in one sentence what the picture shows, for those who cannot see it.
    """

    title: str
    alt: str
    spec: dict[str, Any]


class Matrix(msgspec.Struct, frozen=True, kw_only=True, tag="matrix", tag_field="kind"):
    """Values at row label × column label: a confusion matrix, say."""

    title: str
    row_title: str
    column_title: str
    rows: list[str]
    columns: list[str]
    values: list[list[float]]


class Examples(msgspec.Struct, frozen=True, kw_only=True, tag="examples", tag_field="kind"):
    """Some of the rows that failed; ``total`` is how many there are (None: not counted)."""

    title: str
    columns: list[str]
    rows: list[list[Cell]]
    total: int | None = None


class Distributions(
    msgspec.Struct, frozen=True, kw_only=True, tag="distributions", tag_field="kind"
):
    """Two distributions of one thing over the same cells, to be drawn over each other.

    Shares are of all rows of a side; those of the cells, ``beyond`` and ``missing`` add to 1.

    Attributes:
        of: what is distributed: a column.
        sides: what the two are called; the one that the other is held against comes first.
        shares: of each side, the share in each cell.
        names: of the cells, where values have no order; else empty.
        edges: of ordered values: where cells begin, and where the last one ends (so there is one
            more than cells); seconds since 1970 UTC where ``temporal``.
        beyond: of each side, of ordered values: the shares below the first edge and above the last.
        missing: of each side, the share without a value.
        changes: what changed, in words, the greatest change first.
    """

    title: str
    alt: str
    of: str
    sides: tuple[str, str]
    shares: tuple[list[float], list[float]]
    names: list[str] = []
    edges: list[float] = []
    temporal: bool = False
    beyond: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 0.0), (0.0, 0.0))
    missing: tuple[float, float] = (0.0, 0.0)
    changes: list[str] = []


class Text(msgspec.Struct, frozen=True, kw_only=True, tag="text", tag_field="kind"):
    """A paragraph, or a traceback."""

    title: str
    text: str


Evidence = Table | Chart | Distributions | Matrix | Examples | Text
