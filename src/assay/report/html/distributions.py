"""Two distributions over each other, large: with axes, what each side is, and what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.html.markup import h
from assay.report.html.overlay import Cell, drawn, height_of, placed, px
from assay.report.html.ticks import numbers, shares, times
from assay.report.text import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.evidence import Distributions
    from assay.report.html.markup import Element, Node
    from assay.report.html.overlay import Height

_WIDE, _HIGH = 440, 214
_LEFT, _RIGHT, _TOP, _FLOOR = 44, 8, 26, 180
_TAIL = 0.01
"""Share beyond the drawing from which on it is said: half a percent always is."""
_FEW, _SPIKE = 8, 5.0
"""Of more bars than so many, the longest is cut if it is so many times as long as the next."""
_ROW, _NAMES, _VALUES, _SAID = 21, 128, 96, 18


def figure(picture: Distributions) -> Element:
    """The picture with its caption."""
    caption: list[Node] = [h("strong", None, picture.title), " ", picture.alt]
    if picture.changes:
        caption += [" Changed: ", "; ".join(picture.changes), "."]
    if beyond := _beyond(picture):
        caption.append(f" Not drawn: {beyond}.")
    body, high = _bars(picture) if picture.names else _histogram(picture)
    if picture.edges and height_of(picture, placed(picture, 1.0)).root:
        caption.append(" Heights are on a root scale, for one cell towers over the others.")
    words = f"{picture.alt} {'; '.join(picture.changes)}".strip()
    return h(
        "figure",
        {"class": "chart"},
        h(
            "svg",
            {"class": "overlay", "viewBox": f"0 0 {_WIDE} {high}", "width": _WIDE, "role": "img",
             "aria-label": words},
            _legend(picture),
            body,
        ),
        h("figcaption", None, caption),
    )  # fmt: skip


def percent(share: float) -> str:
    """A share as a figure beside its bar."""
    if share in (0.0, 1.0):
        return f"{share * 100:.0f} %"
    if share < 0.001:
        return "< 0.1 %"
    return f"{share * 100:.1f} %" if share < 0.1 else f"{share * 100:.0f} %"


def _legend(picture: Distributions) -> Node:
    one, two = (short(side, 24) for side in picture.sides)
    second = _LEFT + 34 + 6.5 * len(one)
    return (
        h("rect", {"class": "first", "x": _LEFT, "y": 4, "width": 14, "height": 10}),
        h("text", {"x": _LEFT + 19, "y": 13}, one),
        h("rect", {"class": "second", "x": second, "y": 6, "width": 14, "height": 6})
        if picture.names
        else h("path", {"class": "second", "d": f"M{second:g} 14V5H{second + 14:g}V14"}),
        h("text", {"x": round(second + 19, 1), "y": 13}, two),
    )


def _histogram(picture: Distributions) -> tuple[Node, int]:
    """Ordered values, with missing ones as a bar of their own at the left."""
    width = float(_WIDE - _LEFT - _RIGHT)
    cells = [Cell(c.left + _LEFT, c.right + _LEFT, c.shares) for c in placed(picture, width)]
    height = height_of(picture, cells)
    values = cells[-(len(picture.edges) - 1) :]
    parts = (
        _grid(height),
        drawn(cells, height, _FLOOR, top=_TOP),
        h("path", {"class": "axis", "d": f"M{_LEFT} {_FLOOR}H{_WIDE - _RIGHT}"}),
        _marks(picture, values[0].left, values[-1].right),
        h("text", {"x": _WIDE - _RIGHT, "y": _HIGH - 4, "text-anchor": "end"},
          short(picture.of, 50)),
        _nulls(cells[0]) if any(picture.missing) else None,
    )  # fmt: skip
    return parts, _HIGH


def _nulls(cell: Cell) -> Element:
    middle = round((cell.left + cell.right) / 2, 1)
    return h("text", {"x": middle, "y": _FLOOR + 14, "text-anchor": "middle"}, "null")


def _grid(height: Height) -> Node:
    """Lines at round shares."""
    if not height.greatest:
        return None
    room = _FLOOR - _TOP
    lines, words = "", []
    for tick in shares(height.greatest, root=height.root):
        y = _FLOOR - (height.of(tick.at, room) if tick.at else 0.0)
        lines += f"M{_LEFT} {px(y)}H{_WIDE - _RIGHT}"
        words.append(h("text", {"x": _LEFT - 6, "y": px(y + 4)}, tick.text))
    return h("path", {"class": "grid", "d": lines}), h("g", {"text-anchor": "end"}, words)


def _marks(picture: Distributions, left: float, right: float) -> Node:
    """Words beneath the axis; those that would touch one another are left out."""
    low, high = picture.edges[0], picture.edges[-1]
    ticks = times(low, high) if picture.temporal else numbers(low, high)
    lines, words = "", []
    free = left - 8.0 if any(picture.missing) else 0.0
    for tick in ticks:
        # in halves, because the width of a column that spans all doubles overflows
        x = left + (right - left) * ((tick.at / 2 - low / 2) / (high / 2 - low / 2))
        half = 3.2 * len(tick.text)
        x_text = min(x, _WIDE - half)
        if x_text - half >= free:
            lines += f"M{px(x)} {_FLOOR}v4"
            words.append(h("text", {"x": px(x_text), "y": _FLOOR + 15}, tick.text))
            free = x_text + half + 8
    return h("path", {"class": "axis", "d": lines}), h("g", {"text-anchor": "middle"}, words)


def _bars(picture: Distributions) -> tuple[Node, int]:
    """A row for each value: a wide bar for the first side, a narrow one upon it for the second."""
    rows = list(zip(picture.names, *picture.shares, strict=True))
    if any(picture.missing):
        rows.insert(0, ("(missing)", *picture.missing))
    longest, cut = _longest([max(one, two) for _, one, two in rows])
    room = _WIDE - _NAMES - _VALUES
    ground = second = ""
    words: list[Node] = []
    cuts: list[Node] = []
    for i, (name, one, two) in enumerate(rows):
        y = _TOP + i * _ROW
        ground += _bar(y + 2, 14, room * min(1.0, one / longest))
        second += _bar(y + 6, 6, room * min(1.0, two / longest))
        if cut and max(one, two) > longest:
            cuts.append(_cut(y))
        words += [
            h("text", {"x": _NAMES - 6, "y": y + 13}, short(name, _SAID) or "(empty)",
              h("title", None, name) if len(name) > _SAID else None),
            h("text", {"x": _WIDE, "y": y + 13}, f"{percent(one)} → {percent(two)}"),
        ]  # fmt: skip
    axis = f"M{_NAMES} {_TOP}V{_TOP + len(rows) * _ROW}"
    # one path for all bars of a side, and not an element for each: there may be thousands
    parts = (
        h("path", {"class": "first", "d": ground}),
        h("path", {"class": "bars", "d": second}),
        cuts,
        h("g", {"text-anchor": "end"}, words),
        h("path", {"class": "axis", "d": axis}),
    )
    return parts, _TOP + len(rows) * _ROW + 4


def _longest(shares: Sequence[float]) -> tuple[float, bool]:
    """The share that a whole bar stands for, and whether one bar is cut to let others be seen."""
    ordered = sorted(shares, reverse=True)
    if len(ordered) > _FEW and ordered[0] > _SPIKE * ordered[1] > 0:
        return ordered[1], True
    return (ordered[0] if ordered else 0.0) or 1.0, False


def _cut(y: int) -> Element:
    """Two strokes across a bar that is longer than drawn."""
    x = _WIDE - _VALUES - 14
    return h("path", {"class": "cut", "d": f"M{x} {y + 18}l6 -18M{x + 5} {y + 18}l6 -18"})


def _bar(y: int, high: int, wide: float) -> str:
    return f"M{_NAMES} {y}h{px(max(wide, 0.5))}v{high}H{_NAMES}z" if wide else ""


def _beyond(picture: Distributions) -> str:
    """Tails that the picture leaves out."""
    (below, above), (below_now, above_now) = picture.beyond
    parts = [
        f"{percent(before)} → {percent(now)} {where}"
        for before, now, where in ((below, below_now, "below"), (above, above_now, "above"))
        if max(before, now) >= _TAIL
    ]
    return " and ".join(parts)
