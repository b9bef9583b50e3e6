"""Measure how often intervals cover and gates err: ``python scripts/calibration.py``.

Simulates every world of ``tests/calibration`` (the tests run a smaller version of the same) and
writes ``docs/calibration.md`` and ``docs/images/calibration.svg``. With 2,000 runs a world it takes
a minute or two on two cores; ``--runs 10000`` is for a night. Slow worlds are run less often: the
page says how often.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # some library installs a package `tests`, too; ours is meant

import numpy as np  # noqa: E402
import scipy  # noqa: E402
from tests.calibration.gate import ALPHA, ERRORS, Error  # noqa: E402
from tests.calibration.worlds import every_world  # noqa: E402
from tests.calibration.worlds.world import COVERS, Seen, World  # noqa: E402

from assay.inference.proportions import wilson  # noqa: E402
from assay.report.html.drawing import draw  # noqa: E402

PAGE = ROOT / "docs" / "calibration.md"
PICTURE = ROOT / "docs" / "images" / "calibration.svg"
INSIDE, ABOVE, BELOW = "within 93.5–96.5 %", "above 96.5 %", "below 93.5 %"
# Okabe & Ito (2008): told apart by all kinds of colour vision; the shapes say it again.
MARKS = {INSIDE: ("#0072B2", "circle"), ABOVE: ("#6E6E6E", "square"),
         BELOW: ("#D55E00", "triangle-down")}  # fmt: skip
HEAD = """# Calibration

A gate is as good as its error rates. This page shows them: how often intervals hold the true value
in worlds where that is known, and how often verdicts are wrong. It is written by
`python scripts/calibration.py`, from simulations of the very functions that judge your suite; a
smaller version of each runs in the tests, with limits from binomial error, so an interval that
breaks is caught.

![For each family of methods, the coverage of nominal 95 % intervals in every world, beside the band
from 93.5 to 96.5 %](images/calibration.svg)

**How to read the tables.** All intervals are nominal 95 %. *Coverage* is the share of runs in which
the interval held the true value, with its own 95 % interval from the number of runs. *Low* and
*high* are the shares of runs in which the true value lay below, or above, the interval: a one-sided
criterion such as `at_least` errs at one of these rates. *Width* is the median width over the range
of the middle 95 % of the estimates: 1 is what a known, symmetric distribution would need, and a
method of width 2 asks for about four times the rows. In peeking worlds the interval is what all
looks leave, and has no such ideal. A coverage is called *below* or *above* where it, as measured,
lies outside 93.5–96.5 %.
"""
GATE = """## The gate

Whole decisions, by the functions that the runner calls. The error rate that is stated is
`false_alarm`, here 5 %; of one check with one bound, half of it on each side, and up to one percent
more where counts are whole numbers. Rows without a limit show what happens without the procedure.

| wrong decision | where | rate | allowed | |
| --- | --- | --- | --- | --- |
"""


class Measured(NamedTuple):
    """A world and what was seen in it."""

    world: World
    seen: Seen

    @property
    def verdict(self) -> str:
        """In the band, or on which side of it."""
        coverage = self.seen.coverage
        return BELOW if coverage < COVERS[0] else ABOVE if coverage > COVERS[1] else INSIDE


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, draw and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=2_000, help="of most worlds (2000)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    given = parser.parse_args(arguments)
    if given.runs < 100 or given.jobs < 1:
        parser.error("--runs is at least 100, and --jobs at least 1")
    start = time.perf_counter()
    with ProcessPoolExecutor(given.jobs) as pool:
        # the slow ones first, so that no process ends long before the others
        rates = [pool.submit(_error, i, given.runs) for i in range(len(ERRORS))]
        worlds = every_world()
        order = sorted(range(len(worlds)), key=lambda i: -worlds[i].effort)
        seen = {i: pool.submit(_world, i, given.runs) for i in order}
        measured = [Measured(world, seen[i].result()) for i, world in enumerate(worlds)]
        errors = [(error, *rate.result()) for error, rate in zip(ERRORS, rates, strict=True)]
    seconds = time.perf_counter() - start
    PICTURE.write_text(picture(measured), encoding="utf-8")
    PAGE.write_text(page(measured, errors, runs=given.runs, seconds=seconds), encoding="utf-8")
    short = [m for m in measured if m.verdict == BELOW]
    print(f"{len(measured)} worlds in {seconds:.0f} s, {len(short)} below {COVERS[0]:.1%}")
    strange = [m for m in measured if not m.world.as_declared(m.seen)]
    strange_errors = [e for e, rate, n in errors if e.most is not None and not e.allowed(rate, n)]
    for odd in [*(m.world for m in strange), *strange_errors]:
        print(f"Not as declared: {odd}")
    return 1 if strange or strange_errors else 0


def _world(place: int, runs: int) -> Seen:
    return every_world()[place].see(runs)


def _error(place: int, runs: int) -> tuple[float, int]:
    return ERRORS[place].see(runs)


def page(
    measured: Sequence[Measured],
    errors: Sequence[tuple[Error, float, int]],
    *,
    runs: int,
    seconds: float,
) -> str:
    """The whole page."""
    made = (
        f"{len(measured)} worlds with up to {runs:,} runs each, in {seconds:,.0f} seconds. Python "
        f"{platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}."
    )
    parts = [HEAD, made, "", failures(measured)]
    for family, group in groupby(measured, lambda m: m.world.family):
        parts += [f"## {family}", "", *table(list(group)), ""]
    rows = (gate_row(*error) for error in errors)
    return "\n".join([*parts, GATE + "\n".join(rows), ""])


def failures(measured: Sequence[Measured]) -> str:
    """What falls short, first: nobody should have to look for it."""
    short = sorted((m for m in measured if m.verdict == BELOW), key=lambda m: m.seen.coverage)
    counts = {kind: sum(m.verdict == kind for m in measured) for kind in (INSIDE, ABOVE)}
    lines = [
        "## What is not covered", "",
        f"Of {len(measured)} worlds, {counts[INSIDE]} lie within 93.5–96.5 %, {counts[ABOVE]} "
        "above (the interval is wider",
        f"than need be: safe, and asks for more rows), and {len(short)} below. There, an interval "
        "misses more often",
        "than it says:", "",
        "| coverage | method | world | why, and what to do |", "| --- | --- | --- | --- |",
    ]  # fmt: skip
    for world, seen in short:
        where = f"{world.name}, n = {world.n}"
        lines.append(f"| {percent(seen.coverage)} | {world.method} | {where} | {world.why} |")
    return "\n".join([*lines, ""])


def table(group: Sequence[Measured]) -> list[str]:
    """One family of methods."""
    lines = [
        "| method | world | n | runs | coverage | low | high | width | verdict |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for m in group:
        world, seen = m
        low, high, _ = wilson(seen.held, seen.runs, 0.95)
        width = "–" if math.isnan(seen.width) or "peeking" in world.name else f"{seen.width:.2f}"
        verdict = f"**{m.verdict}**" if m.verdict == BELOW else m.verdict
        why = f": {world.why}" if world.why else ""
        cells = (
            world.method, world.name, world.n, f"{seen.runs:,}",
            f"{percent(seen.coverage)} ({percent(low)} to {percent(high)})",
            percent(seen.low / seen.runs), percent(seen.high / seen.runs), width, verdict + why,
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def gate_row(error: Error, rate: float, runs: int) -> str:
    """One kind of wrong decision."""
    low, high, _ = wilson(rate * runs, runs, 0.95)
    seen = f"{percent(rate)} ({percent(low)} to {percent(high)}; {runs:,} runs)"
    if error.most is None:
        return f"| {error.what} | {error.where} | {seen} | – | what the procedures are for |"
    held = "held" if low <= error.most else "**not held**"
    if error.why:
        held = f"**above {percent(ALPHA / 2)}**: {error.why}"
    return f"| {error.what} | {error.where} | {seen} | {percent(error.most)} | {held} |"


def percent(share: float) -> str:
    """A share for a person: ``94.9 %``."""
    return f"{100 * share:.1f} %"


def picture(measured: Sequence[Measured]) -> str:
    """Coverage of every world, by family, beside the band; as SVG."""
    families = list(dict.fromkeys(m.world.family for m in measured))
    places = dict.fromkeys(families, 0)
    rows = []
    for m in measured:
        place = places[m.world.family]
        places[m.world.family] += 1
        rows.append(
            {"family": m.world.family, "coverage": 100 * m.seen.coverage, "kind": m.verdict,
             "at": (place * 7) % 11}
        )  # fmt: skip
    (drawn,) = draw([json.dumps(specification(rows, families))], json.dumps(CONFIG))
    if drawn.error:
        raise SystemExit(drawn.error)
    return drawn.svg


CONFIG: dict[str, Any] = {
    "background": "white",
    "font": "sans-serif",
    "padding": 12,
    "view": {"stroke": None},
    "axis": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
             "labelLimit": 260, "labelColor": "#222", "titleColor": "#222"},
    "legend": {"labelFontSize": 12, "orient": "top", "title": None, "labelColor": "#222"},
}  # fmt: skip


def specification(rows: list[dict[str, Any]], families: list[str]) -> dict[str, Any]:
    """Vega-Lite: a row for each family, a dot for each world, the band behind them."""
    scale = {"domain": [60, 100], "nice": False}
    kinds = {"domain": list(MARKS), "range": [color for color, _ in MARKS.values()]}
    shapes = {"domain": list(MARKS), "range": [shape for _, shape in MARKS.values()]}
    band = [{"from": 100 * COVERS[0], "to": 100 * COVERS[1]}]
    x = {"type": "quantitative", "scale": scale}
    return {
        "width": 620,
        "height": {"step": 44},
        "layer": [
            {
                "data": {"values": band},
                "mark": {"type": "rect", "color": "#56B4E9", "opacity": 0.28},
                "encoding": {"x": {"field": "from", **x}, "x2": {"field": "to"}},
            },
            {
                "data": {"values": rows},
                "mark": {"type": "point", "filled": True, "size": 46, "opacity": 0.85},
                "encoding": {
                    "x": {"field": "coverage", "title": "coverage of nominal 95 % intervals, in %",
                          "axis": {"values": list(range(60, 101, 5)), "gridColor": "#E4E4E4"}, **x},
                    "y": {"field": "family", "type": "nominal", "sort": families, "title": None,
                          "axis": {"grid": False, "ticks": False, "domain": False}},
                    "yOffset": {"field": "at", "type": "quantitative",
                                "scale": {"domain": [-2, 12]}},
                    "color": {"field": "kind", "type": "nominal", "scale": kinds},
                    "shape": {"field": "kind", "type": "nominal", "scale": shapes},
                },
            },
        ],
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
