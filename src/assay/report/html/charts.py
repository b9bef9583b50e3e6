"""Vega-Lite specifications drawn to inline SVG, in the page's own colours.

vl-convert draws them when the report is written, so the page needs no script. Colours are CSS
variables: one drawing serves light and dark. A chart that cannot be drawn becomes its numbers and
the reason; it never costs the report.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from assay.report.html.drawing import Drawing, draw
from assay.report.html.markup import h
from assay.report.html.svg import rebuilt
from assay.report.html.tables import data_table
from assay.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assay.core.evidence import Cell, Chart
    from assay.report.html.markup import Element, Node

_MAX_SPEC = 2_000_000
_ROWS_SHOWN = 20
_WIDE = 460
_INK, _MUTED, _LINE = "var(--ink)", "var(--muted)", "var(--line)"
_CONFIG: dict[str, Any] = {
    "background": None,
    "aria": False,  # the figure has its own words; Vega's would be a third of the page
    "font": "sans-serif",
    "padding": 4,
    "view": {"continuousWidth": 340, "continuousHeight": 220, "stroke": None},
    "axis": {
        "domainColor": _MUTED, "gridColor": _LINE, "tickColor": _MUTED, "labelColor": _MUTED,
        "titleColor": _INK, "labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": "normal",
        "titlePadding": 8, "labelPadding": 4, "tickSize": 4,
    },
    "legend": {
        "labelColor": _INK, "titleColor": _MUTED, "labelFontSize": 11, "titleFontSize": 11,
        "titleFontWeight": "normal", "orient": "bottom", "symbolStrokeWidth": 2,
    },
    "header": {"labelColor": _INK, "titleColor": _MUTED},
    "title": {"color": _INK, "fontSize": 13, "fontWeight": "normal", "anchor": "start"},
    "mark": {"color": "var(--series-1)"},
    "bar": {"color": "var(--series-1)"},
    "line": {"color": "var(--series-1)", "strokeWidth": 2},
    "area": {"color": "var(--series-1)", "opacity": 0.3},
    "point": {"color": "var(--series-1)", "filled": True, "size": 30},
    "circle": {"color": "var(--series-1)"},
    "rule": {"color": _MUTED},
    "tick": {"color": "var(--series-1)"},
    "text": {"color": _INK, "fontSize": 11},
    "range": {
        "category": [f"var(--series-{i})" for i in range(1, 8)],
        "ordinal": {"scheme": "blues"}, "heatmap": {"scheme": "blues"}, "ramp": {"scheme": "blues"},
    },
}  # fmt: skip


class Charts:
    """The pictures of a page, drawn together: equal specifications once."""

    def __init__(self, charts: Iterable[Chart]) -> None:
        self._drawings: dict[str, Drawing] = {}
        for chart in charts:
            key = _text(chart.spec)
            self._drawings[key] = Drawing("", _refusal(chart.spec, key))
        specs = [key for key, drawing in self._drawings.items() if not drawing.error]
        if specs:
            self._drawings.update(zip(specs, draw(specs, json.dumps(_CONFIG)), strict=True))

    def figure(self, chart: Chart, *, prefix: str) -> Element:
        """The chart as a figure; ``prefix`` makes its ids unique in the page."""
        caption = h("figcaption", None, h("strong", None, chart.title), " ", chart.alt)
        drawing = self._drawings[_text(chart.spec)]
        named = {"role": "img", "aria-label": chart.alt}
        try:
            if drawing.error:
                raise ValueError(drawing.error)
            picture = rebuilt(drawing.svg, prefix=prefix, attributes=named)
        except ValueError as error:
            return h("figure", {"class": "chart"}, _undrawn(chart, str(error)), caption)
        if float(dict(picture.attributes).get("width", "0")) <= _WIDE:
            return h("figure", {"class": "chart"}, picture, caption)
        # On a narrow screen it scrolls rather than shrinks to where nobody can read it.
        box = {"class": "scroll", "role": "region", "tabindex": "0", "aria-label": chart.title}
        return h("figure", {"class": "chart wide"}, h("div", box, picture), caption)


def _text(spec: dict[str, Any]) -> str:
    return json.dumps(_printable(spec))


def _refusal(spec: dict[str, Any], text: str) -> str:
    """Why the specification is not handed to the converter at all; "" where it is."""
    for address in _addresses(spec):
        return f"it refers to something outside the report ({address})"
    return f"its specification has {len(text):,} characters" if len(text) > _MAX_SPEC else ""


def _printable(node: Any) -> Any:
    """The specification with control characters spelled out; vl-convert aborts the process on some.

    Keys and values alike, so that an encoding still finds its field.
    """
    if isinstance(node, str):
        return visible(node)
    if isinstance(node, dict):
        return {visible(str(key)): _printable(value) for key, value in node.items()}
    return [_printable(value) for value in node] if isinstance(node, list) else node


def _addresses(node: Any) -> Iterator[str]:
    """Addresses in a specification; the data itself may hold whatever it likes."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in {"url", "href"}:
                yield str(key)
            elif key not in {"values", "datasets"}:
                yield from _addresses(value)
    elif isinstance(node, list):
        for value in node:
            yield from _addresses(value)


def _undrawn(chart: Chart, error: str) -> Node:
    """Why there is no picture, and the numbers it would have shown."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    reason = next((line for line in lines if not line.endswith("failed:")), "no reason given")
    note = h("p", {"class": "note"}, f"This chart could not be drawn: {reason[:300]}")
    columns, rows = _rows(chart.spec)
    if not rows:
        return note
    return note, data_table("The numbers behind it", columns, rows[:_ROWS_SHOWN], total=len(rows))


def _rows(spec: dict[str, Any]) -> tuple[list[str], list[list[Cell]]]:
    """Inline data of the specification as a table; empty where it has none."""
    data = spec.get("data")
    values = data.get("values") if isinstance(data, dict) else None
    records = [v for v in values if isinstance(v, dict)] if isinstance(values, list) else []
    columns = list(dict.fromkeys(str(key) for record in records for key in record))
    return columns, [[_cell(record.get(name)) for name in columns] for record in records]


def _cell(value: Any) -> Cell:
    return value if isinstance(value, str | int | float | bool | None) else json.dumps(value)
