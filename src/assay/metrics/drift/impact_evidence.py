"""What moved columns do to a score, for people: its parts, the columns by impact, a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.evidence import Chart, Table
from assay.core.measurement import Estimation, Measurement, number_text
from assay.metrics.drift.changes import difference, ranked
from assay.metrics.drift.remedy import remedy
from assay.metrics.drift.reweighted_performance import about, interval_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.evidence import Cell, Evidence
    from assay.metrics.drift.shifted import Shifted

MOST = 20
_HOW = Estimation(level=0.95)


def impact_evidence(sides: Shifted) -> tuple[Evidence, ...]:
    """A score's change by parts, columns by their own impact, what would help, and a chart."""
    found = [e for e in ranked(sides, _HOW) if isinstance(e, Measurement)]
    shown = found[:MOST]
    cut = f" ({MOST} of {len(found):,})" if len(found) > MOST else ""
    rows: list[list[Cell]] = [
        [m.key["column"], *_figures(m), round(sides.cells[m.key["column"]].moved, 4)] for m in shown
    ]
    evidence: list[Evidence] = [_parts(sides)]
    if rows:
        title = f"Columns by what their shift alone does to {sides.name}{cut}"
        columns = ["column", f"change of {sides.name}", "low", "high", "share of rows moved"]
        evidence += [
            Table(title=title, columns=columns, rows=rows), _chart(sides.name, shown, title),
        ]  # fmt: skip
    return (*evidence, remedy(sides, found), about(sides))


def _figures(m: Measurement) -> list[Cell]:
    return [None if x is None else round(x, 5) for x in (m.value, m.low, m.high)]


def _parts(sides: Shifted) -> Table:
    """The score on both sides and under weights, and the parts of its change."""
    rows: list[list[Cell]] = []
    levels = [("on the reference", sides.before)]
    levels.append(("on the reference, weighted like the current rows", sides.weighted))
    if sides.labelled:
        levels.append(("on the current rows", sides.after))
    for name, part in levels:
        try:
            one = part()
        except ValueError:
            continue
        low, high, _ = interval_of(one, sides.name, 0.95)
        rows.append([name, *(round(x, 5) for x in (one.value, low, high))])
    for name in ("change", "explained", "rest"):
        found = difference(sides, name, _HOW)  # type: ignore[arg-type]
        if isinstance(found, Measurement):
            said = {"explained": "of it explained by moved columns", "rest": "of it the rest"}
            rows.append([said.get(name, name), *_figures(found)])
    title = f"How {sides.name} changed, and why"
    if not sides.labelled:
        title = f"How moved columns change {sides.name} (no current row has a label)"
    return Table(title=title, columns=["", sides.name, "low", "high"], rows=rows)


def _chart(score: str, shown: Sequence[Measurement], title: str) -> Chart:
    """A dot and its interval for each column. Fields: ``column``, ``impact``, ``low``, ``high``."""
    names = [m.key["column"] for m in shown]
    values = [
        dict(zip(("impact", "low", "high"), _figures(m), strict=True), column=m.key["column"])
        for m in shown
    ]
    first = shown[0]
    alt = (
        f"Change of {score} by each column's shift alone, with 95 % intervals; the greatest is "
        f"{number_text(first.value)} ({names[0]})."
    )
    axis = {"type": "quantitative", "title": f"change of {score}"}
    y = {"field": "column", "type": "nominal", "title": None, "sort": names}
    spec: dict[str, Any] = {
        "width": 360,
        "height": {"step": 24},
        "data": {"values": values},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "rule", "strokeDash": [4, 3]},
                "encoding": {"x": {"datum": 0}, "y": None},
            },
            {
                "mark": {"type": "rule"},
                "encoding": {"x": {"field": "low", **axis}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60},
                "encoding": {"x": {"field": "impact", "type": "quantitative"}},
            },
        ],
    }
    return Chart(title=title, alt=alt, spec=spec)
