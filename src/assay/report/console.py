"""Paragraphs on a console: wrapped, in its own encoding, and nothing in them can act.

Every value is a ``rich`` ``Text``, which no markup or emoji code is read from; the caller passes
values of unknown origin through :func:`assay.report.text.visible` first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.standing import DECISIONS, decision_reason
from assay.report.text import counted, duration_text, short, visible

if TYPE_CHECKING:
    from rich.console import Console

    from assay.core.result import Run

STYLES: dict[str, str] = {
    "pass": "green", "fail": "bold red", "error": "bold red", "inconclusive": "yellow",
    "not_applicable": "dim", "skipped": "dim", "warn": "yellow", "block": "bold red",
}  # fmt: skip
_ASCII = str.maketrans(
    {"…": "...", "−": "-", "∞": "inf", "–": "-", "·": "|", "∅": "null", "≈": "about",
     "✗": "x", "✓": "+", "○": "o", "△": "!", "±": "+/-", "×": "x", "→": "->"}
)  # fmt: skip


class Printer:
    """What is printed to one console. Width, colours and encoding are those of the console."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def line(self, *parts: str | tuple[str, str], indent: int = 0) -> None:
        """One paragraph of plain and (text, style) parts, wrapped under its indentation."""
        from rich.text import Text

        line = Text()
        for part in parts:
            text, style = part if isinstance(part, tuple) else (part, "")
            line.append(self.encodable(text), style)
        width = max(20, self.console.width - indent)
        for wrapped in line.wrap(self.console, width, overflow="fold"):
            wrapped.rstrip()
            self.console.print(Text(" " * indent) + wrapped, highlight=False, soft_wrap=True)

    def encodable(self, text: str) -> str:
        """The text in characters that the console's encoding has."""
        encoding = self.console.encoding
        if encoding.lower().startswith("utf"):
            return text
        return text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)

    def heading(self, text: str) -> None:
        """An empty line, and the text in bold."""
        self.line("")
        self.line((text, "bold"))


def print_decision(printer: Printer, run: Run, *, named: bool = True) -> None:
    """Which run it was, what was decided, and why; ``named`` says by which name it is kept."""
    symbol, word, meaning = DECISIONS[run.decision]
    facts = [counted(len(run.results), "check"), duration_text(run.duration_s)]
    if named:
        facts.append(f"run {short(run.run.name or run.run.id, 40)}")
    printer.line((visible(run.suite.name), "bold"), f"  {' · '.join(facts)}")
    printer.line("")
    printer.line(
        (f"{symbol} {word}", STYLES[run.decision]),
        f" (exit code {run.run.exit_code}). {meaning}",
    )
    printer.line(visible(decision_reason(run)), indent=2)
    if run.run.status == "interrupted":
        printer.line("The run was interrupted: not every check has its result.", indent=2)
