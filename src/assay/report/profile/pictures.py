"""Small pictures of a column: bars by hand, since a wide table has thousands of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.html.markup import h
from assay.report.profile.words import percent, point_text
from assay.report.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.profile import ColumnProfile, Histogram
    from assay.report.html.markup import Element, Node

_WIDE, _HIGH = 120, 28
_LARGE, _TALL, _AXIS = 480, 132, 22
_GAP = 1.0


def spark(column: ColumnProfile) -> Node:
    """The histogram of a column, or how often its commonest values occur, in a line of text."""
    counts = column.histogram.counts if column.histogram else [entry.n for entry in column.top]
    if len(counts) < 2:
        return None
    kind = "spark" if column.histogram else "spark ranked"
    box = {"viewBox": f"0 0 {_WIDE} {_HIGH}", "preserveAspectRatio": "none"}
    return h(
        "svg",
        {"class": kind, **box, "aria-hidden": "true"},
        h("path", {"d": _bars(counts, _WIDE, _HIGH)}),
    )


def large(name: str, histogram: Histogram, *, each: bool) -> Element:
    """The histogram with its ends, as a figure.

    Args:
        name: the column's, for those who cannot see it.
        each: every bar says what it holds, where a pointer rests on it.
    """
    counts, edges = histogram.counts, histogram.edges
    total = sum(counts) + histogram.below + histogram.above
    peak = max(range(len(counts)), key=counts.__getitem__)
    first, last = point_text(edges[0]), point_text(edges[-1])
    label = (
        f"Histogram of {name}: {counted(len(counts), 'bin')} from {first} to {last}; the fullest, "
        f"from {point_text(edges[peak])} to {point_text(edges[peak + 1])}, holds "
        f"{percent(counts[peak], total)}."
    )
    box = {"viewBox": f"0 0 {_LARGE} {_TALL + _AXIS}", "role": "img", "aria-label": label}
    return h(
        "figure",
        {"class": "histogram"},
        h(
            "svg",
            box,
            _each(histogram, total) if each else h("path", {"d": _bars(counts, _LARGE, _TALL)}),
            h("path", {"class": "axis", "d": f"M0 {_TALL}H{_LARGE}"}),
            h("text", {"x": 0, "y": _TALL + 17}, first),
            h("text", {"x": _LARGE, "y": _TALL + 17, "text-anchor": "end"}, last),
        ),
        _beyond(histogram),
    )


def share_bar(part: int, whole: int) -> Element:
    """A share of rows as a bar; the words beside it say how much."""
    width = round(100 * part / whole, 2) if whole else 0
    return h(
        "svg",
        {"class": "share", "viewBox": "0 0 100 8", "preserveAspectRatio": "none",
         "aria-hidden": "true"},
        h("rect", {"class": "ground", "width": 100, "height": 8}),
        h("rect", {"width": width, "height": 8}),
    )  # fmt: skip


def _beyond(histogram: Histogram) -> Node:
    """Values that the picture leaves out."""
    parts = [
        f"{counted(n, 'value')} {where}"
        for n, where in (
            (histogram.below, f"below {point_text(histogram.edges[0])}"),
            (histogram.above, f"above {point_text(histogram.edges[-1])}"),
        )
        if n
    ]
    return h("figcaption", None, f"Not shown: {' and '.join(parts)}.") if parts else None


def _each(histogram: Histogram, total: int) -> list[Element]:
    counts, edges = histogram.counts, histogram.edges
    greatest = max(counts) or 1
    step = _LARGE / len(counts)
    found = []
    for i, n in enumerate(counts):
        height = _height(n, greatest, _TALL)
        place = {"x": round(i * step, 1), "y": round(_TALL - height, 1)}
        size = {"width": round(max(step - _GAP, step / 2), 1), "height": round(height, 1)}
        held = f"{point_text(edges[i])} to {point_text(edges[i + 1])}: {n:,}"
        words = h("title", None, f"{held} ({percent(n, total)})" if n else held)
        found.append(h("rect", {**place, **size}, words))
    return found


def _bars(counts: Sequence[int], width: float, height: float) -> str:
    """Bars as one path."""
    greatest = max(counts) or 1
    step = width / len(counts)
    bar = max(step - _GAP, step / 2)
    parts = [
        f"M{round(i * step, 1):g} {height:g}v-{round(_height(n, greatest, height), 1):g}"
        f"h{round(bar, 1):g}V{height:g}z"
        for i, n in enumerate(counts)
        if n
    ]
    return "".join(parts)


def _height(n: int, greatest: int, height: float) -> float:
    """At least a pixel for what is there at all."""
    return max(n / greatest * height, 1.0) if n else 0.0
