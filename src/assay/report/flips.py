"""Samples that flipped against a baseline, for a terminal and for a pull request: some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assay.core.evidence import AGAINST_BASELINE, Examples, Text
from assay.report.text import counted, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assay.core.evidence import Cell
    from assay.core.result import Result, Run
    from assay.report.console import Printer

_SHOWN = 3
_TEXT = 100
_BEFORE, _NOW = "answer before", "answer now"


class _Flip(NamedTuple):
    unit: str
    question: str
    before: str
    now: str


def print_flips(printer: Printer, result: Result) -> None:
    """What a result shows of them: how many, and the first of each way."""
    said = _said(result)
    if not said:
        return
    printer.line(short(said, 1_000), indent=6)
    for way in _ways(result):
        printer.line((way.title, "bold"), indent=6)
        for flip in _some(way):
            printer.line(short(flip.unit, 30), (f"  {flip.question}", "dim"), indent=8)
            printer.line(("before ", "dim"), flip.before, indent=10)
            printer.line(("now    ", "dim"), flip.now, indent=10)
        if rest := _rest(way):
            printer.line((rest, "dim"), indent=8)


def flips(run: Run, inert: Callable[[str], str], code: Callable[[str], str]) -> str:
    """A section for each check that shows any; "" where none does.

    Args:
        inert: text that stays text in this dialect. code: the same for a name.
    """
    text = ""
    for result in run.results:
        if not any(True for _ in _ways(result)):
            continue
        text += f"\n### Which samples flipped: {code(result.id)}\n\n{inert(_said(result))}\n"
        for way in _ways(result):
            text += f"\n**{inert(way.title)}**\n\n| Sample | Question | Before | Now |\n"
            text += "| --- | --- | --- | --- |\n"
            for flip in _some(way):
                cells = (code(flip.unit), *(inert(t) for t in flip[1:]))
                text += f"| {' | '.join(cells)} |\n"
            if rest := _rest(way):
                text += f"\n{rest}\n"
    return text


def _said(result: Result) -> str:
    found = (e for e in result.evidence if isinstance(e, Text) and e.title == AGAINST_BASELINE)
    return next((e.text for e in found), "")


def _ways(result: Result) -> Iterator[Examples]:
    """What was lost, and what was won."""
    for item in result.evidence:
        if isinstance(item, Examples) and item.rows and {_BEFORE, _NOW} <= set(item.columns):
            yield item


def _some(way: Examples) -> list[_Flip]:
    at = [way.columns.index(name) for name in ("sample", "question", _BEFORE, _NOW)]
    return [_Flip(*(_words(row[i]) for i in at)) for row in way.rows[:_SHOWN]]


def _words(cell: Cell) -> str:
    return "(no text)" if cell is None or cell == "" else short(str(cell), _TEXT)


def _rest(way: Examples) -> str:
    more = (way.total or len(way.rows)) - min(len(way.rows), _SHOWN)
    return f"… and {counted(more, 'sample')} more" if more else ""
