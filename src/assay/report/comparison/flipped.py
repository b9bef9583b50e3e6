"""Which samples flipped: both ways, with the question and the answers of both runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.comparison.words import flips_text
from assay.report.html.layout import head_row, scrolling_table, section
from assay.report.html.markup import h
from assay.report.text import figure

if TYPE_CHECKING:
    from assay.core.comparison import Comparison, Flip, Flips, Way
    from assay.report.html.markup import Element, Node


def flipped(comparison: Comparison) -> Element:
    """The section of all flips."""
    return section(
        "flips",
        "Which samples flipped",
        "The same question, asked in both runs and scored otherwise; the greatest change first.",
        [_flips(one) for one in comparison.flips],
    )


def _flips(flips: Flips) -> Element:
    return h(
        "div",
        {"class": "movement"},
        h("h3", None, flips.id),
        h("p", None, flips_text(flips)),
        [_table(way, flips) for way in flips.ways if way.some],
    )


def _table(way: Way, flips: Flips) -> Element:
    titles: list[tuple[str, str | None]] = [
        ("Sample", None), ("Question", None), ("Target", None), ("First answer", None),
        ("Second answer", None),
    ]  # fmt: skip
    if not flips.right_or_wrong:
        titles += [("First", "number"), ("Second", "number")]
    rows = [_row(flip, scored=not flips.right_or_wrong) for flip in way.some]
    rest = f" ({len(way.some):,} of {way.total:,})" if way.total > len(way.some) else ""
    return scrolling_table(way.title, head_row(titles), rows, note=rest, kind="flips")


def _row(flip: Flip, *, scored: bool) -> Element:
    texts = [flip.question, flip.target, flip.before, flip.after]
    cells: list[Node] = [
        h("th", {"scope": "row"}, flip.unit),
        *(h("td", {"class": "said"}, "no text" if text is None else text) for text in texts),
    ]
    if scored:
        scores = (flip.score_before, flip.score_after)
        cells += [h("td", {"class": "number"}, figure(score)) for score in scores]
    return h("tr", None, cells)
