"""Evidence that is rows and columns: tables, examples, matrices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.report.html.layout import head_row, scrolling_table
from assay.report.html.markup import h
from assay.report.text import cell_text, counted, figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.evidence import Cell, Matrix
    from assay.report.html.markup import Attribute, Element

_ROWS_SHOWN = 100
_CELL_LIMIT = 300


def data_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, total: int | None = None
) -> Element:
    """A table with its caption, which says how many rows there are beyond those shown."""
    shown = rows[:_ROWS_SHOWN]
    of = len(rows) if total is None else total
    kinds = [
        "number" if shown and all(_is_number(row[i]) for row in shown if i < len(row)) else None
        for i in range(len(columns))
    ]
    body = [
        h("tr", None, [_cell(cell, kind) for cell, kind in zip(row, kinds, strict=False)])
        for row in shown
    ]
    note = f" ({len(shown):,} of {counted(of, 'row')})" if of > len(shown) else ""
    return scrolling_table(title, head_row(list(zip(columns, kinds, strict=True))), body, note=note)


def matrix_table(matrix: Matrix) -> Element:
    """A matrix with its cells shaded by share of their row, so that both themes can read it."""
    across: dict[str, Attribute] = {"scope": "colgroup", "colspan": len(matrix.columns) or 1}
    head = (
        h("tr", None, h("td", {"rowspan": 2}), h("th", across, matrix.column_title)),
        head_row([(column, "number") for column in matrix.columns]),
    )
    body = []
    for label, values in zip(matrix.rows, matrix.values, strict=False):
        total = math.fsum(v for v in values if v > 0)
        cells = [h("td", {"class": f"number shade-{_shade(v, total)}"}, figure(v)) for v in values]
        row_title = h("span", {"class": "muted"}, f"{matrix.row_title}: ")
        body.append(h("tr", None, h("th", {"scope": "row"}, row_title, label), cells))
    return scrolling_table(matrix.title, head, body, kind="matrix")


def _is_number(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, int | float) and not isinstance(cell, bool))


def _cell(cell: Cell, kind: str | None) -> Element:
    text = cell_text(cell)
    if len(text) > _CELL_LIMIT:
        text = text[:_CELL_LIMIT] + "…"
    return h("td", {"class": f"null {kind or ''}".rstrip() if cell is None else kind}, text)


def _shade(value: float, total: float) -> int:
    """0 to 5: the share of the row in fifths; 0 only for nothing."""
    if not value > 0 or not math.isfinite(total):
        return 0
    return max(1, math.ceil(5 * value / total))
