"""Rates by group for people: a table, and the same as dots with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.evidence import Chart, Table
from assay.core.measurement import number_text
from assay.inference.proportions import wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.evidence import Cell
    from assay.inference.differences import Share

MOST = 50
_LEVEL = 0.95


def disparity_evidence(
    sensitive: str, rate: str, of: str, names: Sequence[str], shares: Sequence[Share]
) -> tuple[Table, Chart]:
    """The rate of each group with its 95 % Wilson interval; lowest and highest 25 of very many.

    Fields of the chart: ``group``, ``rate``, ``low``, ``high``, ``n``.
    """
    rows: list[tuple[str, float, float, float, int]] = []
    for name, share in zip(names, shares, strict=True):
        low, high, _ = wilson(share.successes, share.n, _LEVEL)
        figures = (round(x, 5) for x in (share.successes / share.n, low, high))
        rows.append((name, *figures, share.n))  # type: ignore[arg-type]
    rows.sort(key=lambda row: (row[1], row[0]))
    cut = f" ({MOST} of {len(rows):,} groups)" if len(rows) > MOST else ""
    if cut:
        rows = rows[: MOST // 2] + rows[-MOST // 2 :]
    title = f"{rate.capitalize()} by {sensitive}{cut}"
    cells: list[list[Cell]] = [list(row) for row in rows]
    lowest, highest = rows[0], rows[-1]
    return (
        Table(title=title, columns=["group", rate, "low", "high", of], rows=cells),
        Chart(
            title=title,
            alt=f"{rate.capitalize()} with 95 % intervals by {sensitive}: from "
            f"{number_text(lowest[1])} ({lowest[0]}) to {number_text(highest[1])} ({highest[0]}).",
            spec=_dots(rows, rate, sensitive),
        ),
    )


def _dots(
    rows: Sequence[tuple[str, float, float, float, int]], rate: str, sensitive: str
) -> dict[str, Any]:
    """A dot and a line for each group, in the order of the rows."""
    values = [dict(zip(("group", "rate", "low", "high", "n"), row, strict=True)) for row in rows]
    y = {"field": "group", "type": "nominal", "title": sensitive, "sort": [row[0] for row in rows]}
    scale = {"zero": False}
    return {
        "width": 360,
        "height": {"step": 26},
        "data": {"values": values},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "rule"},
                "encoding": {
                    "x": {"field": "low", "type": "quantitative", "title": rate, "scale": scale},
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60},
                "encoding": {"x": {"field": "rate", "type": "quantitative"}},
            },
        ],
    }
