"""Evidence for people: a closed union of plain data. Nothing here renders itself."""

from __future__ import annotations

from typing import Any

import msgspec

Cell = str | int | float | bool | None


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


class Text(msgspec.Struct, frozen=True, kw_only=True, tag="text", tag_field="kind"):
    """A paragraph, or a traceback."""

    title: str
    text: str


Evidence = Table | Chart | Matrix | Examples | Text
