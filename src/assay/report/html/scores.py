"""Data quality by dimension: the scores of this run as bars, and of earlier ones as a chart."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

from assay.core.evidence import Chart
from assay.report.html.layout import head_row, scrolling_table, section
from assay.report.html.markup import h
from assay.report.text import counted, score_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assay.core.result import Run, Score
    from assay.history.records import ScoredRun
    from assay.report.html.charts import Charts
    from assay.report.html.markup import Element, Node

OVERALL = "overall"
_BAR = 240
_INTRO = (
    "From 0 to 1: the weighted mean over the checks of a dimension, each counted by the share of"
    " good rows that it measures, or as 1 or 0. A summary, not a verdict: it decides nothing."
)


def scores(
    run: Run, earlier: Sequence[ScoredRun], history: Chart | None, pictures: Charts
) -> Element:
    """The section; ``history`` is what :func:`score_history` gave, drawn with the other charts."""
    before = {s.dimension: s for s in earlier[-1].scores} if earlier else {}
    titles = [("Dimension", None), ("", None), ("Score", "number"), ("Checks", "number")]
    if before:
        titles.append(("Since the run before", "number"))
    rows = [_row(score, before.get(score.dimension), compared=bool(before)) for score in run.scores]
    chart: Node = None
    if history is not None:
        chart = h("div", {"class": "charts"}, pictures.figure(history, prefix="scores-"))
    return section(
        "scores",
        "Data quality",
        _INTRO,
        scrolling_table("Scores", head_row(titles), rows, kind="scores"),
        chart,
    )


def _row(score: Score, before: Score | None, *, compared: bool) -> Element:
    change: Node = None
    if compared:
        change = h("td", {"class": "number"}, "–" if before is None else _change(score, before))
    return h(
        "tr",
        {"class": OVERALL if score.dimension is None else None},
        h("th", {"scope": "row"}, _name(score)),
        h("td", None, _bar(score)),
        h("td", {"class": "number"}, score_text(score.value)),
        h("td", {"class": "number"}, f"{score.checks:,}"),
        change,
    )


def _bar(score: Score) -> Element:
    """The score as a part of a bar; its figure stands beside it."""
    filled = round(_BAR * score.value, 1)
    return h(
        "svg",
        {"class": "score", "viewBox": f"0 0 {_BAR} 12", "preserveAspectRatio": "none",
         "aria-hidden": "true"},
        h("rect", {"class": "track", "x": 0, "y": 0, "width": _BAR, "height": 12}),
        h("rect", {"class": "fill", "x": 0, "y": 0, "width": filled, "height": 12}),
    )  # fmt: skip


def _change(now: Score, before: Score) -> str:
    difference = now.value - before.value
    if abs(difference) < 0.0005:
        return "=" if not difference else "≈ the same"
    return f"{'+' if difference > 0 else '−'}{abs(difference):.3f}"


def score_history(run: Run, earlier: Sequence[ScoredRun]) -> Chart | None:
    """Small charts side by side, one for each dimension; None without an earlier run."""
    if not run.scores or not earlier:
        return None
    runs = [*((e.started, e.scores) for e in earlier), (run.started, run.scores)]
    values = [
        {"started": started, "dimension": _name(score), "score": round(score.value, 6)}
        for started, several in runs
        for score in several
    ]
    names = list(dict.fromkeys(_name(s) for s in _in_order(s for _, many in runs for s in many)))
    first = next((s for s in earlier[0].scores if s.dimension is None), run.scores[0])
    return Chart(
        title="Scores over time",
        alt=(
            f"The scores of the last {counted(len(runs), 'run')} of this suite. Overall, the first"
            f" has {score_text(first.value)} and this one {score_text(run.scores[0].value)}."
        ),
        spec=_spec(values, names, _clock(runs[0][0], runs[-1][0])),
    )


def _clock(first: str, last: str) -> str:
    """How the axis writes its times: by day, or by time within one day."""
    span = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    if span.days >= 2:
        return "%Y-%m-%d"
    return "%H:%M" if span.total_seconds() > 600 else "%H:%M:%S"


def _spec(values: list[dict[str, Any]], names: list[str], clock: str) -> dict[str, Any]:
    least = min(value["score"] for value in values)
    low = max(0.0, math.floor((least - 0.02) * 20) / 20)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": values},
        "facet": {"field": "dimension", "type": "nominal", "sort": names, "title": None},
        "columns": min(3, len(names)),
        "resolve": {"axis": {"x": "independent", "y": "independent"}},
        "spec": {
            "width": 260,
            "height": 80,
            "mark": {"type": "line", "point": True, "clip": False},
            "encoding": {
                "x": {
                    "field": "started",
                    "type": "temporal",
                    "scale": {"type": "utc"},
                    "axis": {
                        "title": None,
                        "tickCount": 3,
                        "grid": False,
                        "labelOverlap": True,
                        "format": clock,
                    },
                },
                "y": {
                    "field": "score",
                    "type": "quantitative",
                    "scale": {"domain": [low, 1], "zero": False},
                    "axis": {"title": None, "tickCount": 3},
                },
            },
        },
    }


def _in_order(scores: Iterable[Score]) -> list[Score]:
    """The overall one first, the others as the first run has them."""
    return sorted(scores, key=lambda score: score.dimension is not None)


def _name(score: Score) -> str:
    return score.dimension or OVERALL
