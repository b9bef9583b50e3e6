"""What moved, for a terminal: the ranking as a short table, in 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.advice import rounded
from assay.report.console import STYLES, Printer, print_decision
from assay.report.moved.ranking import rankings, tally
from assay.report.standing import VERDICTS
from assay.report.text import counted, figure, interval_text, short, visible

if TYPE_CHECKING:
    from rich.console import Console

    from assay.core.result import Run
    from assay.report.moved.ranking import Ranking, Row, Unranked

_SHOWN, _SHOWN_ALONE = 10, 25
_NAMES = 8
_NAME, _LEAST_WORDS = 24, 16


def print_moved(run: Run, console: Console, *, verbose: bool = False) -> None:
    """Print a run that compares tables and is not kept: the decision, and what moved.

    Args:
        verbose: all columns, and not only the first ones.
    """
    printer = Printer(console)
    print_decision(printer, run, named=False)
    for ranking in rankings(run, least=1):
        rows = ranking.rows if verbose else ranking.rows[:_SHOWN_ALONE]
        print_ranking(printer, ranking, rows)
        _rows_needed(printer, ranking)
    unranked = [r for r in run.results if not r.measurements]
    if unranked and not rankings(run, least=1):
        printer.line("")
        for result in unranked:
            printer.line(f"{short(result.id, 60)}: {visible(result.reason)}", indent=2)


def print_misses(printer: Printer, run: Run) -> None:
    """Of a run with other checks, too: what moved or is undecided, where anything is."""
    for ranking in rankings(run):
        rows = [row for row in ranking.rows if row.result.verdict != "pass"]
        if rows:
            print_ranking(printer, ranking, rows[:_SHOWN], unranked=False)


def print_ranking(
    printer: Printer, ranking: Ranking, rows: list[Row], *, unranked: bool = True
) -> None:
    """A ranking's title, how many moved, these of its rows, and what was not compared."""
    printer.heading(short(f"What moved: {ranking.title}", 160))
    printer.line(tally(ranking), indent=2)
    cells = [
        (
            VERDICTS[row.result.verdict][0],
            short(row.name, _NAME),
            figure(row.measurement.value),
            interval_text(row.measurement),
        )
        for row in rows
    ]
    widths = [max((len(cell[i]) for cell in cells), default=0) for i in range(4)]
    for row, (symbol, name, value, interval) in zip(rows, cells, strict=True):
        front = f" {name:<{widths[1]}}  {value:<{widths[2]}} {interval:<{widths[3]}}  "
        room = printer.console.width - 2 - widths[0] - len(front)
        printer.line(
            (symbol, STYLES[row.result.verdict]),
            front,
            (_words(row.changes, room), "dim"),
            indent=2,
        )
    left = len(ranking.rows) - len(rows)
    if left and unranked:
        printer.line(f"… and {left:,} more (--verbose shows them)", indent=2)
    if unranked:
        _unranked(printer, ranking.unranked)


def _rows_needed(printer: Printer, ranking: Ranking) -> None:
    """What would decide what is undecided; of several, the one that needs least."""
    undecided = [row.result for row in ranking.rows if row.result.verdict == "inconclusive"]
    needed = [(result.rows_needed, result) for result in undecided if result.rows_needed]
    if needed:
        rows, first = min(needed, key=lambda pair: pair[0])
        which = " the first of them" if len(undecided) > 1 else ""
        words = first.needed or f"about {rounded(rows):,} rows would decide if the value stays"
        words = words.replace(" decide if the value stays", f" decide{which}, if the values stay")
        printer.line("")
        printer.line(("Undecided: ", "bold"), f"{words}.")


def _words(changes: list[str], room: int) -> str:
    """As many changes as fit, whole; of the first, as much as fits."""
    if not changes or room < _LEAST_WORDS:
        return ""
    text = visible(changes[0])
    if len(text) > room:
        return f"{text[: room - 1]}…"
    for change in changes[1:]:
        longer = f"{text}; {visible(change)}"
        if len(longer) > room:
            break
        text = longer
    return text


def _unranked(printer: Printer, several: list[Unranked]) -> None:
    if not several:
        return
    printer.line("")
    printer.line(("Not compared", "bold"))
    for names, reason in several:
        shown = ", ".join(short(name, 40) for name in names[:_NAMES])
        more = f" and {counted(len(names) - _NAMES, 'other')}" if len(names) > _NAMES else ""
        printer.line(f"{shown}{more}: {visible(reason)}", indent=2)
