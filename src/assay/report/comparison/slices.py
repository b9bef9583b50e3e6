"""Which slices moved: a table for each measurement, with the part that each has in the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.comparison.words import (
    CHANGES,
    signed,
    slice_name,
    title_of,
    whole_text,
)
from assay.report.html.layout import head_row, section
from assay.report.html.markup import h
from assay.report.text import counted, figure, interval_text

if TYPE_CHECKING:
    from assay.core.comparison import Comparison, Movement, SliceChange
    from assay.report.html.markup import Element, Node

_WIDTH = 112


def moved(comparison: Comparison) -> Element:
    """The section of all movements."""
    return section(
        "slices",
        "Which slices moved",
        "Ranked: those that moved the whole most first. A part is a slice's change, weighted with"
        " its share of the rows.",
        [_movement(m, f"slices-{i}") for i, m in enumerate(comparison.movements, 1)],
    )


def _movement(movement: Movement, anchor: str) -> Element:
    parts = [abs(s.contribution) for s in movement.slices if s.contribution is not None]
    widest = max(parts, default=0.0)
    titles: list[tuple[str, str | None]] = [
        ("Change", None), ("Slice", None), ("Rows", "number"), ("First", "number"),
        ("Second", "number"), ("Second − first", "number"),
    ]  # fmt: skip
    if parts:
        titles += [("Part of the change", None), ("", "number")]
    if any(s.share is not None for s in movement.slices):
        titles.append(("Share", "number"))
    body = [_row(s, movement, widest, columns=len(titles)) for s in movement.slices]
    few = movement.left_out
    note = (
        f"{counted(few, 'slice')} with too few rows, or without a difference, not shown."
        if few
        else None
    )
    return h(
        "div",
        {"class": "movement"},
        h("h3", {"id": anchor}, title_of(movement)),
        h("p", None, whole_text(movement)),
        h(
            "div",
            {"class": "scroll", "role": "region", "tabindex": 0, "aria-labelledby": anchor},
            h(
                "table",
                {"class": "moved"},
                h("thead", None, head_row(titles)),
                h("tbody", None, body),
            ),
        ),
        h("p", None, note) if note else None,
    )


def _row(moved: SliceChange, movement: Movement, widest: float, *, columns: int) -> Element:
    d = moved.difference
    sign, word = CHANGES[d.verdict]
    cells: list[Node] = [
        h("td", None, h("span", {"class": f"chip tone-{d.verdict}"}, f"{sign} {word}")),
        h("th", {"scope": "row"}, slice_name(moved, movement)),
        h("td", {"class": "number"}, f"{d.n_common or d.difference.n:,}"),
        h("td", {"class": "number"}, figure(d.a.value)),
        h("td", {"class": "number"}, figure(d.b.value)),
        h(
            "td",
            {"class": "number"},
            signed(d.difference.value),
            h("span", {"class": "interval"}, interval_text(d.difference)),
        ),
    ]
    if columns > 6:
        part = moved.contribution
        cells.append(h("td", None, _bar(moved, widest) if part is not None else None))
        cells.append(h("td", {"class": "number"}, signed(part) if part is not None else None))
    if columns > 8:
        share = f"{moved.share * 100:.0f} %" if moved.share is not None else None
        cells.append(h("td", {"class": "number"}, share))
    return h("tr", None, cells)


def _bar(moved: SliceChange, widest: float) -> Element:
    """The part as a bar from the middle: to the left where the value fell."""
    part = moved.contribution or 0.0
    middle = _WIDTH / 2
    length = round(middle * abs(part) / widest, 1) if widest else 0.0
    better = moved.difference.higher_is_better
    tone = "move" if better is None else "gain" if (part > 0) == better else "loss"
    left = middle if part > 0 else middle - length
    return h(
        "svg",
        {
            "class": "part",
            "viewBox": f"0 0 {_WIDTH} 10",
            "preserveAspectRatio": "none",
            "role": "img",
            "aria-label": f"part of the change: {signed(part)}",
        },
        h("rect", {"class": tone, "x": round(left, 1), "y": 1, "width": length, "height": 8}),
        h("line", {"class": "axis", "x1": middle, "x2": middle, "y1": 0, "y2": 10}),
    )
