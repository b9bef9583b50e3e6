"""Where exactly it fails: slices, examples, charts, matrices, one folding part per check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.evidence import Chart, Distributions, Examples, Matrix, Table, Text
from assay.report.html.bars import interval_bar, scale
from assay.report.html.distributions import figure
from assay.report.html.findings import about, mark
from assay.report.html.layout import head_row, scrolling_table, section
from assay.report.html.markup import h
from assay.report.html.tables import data_table, matrix_table
from assay.report.html.two_way import two_way
from assay.report.standing import decided, held_against, required, worst_first
from assay.report.text import interval_text, key_text, together_text, value_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assay.core.evidence import Evidence
    from assay.core.result import Result
    from assay.report.html.charts import Charts
    from assay.report.html.markup import Element, Node

_BAR = 240
_SLICES_SHOWN = 60
_OPENED = 8
_WHOLE = 60
"""So many results show the tables beside their two distributions; hundreds would weigh too much."""
_WORDS = {"outside": "✗ misses", "straddles": "? open", "inside": "✓ meets", None: "–"}


def has_details(result: Result) -> bool:
    """Whether there is more to see than the one value."""
    return bool(result.evidence or result.unmeasured or len(result.measurements) > 1)


def details(
    section_id: str,
    title: str,
    intro: str,
    results: Iterable[Result],
    anchors: Mapping[str, str],
    pictures: Charts,
    *,
    opened: bool,
) -> Element:
    """A section with a folding part for each result; the first ones open, where asked."""
    parts = [
        _part(result, anchors[result.id], pictures, opened=opened and i < _OPENED, whole=i < _WHOLE)
        for i, result in enumerate(results)
    ]
    return section(section_id, title, intro, parts)


def _part(result: Result, anchor: str, pictures: Charts, *, opened: bool, whole: bool) -> Element:
    drawn = [e for e in result.evidence if isinstance(e, Chart | Distributions)]
    others = [e for e in result.evidence if not isinstance(e, Chart | Distributions)]
    figures = [
        figure(e) if isinstance(e, Distributions) else pictures.figure(e, prefix=f"{anchor}-{i}-")
        for i, e in enumerate(drawn)
    ]
    summary = h("summary", None, mark(result.verdict), h("span", {"class": "id"}, result.id))
    body = h(
        "div",
        {"class": "detail", "id": anchor},  # within: a link to it opens what is folded
        h(
            "p",
            {"class": "about"},
            about(result),
            (" · ", h("code", None, result.location)) if result.location else None,
        ),
        h("p", {"class": "about"}, together) if (together := together_text(result)) else None,
        two_way(result),
        _slices(result),
        _arranged(drawn, figures, [_shown(item, whole=whole, beside=drawn) for item in others]),
    )
    return h("details", {"open": opened}, summary, body)


def _arranged(drawn: Sequence[Evidence], figures: Sequence[Element], tables: list[Node]) -> Node:
    """Tables, then the pictures in a grid; one picture of two distributions, beside its tables."""
    if len(drawn) == 1 and isinstance(drawn[0], Distributions):
        return h("div", {"class": "both"}, figures, h("div", {"class": "tables"}, tables))
    return tables, h("div", {"class": "charts"}, figures) if figures else None


def _shown(item: Evidence, *, whole: bool, beside: Sequence[Evidence]) -> Node:
    """The evidence; of the tables beside a picture of two distributions, where to find them."""
    if (
        whole
        or not isinstance(item, Table)
        or not any(isinstance(e, Distributions) for e in beside)
    ):
        return _evidence(item)
    return h("p", {"class": "about"}, f"{item.title}: in the JSON document.")


def _evidence(item: Evidence) -> Node:
    match item:
        case Table():
            return data_table(item.title, item.columns, item.rows)
        case Examples():
            return data_table(item.title, item.columns, item.rows, total=item.total)
        case Matrix():
            return matrix_table(item)
        case Text():
            heading = h("h3", {"class": "text"}, item.title)
            return h("div", None, heading, h("pre", {"tabindex": 0}, item.text))
        case Chart() | Distributions():
            return None  # drawn together, in one grid


def _slices(result: Result) -> Node:
    """All values of the check on one scale, worst first, and those that could not be measured."""
    measurements = worst_first(result)
    if len(measurements) < 2 and not result.unmeasured:
        return None
    shown = measurements[:_SLICES_SHOWN]
    criterion = held_against(result)
    axis = scale(measurements, criterion, _BAR)
    rows = [
        h(
            "tr",
            None,
            h("th", {"scope": "row"}, key_text(m.key) or "the whole"),
            h("td", {"class": "word"}, _WORDS[decided(m, criterion)]),
            h("td", None, interval_bar(m, criterion, required(result), axis)),
            h("td", {"class": "number"}, value_text(m)),
            h("td", {"class": "number muted"}, interval_text(m)),
            h("td", {"class": "number"}, f"{m.n:,}"),
        )
        for m in shown
    ]
    rows += [
        h(
            "tr",
            None,
            h("th", {"scope": "row"}, key_text(u.key) or "the whole"),
            h("td", {"class": "muted"}, "not measured"),
            h("td", {"class": "muted", "colspan": 3}, u.reason),
            h("td", {"class": "number"}, f"{u.n:,}"),
        )
        for u in result.unmeasured[:_SLICES_SHOWN]
    ]
    titles = (
        ("Where", None), ("Verdict", None),
        (f"Required: {required(result) or 'nothing'}", None),
        ("Value", "number"), ("Interval", "number"), ("n", "number"),
    )  # fmt: skip
    total = len(measurements) + len(result.unmeasured)
    note = f" ({len(rows)} of {total}; the JSON document has all)" if total > len(rows) else ""
    return scrolling_table(
        "Value by value, worst first", head_row(titles), rows, note=note, kind="slices"
    )
