"""The top of the page: may it ship, why, and how the checks came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.html.markup import h
from assay.report.standing import DECISIONS, VERDICTS, decision_reason
from assay.report.text import counted, duration_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.result import Run
    from assay.report.html.markup import Element, Node

_TALLY_WIDTH = 1000


def decision(run: Run, contents: Sequence[tuple[str, str]]) -> Element:
    """The decision; ``contents`` are (id, title) of the sections below."""
    symbol, word, meaning = DECISIONS[run.decision]
    interrupted = (
        " The run was interrupted: not every check has its result."
        if run.run.status == "interrupted"
        else ""
    )
    started = h("time", {"datetime": run.started}, run.started.replace("T", " ")[:19])
    return h(
        "section",
        {"class": f"decision tone-{run.decision}", "id": "decision", "aria-labelledby": "ships"},
        h("h1", {"id": "ships"}, f"{symbol} {word}"),
        h("p", {"class": "lede"}, f"{meaning}{interrupted} Exit code {run.run.exit_code}."),
        h("p", {"class": "why"}, decision_reason(run)),
        _tally(run),
        h(
            "p",
            {"class": "facts"},
            h("span", None, counted(len(run.results), "check")),
            h("span", None, f"took {duration_text(run.duration_s)}"),
            h("span", None, "started ", started),
            h("span", None, "run ", h("span", {"class": "id"}, run.run.name or run.run.id)),
        ),
        h(
            "nav",
            {"class": "contents", "aria-label": "Sections"},
            h("ul", None, [h("li", None, h("a", {"href": f"#{i}"}, t)) for i, t in contents]),
        ),
    )


def _tally(run: Run) -> Node:
    """Verdicts as shares of one bar, worst first, with their counts in words."""
    counts = run.counts()
    total = len(run.results)
    if not total:
        return None
    parts: list[Element] = []
    words: list[Element] = []
    x = 0.0
    for verdict, (symbol, word) in VERDICTS.items():
        n = counts[verdict]
        if not n:
            continue
        width = _TALLY_WIDTH * n / total
        tone, place = f"tone-{verdict}", round(x, 1)
        size = round(max(1.0, width - 3), 1)
        parts.append(h("rect", {"class": tone, "x": place, "y": 0, "width": size, "height": 8}))
        mark = h("span", {"class": f"mark tone-{verdict}"}, symbol)
        words.append(h("li", None, mark, " ", h("b", None, str(n)), f" {word}"))
        x += width
    view = {"viewBox": f"0 0 {_TALLY_WIDTH} 8", "preserveAspectRatio": "none"}
    bar = h("svg", {**view, "aria-hidden": "true"}, parts)
    return h("div", {"class": "tally"}, bar, h("ul", None, words))
