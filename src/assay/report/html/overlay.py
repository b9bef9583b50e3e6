"""Two distributions over each other: small ones by the hundred, and one with its axes.

Drawn here and not by Vega: a report on two hundred columns has four hundred of these pictures. The
first side is a filled ground, the second a line upon it, so that they differ without colour.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from assay.report.html.markup import h

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.evidence import Distributions
    from assay.report.html.markup import Element, Node

_WIDE, _HIGH = 120.0, 30.0
_SPIKE = 5.0
_SMALL_NAMES = 12
_TOUCHING = 1e-6


class Cell(NamedTuple):
    """A cell on the drawing: from where to where, and the share of both sides."""

    left: float
    right: float
    shares: tuple[float, float]


class Height(NamedTuple):
    """How high a share stands: as a part of the greatest one, or as the root of that part."""

    greatest: float
    root: bool

    def of(self, share: float, room: float) -> float:
        """Pixels of a share; what is there at all has half a pixel."""
        part = min(1.0, share / self.greatest) if self.greatest else 0.0
        tall = room * (math.sqrt(part) if self.root else part)
        return max(tall, 0.5) if share else 0.0


def small(picture: Distributions) -> Element:
    """As large as a word; what it shows stands beside it in words."""
    several = placed(picture, _WIDE, most=_SMALL_NAMES)
    height = height_of(picture, several)
    box = {"viewBox": f"0 0 {_WIDE:g} {_HIGH:g}", "preserveAspectRatio": "none"}
    return h(
        "svg",
        {"class": "overlay spark", **box, "aria-hidden": "true"},
        drawn(several, height, _HIGH),
    )


def height_of(picture: Distributions, cells: Sequence[Cell]) -> Height:
    """The scale of the heights.

    Where one cell towers over the rest of a histogram, heights are roots of shares (a rootogram,
    Tukey 1977, Exploratory Data Analysis): the rest would be a flat line beneath it.
    """
    tallest = sorted(max(cell.shares) for cell in cells if any(cell.shares))
    if not tallest:
        return Height(0.0, root=False)
    middle = tallest[len(tallest) // 2]
    spiky = bool(picture.edges) and len(tallest) > 3 and tallest[-1] > _SPIKE * middle
    return Height(tallest[-1], root=spiky)


def placed(picture: Distributions, width: float, *, most: int | None = None) -> list[Cell]:
    """The cells from left to right: missing values apart, then the values.

    Args:
        most: of cells with names, so many.
    """
    one, two = picture.shares
    pairs = list(zip(one, two, strict=True))[: most if picture.names else None]
    named = bool(picture.names)
    missing = any(picture.missing)
    slots = len(pairs) + (2 if missing and named else 0)
    apart = width / 14 if missing and not named else 0.0
    cells = [Cell(0.0, apart * 0.6, picture.missing)] if apart else []
    step = (width - apart) / max(slots, 1)
    at = apart
    if missing and named:
        cells.append(Cell(0.0, step * 0.8, picture.missing))
        at = 1.5 * step
    gap = step * 0.2 if named else 0.0
    for i, (first, second) in enumerate(pairs):
        cells.append(Cell(at + i * step, at + (i + 1) * step - gap, (first, second)))
    return cells


def drawn(cells: Sequence[Cell], height: Height, floor: float, *, top: float = 1.0) -> Node:
    """The first side as a ground, the second as a line upon it."""
    paths = [_steps(cells, side, height, floor, floor - top) for side in (0, 1)]
    return [
        h("path", {"class": name, "d": path})
        for name, path in zip(("first", "second"), paths, strict=True)
        if path
    ]


def _steps(cells: Sequence[Cell], side: int, height: Height, floor: float, room: float) -> str:
    """Up from the floor, from cell to cell, and down again; nothing where there is no share."""
    parts: list[str] = []
    ends = [*(cell.left for cell in cells[1:]), math.inf]
    up = False  # whether the line is above the floor where the last cell ended
    at, wide = "", 0.0  # how high the line is, and how far it has gone there
    for cell, after in zip(cells, ends, strict=True):
        share = cell.shares[side]
        if share:
            start = "" if up else f"M{px(cell.left)} {px(floor)}"
            level = px(floor - height.of(share, room))
            step = round(cell.right, 1) - round(cell.left, 1)
            if up and level == at:
                wide += step
                parts[-1] = f"h{px(wide)}"
            else:
                at, wide = level, step
                parts += [f"{start}V{level}", f"h{px(wide)}"]
        if up and not share:
            parts.append(f"V{px(floor)}")
        up = share > 0 and abs(after - cell.right) < _TOUCHING
        if share and not up:
            parts.append(f"V{px(floor)}")
    return "".join(parts)


def px(value: float) -> str:
    """Pixels to a tenth."""
    return f"{round(value, 1):g}"
