"""A measurement drawn as an interval against its criterion: small inline SVG in CSS classes.

The shaded zone is where the criterion is met. An interval wholly inside it passes, wholly outside
fails, across its edge is inconclusive: the picture is the rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.criterion import NoWorseThan, OneOf
from assay.report.html.markup import h
from assay.report.standing import decided
from assay.report.text import figure, interval_text, key_text, value_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assay.core.criterion import Criterion
    from assay.core.measurement import Measurement
    from assay.report.html.markup import Element, Node

_MARGIN = 10.0


@dataclass(frozen=True, slots=True)
class Scale:
    """Values ``low`` to ``high`` on ``width`` pixels; what lies outside ends at the edge."""

    low: float
    high: float
    width: int

    def x(self, value: float) -> float:
        """Position of a value in pixels, to a tenth."""
        share = (value - self.low) / (self.high - self.low)
        inner = self.width - 2 * _MARGIN
        return round(_MARGIN + inner * min(1.0, max(0.0, share)), 1)


def scale(measurements: Iterable[Measurement], criterion: Criterion | None, width: int) -> Scale:
    """A scale that holds all intervals and the edges of the criterion."""
    marks = [*_edges(criterion)]
    for m in measurements:
        marks += [v for v in (m.value, m.low, m.high) if v is not None]
    low, high = min(marks, default=0.0), max(marks, default=1.0)
    room = (high - low) * 0.12 or abs(high) * 0.05 or 1.0
    return Scale(low - room, high + room, width)


def interval_bar(
    measurement: Measurement,
    criterion: Criterion | None,
    criterion_text: str,
    on: Scale,
    *,
    labelled: bool = False,
) -> Element:
    """The drawing; ``labelled`` writes the criterion's edges beneath it."""
    height = 40 if labelled else 24
    middle = 12
    parts: list[Node] = [
        _track(on, middle),
        _zone(criterion, on),
        _whisker(measurement, on, middle),
    ]
    parts.append(
        h("circle", {"class": "dot", "cx": on.x(measurement.value), "cy": middle, "r": 4.5})
    )
    if labelled:
        parts.append(_labels(criterion, on, height))
    stands = decided(measurement, criterion)
    return h(
        "svg",
        {
            "class": f"bar {stands or 'open'}",
            "viewBox": f"0 0 {on.width} {height}",
            "width": on.width,
            "height": height,
            "role": "img",
            "aria-label": _spoken(measurement, criterion_text),
        },
        parts,
    )


def _spoken(measurement: Measurement, criterion_text: str) -> str:
    where = f"{key_text(measurement.key)}: " if measurement.key else ""
    required = f"; required: {criterion_text}" if criterion_text else ""
    return f"{where}{value_text(measurement)}, interval {interval_text(measurement)}{required}"


def _edges(criterion: Criterion | None) -> list[float]:
    """Finite values at which the criterion begins or ends to be met."""
    if criterion is None or isinstance(criterion, NoWorseThan):
        return []
    if isinstance(criterion, OneOf):
        return list(criterion.values)
    return [bound for bound in dict.fromkeys(criterion.bounds()) if math.isfinite(bound)]


def _track(on: Scale, y: float) -> Element:
    return h("path", {"class": "track", "d": f"M0 {y}H{on.width}"})


def _zone(criterion: Criterion | None, on: Scale) -> Node:
    """Where the criterion is met, and a line at each of its edges."""
    edges = [h("path", {"class": "edge", "d": f"M{on.x(e):g} 1V23"}) for e in _edges(criterion)]
    if criterion is None or isinstance(criterion, NoWorseThan | OneOf):
        return edges
    lower, upper = criterion.bounds()
    left = 0.0 if math.isinf(lower) else on.x(lower)
    right = float(on.width) if math.isinf(upper) else on.x(upper)
    width = round(right - left, 1)
    return h("rect", {"class": "zone", "x": left, "y": 3, "width": width, "height": 18}), edges


def _whisker(measurement: Measurement, on: Scale, y: float) -> Node:
    """The interval with its end caps; an arrow where it is unbounded."""
    if measurement.low == measurement.high and measurement.low is not None:
        return None
    left = 2.0 if measurement.low is None else on.x(measurement.low)
    right = on.width - 2.0 if measurement.high is None else on.x(measurement.high)
    line = h("line", {"class": "whisker", "x1": left, "x2": right, "y1": y, "y2": y})
    ends = _end(left, y, -1, measurement.low) + _end(right, y, 1, measurement.high)
    return line, h("path", {"class": "cap", "d": ends})


def _end(x: float, y: float, side: int, bound: float | None) -> str:
    if bound is None:
        return f"M{x - side * 6:g} {y - 5:g}L{x:g} {y:g}l{-side * 6} 5"
    return f"M{x:g} {y - 5:g}v10"


def _labels(criterion: Criterion | None, on: Scale, height: int) -> Node:
    """The figures at the edges, kept inside the picture and apart from one another."""
    labels: list[Element] = []
    free = 0.0
    for edge in sorted(_edges(criterion)):
        text = figure(edge)
        half = 3.6 * len(text)
        x = min(max(on.x(edge), half), on.width - half)
        if x - half >= free:
            labels.append(
                h("text", {"x": round(x, 1), "y": height - 3, "text-anchor": "middle"}, text)
            )
            free = x + half + 6
    return labels
