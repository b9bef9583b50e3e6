"""What moved: columns ranked by how far, each with its distributions, its interval, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from assay.core.criterion import AtMost
from assay.report.html.bars import Scale, interval_bar, scale
from assay.report.html.findings import mark
from assay.report.html.layout import head_row, section
from assay.report.html.markup import h
from assay.report.html.overlay import small
from assay.report.moved.ranking import tally
from assay.report.standing import held_against, required
from assay.report.text import counted, interval_text, short, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.core.measurement import Measurement
    from assay.report.html.markup import Element, Node
    from assay.report.moved.ranking import Ranking, Row, Unranked

_BAR = 150
_MOST_TIMES = 3.0
_OPEN = 25
_NAMES = 60
_CHANGES = 3
_TITLES = (
    ("Verdict", None), ("Column", None), ("Both tables", None), ("How far", None),
    ("Value", "number"), ("What changed", None),
)  # fmt: skip


def moved(several: Sequence[Ranking], anchors: Mapping[str, str]) -> Element:
    """The section; each name leads to the check's own detail."""
    intro = (
        "Furthest first. The reference is the ground, the current table the line upon it; beside"
        " them the value with its interval, against the zone within the limit. “Up to 3: 70 % →"
        " 57 %” names the value at which the shares of rows differ most."
    )
    return section("moved", "What moved", intro, [_ranking(one, anchors) for one in several])


def _ranking(ranking: Ranking, anchors: Mapping[str, str]) -> Element:
    on = _scale(ranking)
    rows = [_row(row, anchors.get(row.result.id), on) for row in ranking.rows]
    # What did not pass is never folded away.
    settled = sum(row.result.verdict != "pass" for row in ranking.rows)
    shown = max(_OPEN, settled) if len(rows) > _OPEN + 5 else len(rows)
    rest: Node = None
    if rows[shown:]:
        words = f"{counted(len(rows) - shown, 'more column')}, which moved less"
        rest = h(
            "details",
            None,
            h("summary", None, h("span", None, words)),
            _table(f"{ranking.title}, continued", rows[shown:]),
        )
    capped = on is not None and any((r.times or 0) > _MOST_TIMES for r in ranking.rows)
    note = f" Bars end at {_MOST_TIMES:g} times the limit." if capped else ""
    return h(
        "div",
        {"class": "ranking"},
        h("h3", None, ranking.title),
        h("p", {"class": "tally"}, tally(ranking) + note),
        _table(ranking.title, rows[:shown]),
        rest,
        _unranked(ranking.unranked),
    )


def _table(title: str, rows: Sequence[Element]) -> Element:
    table = h(
        "table",
        {"class": "results movers", "role": "table"},
        h("caption", {"class": "hidden"}, title),
        h("thead", None, head_row(_TITLES)),
        h("tbody", {"role": "rowgroup"}, rows),
    )
    # Where it is too wide even so, it scrolls in its own box, by keyboard too; the page never.
    box = {"class": "scroll", "role": "region", "tabindex": "0", "aria-label": title}
    return h("div", box, table)


def _row(row: Row, anchor: str | None, on: Scale | None) -> Element:
    name = h("span", {"class": "id"}, short(row.name, 80))
    link = h("a", {"href": f"#{anchor}"}, name) if anchor else name
    value = (
        value_text(row.measurement),
        " ",
        h("span", {"class": "interval"}, interval_text(row.measurement)),
    )
    changes = [h("li", None, words) for words in row.changes[:_CHANGES]]
    return h(
        "tr",
        {"role": "row"},
        _cell("verdict", mark(row.result.verdict)),
        h("th", {"scope": "row", "role": "rowheader"}, link),
        _cell("picture", small(row.picture) if row.picture else None),
        _cell("how-far", _bar(row, on)),
        _cell("number value", value),
        _cell("changes", h("ul", {"class": "bare"}, changes) if changes else "–"),
    )


def _cell(kind: str, content: Node) -> Element:
    """A cell that says it is one: on a narrow screen, rows are laid out as blocks."""
    return h("td", {"class": kind, "role": "cell"}, content)


def _scale(ranking: Ranking) -> Scale | None:
    """One scale for all rows, in units of the limit; None where limits do not allow it."""
    if not ranking.in_limits:
        return None
    ends = [m.value if m.high is None else m.high for m in map(_in_limits, ranking.rows)]
    most = min(_MOST_TIMES, max(1.0, *ends))
    return Scale(-0.08 * most, 1.08 * most, _BAR)


def _in_limits(row: Row) -> Measurement:
    """The measurement in units of its limit."""
    m, times = row.measurement, row.times
    part = 1.0 if not times else times / m.value
    low, high = (None if end is None else end * part for end in (m.low, m.high))
    ends = {"low": low, "high": high, "value": m.value * part, "unit": "times the limit"}
    return msgspec.structs.replace(m, **ends)


def _bar(row: Row, on: Scale | None) -> Element:
    held = held_against(row.result)
    if on is None:
        return interval_bar(
            row.measurement, held, required(row.result), scale([row.measurement], held, _BAR)
        )
    return interval_bar(_in_limits(row), AtMost(1.0), "at most 1", on)


def _unranked(several: Sequence[Unranked]) -> Node:
    if not several:
        return None
    found = []
    for names, reason in several:
        listed: list[Node] = []
        for name in names[:_NAMES]:
            listed += [", " if listed else None, h("span", {"class": "id"}, short(name, 80))]
        more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
        found.append(h("li", None, listed, f"{more}: {reason}"))
    return h("h4", None, "Not compared"), h("ul", {"class": "bare"}, found)
