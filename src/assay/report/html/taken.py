"""Time, tokens and money of language models' answers: a table, and how each is distributed.

A line rises to the share of answers that took at most so much (the empirical distribution): no
bins are chosen, and a quantile is read off where the line crosses its height.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from assay.report.html.layout import head_row, scrolling_table, section
from assay.report.html.markup import h
from assay.report.html.ticks import Tick, numbers
from assay.report.text import figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.transcript import Taken
    from assay.report.html.markup import Element, Node

_WIDE, _HIGH, _LEFT, _FLOOR, _TOP = 430.0, 210.0, 44.0, 172.0, 12.0
_POINTS = 160
_SERIES = 7
_SPREAD = 50
_MARKS = (0.5, 0.95)

Named = tuple[str, "Taken"]


class _Picture(NamedTuple):
    """One distribution of several models: its title, its unit, and the ascending values of each."""

    title: str
    unit: str
    lines: list[tuple[str, tuple[float, ...]]]


def taken(models: Sequence[Named]) -> Element | None:
    """The section; None where nothing was asked in this run."""
    known = [(name, one) for name, one in models if one.answers or one.cached or one.failed]
    if not known:
        return None
    fields = (
        ("Time of an answer", "s", "seconds"),
        ("Time to the first token", "s", "first_token_s"),
        ("Tokens of the prompt", "tokens", "prompt_tokens"),
        ("Tokens of the answer", "tokens", "completion_tokens"),
    )
    pictures = [
        _Picture(title, unit, [(n, v) for n, one in known if len(v := getattr(one, field)) > 1])
        for title, unit, field in fields
    ]
    return section(
        "taken",
        "Time, tokens and money",
        "What the calls took that were made in this run. Answers from the cache took nothing.",
        _table(known),
        h("div", {"class": "charts"}, [_figure(p) for p in pictures if _varies(p)]),
    )


def _varies(picture: _Picture) -> bool:
    """Whether there is anything to be seen: one and the same number of all is no picture."""
    return len({end for _, values in picture.lines for end in (values[0], values[-1])}) > 1


def quantile(ascending: Sequence[float], p: float) -> float:
    """The smallest value that at least a share ``p`` takes at most (Hyndman & Fan 1996, type 1)."""
    return ascending[max(0, math.ceil(p * len(ascending) - 1e-9) - 1)]


def _table(models: Sequence[Named]) -> Element:
    titles = (
        ("Answers of", None), ("Answers", "number"), ("Cached", "number"),
        ("Failed", "number"), ("Time p50", "number"), ("p95", "number"),
        ("First token p95", "number"), ("Tokens in", "number"),
        ("Tokens out", "number"), ("Cost", "number"), ("Per 1,000", "number"),
    )  # fmt: skip
    return scrolling_table("Per model", head_row(titles), [_row(name, one) for name, one in models])


def _row(name: str, one: Taken) -> Element:
    each = None if one.cost is None or not one.answers else one.cost / one.answers * 1000
    first = one.first_token_s
    cells = (
        f"{one.answers:,}", f"{one.cached:,}", f"{one.failed:,}",
        _time(quantile(one.seconds, 0.5) if one.seconds else None),
        _time(quantile(one.seconds, 0.95) if one.seconds else None),
        _time(quantile(first, 0.95) if first else None),
        _sum(one.prompt_tokens), _sum(one.completion_tokens),
        "–" if one.cost is None else _money(one.cost), "–" if each is None else _money(each),
    )  # fmt: skip
    return h(
        "tr", None, h("th", {"scope": "row"}, name),
        [h("td", {"class": "number"}, cell) for cell in cells],
    )  # fmt: skip


def _time(seconds: float | None) -> str:
    return "–" if seconds is None else f"{float(f'{seconds:.3g}'):g} s"


def _money(value: float) -> str:
    return figure(float(f"{value:.4g}"))


def _sum(values: Sequence[float]) -> str:
    return f"{round(math.fsum(values)):,}" if values else "–"


class _Axis(NamedTuple):
    """Values from ``low`` to ``high`` on the width of a picture."""

    low: float
    high: float
    log: bool

    def x(self, value: float) -> float:
        """Pixels."""
        low, high, at = self.low, self.high, value
        if self.log:
            low, high, at = (math.log10(max(v, self.low)) for v in (low, high, value))
        share = (at - low) / (high - low) if high > low else 0.5
        return round(_LEFT + share * (_WIDE - _LEFT - 12), 1)

    def ticks(self) -> list[Tick]:
        """Round values; on a logarithmic scale, powers of ten."""
        if not self.log:
            return [t for t in numbers(self.low, self.high, most=5) if t.at >= self.low]
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        step = max(1, math.ceil((last - first) / 5))
        return [Tick(10.0**k, figure(10.0**k)) for k in range(first, last + 1, step)]


def _axis(lines: Sequence[tuple[str, tuple[float, ...]]]) -> _Axis:
    high = max(values[-1] for _, values in lines)
    least = min(values[0] for _, values in lines)
    # From the least to the greatest is a long way: on a straight scale all would stand at the left.
    if least > 0 and high / least > _SPREAD:
        return _Axis(least, high, log=True)
    return _Axis(0.0, high or 1.0, log=False)


def _figure(picture: _Picture) -> Element:
    axis = _axis(picture.lines)
    drawn = [
        _line(values, axis, number % _SERIES + 1)
        for number, (_, values) in enumerate(picture.lines)
    ]
    said = "; ".join(
        f"{name}: half take at most {_with(quantile(v, 0.5), picture.unit)}, 95 % at most "
        f"{_with(quantile(v, 0.95), picture.unit)}"
        for name, v in picture.lines
    )
    named = {"role": "img", "aria-label": f"{picture.title}. {said}"}
    size = {"viewBox": f"0 0 {_WIDE:g} {_HIGH:g}", "width": f"{_WIDE:g}", "height": f"{_HIGH:g}"}
    legend = h(
        "ul",
        {"class": "legend"},
        [
            h("li", None, _key(number % _SERIES + 1), " ", name)
            for number, (name, _) in enumerate(picture.lines)
        ],
    )
    scale = f", {picture.unit}" + (", logarithmic scale" if axis.log else "")
    return h(
        "figure",
        {"class": "chart rises"},
        h("svg", {**size, **named}, _frame(axis), drawn),
        legend,
        h("figcaption", None, h("strong", None, picture.title), f"{scale}. {said}."),
    )


def _with(value: float, unit: str) -> str:
    return _time(value) if unit == "s" else figure(value)


def _y(share: float) -> float:
    return round(_FLOOR - share * (_FLOOR - _TOP), 1)


def _frame(axis: _Axis) -> Node:
    """The grid: heights of the median and of 95 %, and round values below."""
    heights = [(0.0, "0"), (0.5, "50 %"), (0.95, "95 %")]
    across = [
        (
            h("line", {"class": "grid", "x1": _LEFT, "x2": _WIDE - 12, "y1": _y(s), "y2": _y(s)}),
            h("text", {"x": _LEFT - 6, "y": _y(s) + 4, "text-anchor": "end"}, text),
        )
        for s, text in heights
    ]
    below = [
        h("text", {"x": axis.x(t.at), "y": _FLOOR + 18, "text-anchor": "middle"}, t.text)
        for t in axis.ticks()
    ]
    return across, below


def _line(values: Sequence[float], axis: _Axis, series: int) -> Node:
    """The steps of one model, and a dot at its median and at its 95 %."""
    n = len(values)
    at = range(n) if n <= _POINTS else [round(i * (n - 1) / (_POINTS - 1)) for i in range(_POINTS)]
    path = f"M{axis.x(values[0])} {_y(0)}"
    for i in at:
        path += f"H{axis.x(values[i])}V{_y((i + 1) / n)}"
    dots = [
        h("circle", {"class": f"dot series-{series}", "cx": axis.x(quantile(values, p)),
                     "cy": _y(p), "r": 4})
        for p in _MARKS
    ]  # fmt: skip
    return h("path", {"class": f"rise series-{series}", "d": path}), dots


def _key(series: int) -> Element:
    line = h("line", {"class": f"rise series-{series}", "x1": 0, "x2": 28, "y1": 5, "y2": 5})
    return h(
        "svg", {"viewBox": "0 0 28 10", "width": 28, "height": 10, "aria-hidden": "true"}, line
    )


CSS = (
    """
.rises text{fill:var(--muted);font-size:11px}
.rises .grid{stroke:var(--line)}
.rises .rise{fill:none;stroke:var(--own);stroke-width:2}
.rises .dot{fill:var(--own);stroke:var(--ground);stroke-width:1.5}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.8125rem;margin:0}
figure.rises .legend svg{display:inline-block;vertical-align:middle}
section.taken .charts{margin-top:1.75rem}
"""
    + "".join(f".rises .series-{i}{{--own:var(--series-{i})}}\n" for i in range(1, _SERIES + 1))
    + "".join(
        f".rises .rise.series-{i}{{stroke-dasharray:{dashes}}}\n"
        for i, dashes in ((2, "7 3"), (3, "2 3"), (4, "9 3 2 3"), (5, "4 4"), (6, "12 4"))
    )
)
