"""How sure are we: every check in one table, its interval against its criterion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.html.bars import interval_bar, scale
from assay.report.html.findings import mark
from assay.report.html.layout import head_row, section
from assay.report.html.markup import h
from assay.report.standing import VERDICTS, held_against, required, worst_first
from assay.report.text import interval_text, key_text, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.core.result import Result, Verdict
    from assay.report.html.markup import Attribute, Element, Node

_BAR = 200


def certainty(results: Sequence[Result], anchors: Mapping[str, str]) -> Element:
    """Every check in one table: its interval against its criterion, and the numbers."""
    occurring = [v for v in VERDICTS if any(r.verdict == v for r in results)]
    titles = (
        ("Verdict", None), ("Check", None), ("Interval against requirement", None),
        ("Value", "number"), ("Required", None), ("n", "number"),
    )  # fmt: skip
    rows = [_row(result, anchors.get(result.id)) for result in results]
    intro = (
        "Each value with its interval, against the zone where the requirement is met. Inside the"
        " zone passes, outside fails, across its edge is inconclusive. A check with several values"
        " shows the one that decides."
    )
    return section(
        "certainty",
        "How sure are we",
        intro,
        _filter(occurring) if len(occurring) > 1 else None,
        h(
            "table",
            {"class": "results", "role": "table"},
            h("caption", {"class": "hidden"}, "All checks"),
            h("thead", None, head_row(titles)),
            h("tbody", {"role": "rowgroup"}, rows),
        ),
    )


def _filter(verdicts: Sequence[Verdict]) -> Element:
    """Check boxes that hide rows; :func:`filter_css` does the hiding."""
    boxes = [
        h(
            "label",
            {"class": f"tone-{verdict}"},
            h("input", {"type": "checkbox", "id": f"show-{verdict}", "checked": True}),
            f"{VERDICTS[verdict][0]} {VERDICTS[verdict][1]}",
        )
        for verdict in verdicts
    ]
    return h("fieldset", {"class": "filter"}, h("legend", None, "Show"), boxes)


def filter_css() -> str:
    """A row is hidden where the box of its verdict is there and not checked."""
    return "".join(
        f":root:has(#show-{verdict}:not(:checked)) tr.is-{verdict}{{display:none!important}}\n"
        for verdict in VERDICTS
    )


def _row(result: Result, anchor: str | None) -> Element:
    name = h("span", {"class": "id"}, result.id)
    link = h("a", {"href": f"#{anchor}"}, name) if anchor else name
    verdict = _cell("verdict", mark(result.verdict))
    title = h("th", {"scope": "row", "role": "rowheader", "class": "wide"}, link, _aside(result))
    row: dict[str, Attribute] = {"class": f"is-{result.verdict}", "role": "row"}
    measurements = worst_first(result)
    if not measurements:
        return h("tr", row, verdict, title, _cell("wide muted", result.reason, colspan=4))
    first = measurements[0]
    axis = scale(measurements, held_against(result), _BAR)
    return h(
        "tr",
        row,
        verdict,
        title,
        _cell("wide", interval_bar(first, held_against(result), required(result), axis)),
        _cell(
            "number value",
            (value_text(first), " ", h("span", {"class": "interval"}, interval_text(first))),
        ),
        _cell("required", required(result) or "–"),
        _cell("number n muted", (h("span", {"class": "label"}, "n = "), f"{first.n:,}")),
    )


def _cell(kind: str, content: Node, *, colspan: int | None = None) -> Element:
    """A cell that says it is one: on a narrow screen, rows are laid out as blocks."""
    return h("td", {"class": kind, "role": "cell", "colspan": colspan}, content)


def _aside(result: Result) -> Node:
    """Severity where it is not the usual one, and which of several values is shown."""
    parts = [] if result.severity == "block" else [f"severity {result.severity}"]
    if len(result.measurements) > 1:
        shown = key_text(worst_first(result)[0].key)
        parts.append(f"{shown or 'the whole'}, one of {len(result.measurements)}")
    return h("span", {"class": "about"}, " · ".join(parts)) if parts else None
