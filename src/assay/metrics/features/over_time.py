"""Shares and means by period: where they changed, as a table and a picture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from assay.core.evidence import Chart, Table, Text
from assay.core.labels import label_text
from assay.inference.means import student_t
from assay.inference.proportions import wilson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.evidence import Cell, Evidence
    from assay.states import FrequenciesState, MomentsState

_SHOWN_PERIODS = 60
_SHOWN_CLASSES = 5
MONDAY = 4 * 86_400
"""Seconds from the start of 1970, a Thursday, to the first Monday."""
_LEVEL = 0.95


class Point(NamedTuple):
    """A class's share, or a mean, in one period, with its interval; and that of the others."""

    period: int
    what: str
    rows: int
    value: float
    low: float
    high: float
    rest: float


def shares(state: FrequenciesState) -> list[Point]:
    """The shares of the most frequent classes in every period; keys are (value, period)."""
    counts: dict[str, dict[int, int]] = {}
    totals: dict[int, int] = {}
    for (value, period), rows in state.counts:
        name, at = label_text(value), int(float(period or 0))
        counts.setdefault(name, {})[at] = counts.get(name, {}).get(at, 0) + rows
        totals[at] = totals.get(at, 0) + rows
    n = sum(totals.values())
    frequent = sorted(counts, key=lambda name: (-sum(counts[name].values()), name))
    points = []
    for name in frequent[:_SHOWN_CLASSES]:
        every = sum(counts[name].values())
        for at, rows in sorted(totals.items()):
            k = counts[name].get(at, 0)
            low, high, _ = wilson(k, rows, _LEVEL)
            rest = (every - k) / (n - rows) if n > rows else 0.0
            points.append(Point(at, name, rows, k / rows, low, high, rest))
    return points


def means(groups: Mapping[int, MomentsState], column: str) -> list[Point]:
    """The mean of a column in every period."""
    n = sum(g.n for g in groups.values())
    total = sum(g.n * g.mean for g in groups.values())
    points = []
    for at, g in groups.items():
        low = high = g.mean
        if g.n > 1:
            low, high, _ = student_t(g.mean, g.variance, g.n, _LEVEL)
        rest = (total - g.n * g.mean) / (n - g.n) if n > g.n else g.mean
        points.append(Point(at, column, g.n, g.mean, low, high, rest))
    return points


def _start(period: int, days: int) -> str:
    """The day on which a period starts, ISO 8601."""
    first = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=MONDAY)
    return (first + timedelta(days=period * days)).date().isoformat()


def over_time(points: list[Point], figure: str, *, column: str, days: int) -> tuple[Evidence, ...]:
    """Where it changed most; a table and a picture; fields ``start``, ``value``, ``what``."""
    most = max(points, key=lambda p: (abs(p.value - p.rest), p.rows))
    last = sorted({p.period for p in points})[-_SHOWN_PERIODS:]
    shown = [p for p in points if p.period >= last[0]]
    of = f"the share of {most.what!r}" if figure == "share" else f"the mean of {column}"
    text = (
        f"{of[0].upper()}{of[1:]} is {most.value:.4g} [{most.low:.4g}, {most.high:.4g}] in the "
        f"{days} days from {_start(most.period, days)} ({most.rows:,} rows), and {most.rest:.4g} "
        "in the others."
    )
    rows: list[list[Cell]] = [
        [_start(p.period, days), p.what, p.rows, *(float(f"{x:.4g}") for x in p[3:6])]
        for p in shown
    ]
    values = [{"start": r[0], "what": r[1], "value": r[3], "low": r[4], "high": r[5]} for r in rows]
    x = {"field": "start", "type": "temporal", "title": None}
    y = {"type": "quantitative", "title": figure, "scale": {"zero": False}}
    colour = {"field": "what", "type": "nominal", "title": None}
    return (
        Text(title="Greatest change", text=text),
        Chart(
            title=f"{figure.capitalize()} of {column} over time",
            alt=f"{figure.capitalize()} of {column} by period of {days} days, with 95 % intervals. "
            f"{text}",
            spec={
                "data": {"values": values},
                "width": 480,
                "height": 220,
                "encoding": {"x": x, "color": colour},
                "layer": [
                    {
                        "mark": {"type": "line", "point": True},
                        "encoding": {"y": {**y, "field": "value"}},
                    },
                    {
                        "mark": {"type": "rule"},
                        "encoding": {"y": {**y, "field": "low"}, "y2": {"field": "high"}},
                    },
                ],
            },
        ),
        Table(
            title=f"{figure.capitalize()} by period, the last {len(last)} of "
            f"{len({p.period for p in points}):,}",
            columns=[
                "from",
                "value" if figure == "share" else "column",
                "rows",
                figure,
                "low",
                "high",
            ],
            rows=rows,
        ),
    )
