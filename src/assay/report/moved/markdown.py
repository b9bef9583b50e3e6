"""What moved, for a comment on a pull request: the columns furthest beyond the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.moved.ranking import rankings, tally
from assay.report.standing import VERDICTS
from assay.report.text import figure, interval_text, visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.core.result import Run
    from assay.report.moved.ranking import Ranking, Row

_SHOWN, _RANKINGS, _CHANGES = 10, 3, 2
_WIDTH = 160


def moved(run: Run, inert: Callable[[str], str], code: Callable[[str], str]) -> str:
    """Tables of what did not pass; a sentence where all did; "" where nothing is ranked.

    Args:
        inert: text that stays text in this dialect. code: the same for a name.
    """
    return "".join(_ranking(one, inert, code) for one in rankings(run)[:_RANKINGS])


def _ranking(ranking: Ranking, inert: Callable[[str], str], code: Callable[[str], str]) -> str:
    heading = f"\n### What moved: {inert(_cut(ranking.title))}\n\n{tally(ranking)}\n"
    misses = [row for row in ranking.rows if row.result.verdict != "pass"][:_SHOWN]
    if not misses:
        return heading
    head = "\n| | Column | Value | What changed |\n| --- | --- | --- | --- |\n"
    return heading + head + "".join(_row(row, inert, code) for row in misses)


def _row(row: Row, inert: Callable[[str], str], code: Callable[[str], str]) -> str:
    value = f"{figure(row.measurement.value)} {interval_text(row.measurement)}"
    words = _cut("; ".join(row.changes[:_CHANGES])) or "–"
    cells = (VERDICTS[row.result.verdict][0], code(row.name), inert(value), inert(words))
    return f"| {' | '.join(cells)} |\n"


def _cut(text: str) -> str:
    text = visible(text)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
