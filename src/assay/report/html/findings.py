"""What blocks, what is undecided, what warns: each with its reason and its reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.html.bars import interval_bar, scale
from assay.report.html.layout import section
from assay.report.html.markup import h
from assay.report.standing import VERDICTS, held_against, required, worst_first
from assay.report.text import correction_text, interval_text, key_text, level_text, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.core.measurement import Measurement
    from assay.core.result import Result, Verdict
    from assay.report.html.markup import Element, Node

_BAR = 352


def mark(verdict: Verdict) -> Element:
    """A verdict as symbol, word and tone."""
    symbol, word = VERDICTS[verdict]
    return h("span", {"class": f"chip tone-{verdict}"}, f"{symbol} {word}")


def about(result: Result) -> str:
    """What the check measures, and of what."""
    parameters = ", ".join(
        f"{name} {', '.join(map(str, value)) if isinstance(value, list | tuple) else value}"
        for name, value in result.params.items()
        if value not in (None, "", [], ())
    )
    on = f"{result.on} on {result.data}" if result.data else result.on
    against = f", against {result.against}" if result.against else ""
    where = f", where {result.where}" if result.where else ""
    held = f" ({parameters})" if parameters else ""
    return f"{result.metric}{held} of {on}{against}{where}"


def findings(
    results: Sequence[Result], anchors: Mapping[str, str], title: str, intro: str, section_id: str
) -> Element:
    """Results one below the other, each with its reason and its reading."""
    parts = [_finding(result, anchors.get(result.id)) for result in results]
    return section(section_id, title, intro, parts)


def _finding(result: Result, anchor: str | None) -> Element:
    more: Node = None
    if anchor:
        more = h("p", {"class": "more"}, h("a", {"href": f"#{anchor}"}, "Details"))
    said = h("p", None, result.description) if result.description else None
    words = h(
        "div",
        None,
        h("h3", None, mark(result.verdict), h("span", {"class": "id"}, result.id)),
        h("p", {"class": "about"}, about(result)),
        said,
        h("p", {"class": "reason"}, result.reason),
        more,
    )
    return h("article", {"class": "finding"}, words, _reading(result))


def _reading(result: Result) -> Node:
    """The measurement that decided, large; with its bar, its interval and what is required."""
    measurements = worst_first(result)
    if not measurements:
        return None
    first = measurements[0]
    where = h("p", {"class": "numbers"}, key_text(first.key)) if first.key else None
    others = len(measurements) - 1
    return h(
        "div",
        {"class": "reading"},
        where,
        h(
            "p",
            {"class": "value"},
            value_text(first),
            " ",
            h("span", {"class": "interval"}, interval_text(first)),
        ),
        interval_bar(
            first,
            held_against(result),
            required(result),
            scale([first], held_against(result), _BAR),
            labelled=True,
        ),
        h("p", {"class": "numbers"}, _basis(first, result)),
        h("p", {"class": "numbers"}, f"and {others} more, below") if others else None,
    )


def _basis(measurement: Measurement, result: Result) -> str:
    """``required: at least 0.9 · n = 2,380 · 95 % wilson``."""
    parts = [f"required: {required(result)}"] if result.criterion else []
    parts.append(f"n = {measurement.n:,}")
    sure = measurement.method
    if measurement.level is not None:
        sure = f"{level_text(measurement.level)} {measurement.method}"
        if result.correction is not None:
            sure += f", {correction_text(result.correction)}"
    return " · ".join([*parts, sure])
