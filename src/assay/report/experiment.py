"""An experiment's analysis for a terminal: a table of effects in 80 columns, from the run alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.evidence import Table
from assay.core.evidence import Text as TextEvidence
from assay.report.standing import DECISIONS, VERDICTS, decision_reason
from assay.report.text import duration_text, figure, short, visible

if TYPE_CHECKING:
    from rich.console import Console

    from assay.core.evidence import Cell
    from assay.core.result import Result, Run

_STYLES: dict[str, str] = {
    "pass": "green", "fail": "bold red", "error": "bold red", "inconclusive": "yellow",
    "not_applicable": "dim", "skipped": "dim", "warn": "yellow", "block": "bold red",
}  # fmt: skip
_ASCII = str.maketrans(
    {"…": "...", "−": "-", "∞": "inf", "–": "-", "·": "|", "✗": "x", "✓": "+", "△": "!", "²": "^2"}
)
_WHOLE = ("experiment.sample_ratio", "experiment.log_quality")


def print_experiment(run: Run, console: Console) -> None:
    """Print the decision, the effects, and what was wrong with the log."""
    from rich.text import Text

    def line(*parts: tuple[str, str], indent: int = 0) -> None:
        text = Text()
        for part, style in parts:
            text.append(_encodable(part, console), style)
        for wrapped in text.wrap(console, max(20, console.width - indent), overflow="fold"):
            wrapped.rstrip()
            console.print(Text(" " * indent) + wrapped, highlight=False, soft_wrap=True)

    symbol, word, meaning = DECISIONS[run.decision]
    effects = [r for r in run.results if r.metric not in _WHOLE]
    method = next((str(r.params.get("method", "")) for r in effects), "")
    line(
        (visible(run.suite.name), "bold"),
        (f"  {method} · {duration_text(run.duration_s)} · run {short(run.run.id, 40)}", ""),
    )
    line(("", ""))
    line(
        (f"{symbol} {word}", _STYLES[run.decision]),
        (f" (exit code {run.run.exit_code}). {meaning}", ""),
    )
    line((visible(decision_reason(run)), ""), indent=2)
    line(("", ""))
    for result in run.results:
        if result.metric in _WHOLE:
            mark, said = VERDICTS[result.verdict]
            told = (f"{mark} {said}  ", _STYLES[result.verdict]) if result.criterion else ("", "")
            line(told, (f"{result.id}  ", "bold"), (visible(result.reason), ""))
    line(("", ""))
    console.print(_table(effects, console), highlight=False)
    for result in effects:
        for item in result.evidence:
            if isinstance(item, TextEvidence):
                line((f"{short(result.id, 60)}: {visible(item.text)}", "dim"), indent=2)
    for result in effects:
        if result.verdict != "pass":
            line(("", ""))
            line((short(result.id, 60), "bold"))
            line((visible(result.reason), ""), indent=2)


def _encodable(text: str, console: Console) -> str:
    """The text in characters that the console's encoding has."""
    encoding = console.encoding
    if encoding.lower().startswith("utf"):
        return text
    return text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)


def _table(effects: list[Result], console: Console) -> object:
    """One line for each metric and arm."""
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    several = len({result.id.rpartition("/")[2] for result in effects}) > 1
    grid.add_column("", no_wrap=True)
    grid.add_column("metric", overflow="fold")
    if several:
        grid.add_column("arm", overflow="fold")
    for name in ("control", "value", "lift"):
        grid.add_column(name, justify="right", no_wrap=True)
    grid.add_column("interval", no_wrap=True)
    grid.add_column("p" if any("p-value" in _figures(r) for r in effects) else "P(better)",
                    justify="right", no_wrap=True)  # fmt: skip
    for result in effects:
        figures = _figures(result)
        metric, _, arm = result.id.rpartition("/")
        scale = "lift" if "lift" in figures else "difference"
        cells = [
            short(metric, 40),
            *([short(arm, 16)] if several else []),
            _text(figures.get(str(result.params.get("control")), [])),
            _text(figures.get(arm, [])),
            *_effect(figures.get(scale, []), relative=scale == "lift"),
            _text(figures.get("p-value", []) or figures.get("probability better", [])),
        ]
        mark = _encodable(VERDICTS[result.verdict][0], console)
        grid.add_row(
            Text(mark, _STYLES[result.verdict]), *(Text(_encodable(c, console)) for c in cells)
        )
    return grid


def _figures(result: Result) -> dict[str, list[Cell]]:
    """The rows of the table of figures, by their names."""
    for item in result.evidence:
        if isinstance(item, Table) and item.columns[1:3] == ["value", "low"]:
            return {str(row[0]): row[1:] for row in item.rows}
    return {}


def _text(row: list[Cell]) -> str:
    return figure(float(row[0])) if row and isinstance(row[0], int | float) else "–"


def _effect(row: list[Cell], *, relative: bool) -> tuple[str, str]:
    """The value, and its interval: in per cent where it is relative."""
    if not row:
        return "–", ""

    def shown(value: Cell, *, none: str) -> str:
        if not isinstance(value, int | float):
            return none
        return f"{100 * value:+.1f} %" if relative else figure(float(value))

    value = shown(row[0], none="–")
    return value, f"[{shown(row[1], none='-∞')}, {shown(row[2], none='∞')}]"
