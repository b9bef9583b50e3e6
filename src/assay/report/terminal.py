"""The report for a terminal: what was decided and why, top to bottom, in 80 columns.

Every value is a ``rich`` ``Text``, which no markup or emoji code is read from, and passes
:func:`assay.report.text.visible` first, so no escape sequence reaches the terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.evidence import Text as TextEvidence
from assay.core.measurement import number_text
from assay.report.standing import (
    DECISIONS,
    STANDINGS,
    VERDICTS,
    decision_reason,
    grouped,
    required,
    worst_first,
)
from assay.report.text import (
    counted,
    drawn_text,
    duration_text,
    interval_text,
    key_text,
    score_text,
    short,
    together_text,
    value_text,
    visible,
)

if TYPE_CHECKING:
    from rich.console import Console

    from assay.core.measurement import Measurement
    from assay.core.result import Result, Run, Verdict

_STYLES: dict[str, str] = {
    "pass": "green", "fail": "bold red", "error": "bold red", "inconclusive": "yellow",
    "not_applicable": "dim", "skipped": "dim", "warn": "yellow", "block": "bold red",
}  # fmt: skip
_ASCII = str.maketrans(
    {"…": "...", "−": "-", "∞": "inf", "–": "-", "·": "|", "∅": "null", "≈": "about",
     "✗": "x", "✓": "+", "○": "o", "△": "!", "±": "+/-", "×": "x"}
)  # fmt: skip
_MEASUREMENTS_SHOWN = 3
_PASSES_SHOWN = 12
_ID_LIMIT = 200


def print_run(run: Run, console: Console, *, verbose: bool = False) -> None:
    """Print the run; ``verbose`` shows every measurement, every pass and every traceback.

    Width, colours (``NO_COLOR``, not a terminal) and encoding are those of the console.
    """
    _Printer(run, console, verbose=verbose).print()


class _Printer:
    """One printing of one run."""

    def __init__(self, run: Run, console: Console, *, verbose: bool) -> None:
        self.run = run
        self.console = console
        self.verbose = verbose
        self.groups = grouped(run)

    def print(self) -> None:
        self._decision()
        for name in ("blocking", "undecided", "warning", "noted", "aside"):
            results = self.groups[name]
            if results:
                self._heading(f"{STANDINGS[name]} ({len(results)})")
                for result in results:
                    self._finding(result)
        self._counts()
        self._scores()
        self._drawn()
        self._parts()
        self._quarantine()
        self._passes()

    def _line(self, *parts: str | tuple[str, str], indent: int = 0) -> None:
        """One paragraph of plain and (text, style) parts, wrapped under its indentation."""
        from rich.text import Text

        line = Text()
        for part in parts:
            text, style = part if isinstance(part, tuple) else (part, "")
            line.append(self._encodable(text), style)
        width = max(20, self.console.width - indent)
        for wrapped in line.wrap(self.console, width, overflow="fold"):
            wrapped.rstrip()
            self.console.print(Text(" " * indent) + wrapped, highlight=False, soft_wrap=True)

    def _encodable(self, text: str) -> str:
        """The text in characters that the console's encoding has."""
        encoding = self.console.encoding
        if encoding.lower().startswith("utf"):
            return text
        return text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)

    def _heading(self, text: str) -> None:
        self._line("")
        self._line((text, "bold"))

    def _decision(self) -> None:
        run = self.run
        symbol, word, meaning = DECISIONS[run.decision]
        self._line(
            (visible(run.suite.name), "bold"),
            f"  {counted(len(run.results), 'check')} · {duration_text(run.duration_s)}"
            f" · run {short(run.run.name or run.run.id, 40)}",
        )
        self._line("")
        self._line(
            (f"{symbol} {word}", _STYLES[run.decision]),
            f" (exit code {run.run.exit_code}). {meaning}",
        )
        self._line(visible(decision_reason(run)), indent=2)
        if run.run.status == "interrupted":
            self._line("The run was interrupted: not every check has its result.", indent=2)

    def _finding(self, result: Result) -> None:
        """A result that did not pass: id, value, interval, criterion, reason."""
        symbol, word = VERDICTS[result.verdict]
        self._line(
            (f"{symbol} {word}", _STYLES[result.verdict]),
            "  ",
            (short(result.id, _ID_LIMIT), "bold"),
            indent=2,
        )
        if result.description:
            self._line((visible(result.description), "italic"), indent=6)
        self._line(visible(result.reason), indent=6)
        measurements = worst_first(result)
        told = len(measurements) == 1 and number_text(measurements[0].value) in result.reason
        if told and not self.verbose:
            return
        shown = measurements if self.verbose else measurements[:_MEASUREMENTS_SHOWN]
        for measurement in shown:
            self._measurement(result, measurement)
        if len(measurements) > len(shown):
            self._line(f"… and {len(measurements) - len(shown)} more", indent=6)
        if self.verbose:
            self._verbose_details(result)

    def _measurement(self, result: Result, measurement: Measurement) -> None:
        where = f"{key_text(measurement.key)}: " if measurement.key else ""
        value = f"{value_text(measurement)} {interval_text(measurement)}"
        needed = f" · required: {required(result)}" if result.criterion else ""
        self._line(where, (value, "bold"), f"{needed} · n = {measurement.n:,}", indent=6)

    def _verbose_details(self, result: Result) -> None:
        if together := together_text(result):
            self._line((together, "dim"), indent=6)
        for missing in result.unmeasured:
            where = f"{key_text(missing.key)}: " if missing.key else ""
            self._line(f"{where}not measured: {visible(missing.reason)}", indent=6)
        for item in result.evidence:
            if isinstance(item, TextEvidence):
                self._line(visible(item.title), indent=6)
                self._line((visible(item.text, lines=True), "dim"), indent=8)
        if result.location:
            self._line((visible(result.location), "dim"), indent=6)

    def _counts(self) -> None:
        counts = self.run.counts()
        parts: list[str | tuple[str, str]] = []
        for verdict, (symbol, word) in _in_order(counts):
            parts += [
                " · " if parts else "",
                (f"{symbol} {counts[verdict]} {word}", _STYLES[verdict]),
            ]
        self._line("")
        self._line(*parts or ["No checks."])

    def _scores(self) -> None:
        """Two lines: the overall score, and one for each dimension."""
        if not self.run.scores:
            return
        overall, *dimensions = self.run.scores
        self._line("")
        self._line(
            (f"Data quality {score_text(overall.value)}", "bold"),
            f"  a summary of {counted(overall.checks, 'check')}, not a verdict",
        )
        parts = [f"{score.dimension} {score_text(score.value)}" for score in dimensions]
        self._line(" · ".join(parts), indent=2)

    def _drawn(self) -> None:
        """How many observations verdicts needed."""
        for drawn in self.run.drawn:
            self._line("")
            self._line((f"{visible(drawn.observations)}: ", "bold"), drawn_text(drawn))

    def _parts(self) -> None:
        """How much of each growing table was read; the rest is known from earlier runs."""
        for subject in self.run.subjects:
            if subject.parts is not None:
                read, total = subject.parts.read, counted(subject.parts.total, "file")
                self._line("")
                self._line(f"{visible(subject.name)}: {read:,} of {total} read, the others known")

    def _quarantine(self) -> None:
        """Where the rows are that fail, and the rest."""
        for subject in self.run.subjects:
            aside, failed = subject.quarantine, subject.quarantined
            if aside is None or failed is None:
                continue
            self._line("")
            self._line(
                (f"Quarantine of {visible(subject.name)}: ", "bold"),
                f"{counted(failed, 'row')} of {failed + aside.passed:,} set aside",
            )
            self._line(f"{visible(aside.folder)}/failed.parquet, passed.parquet", indent=2)
            if aside.left_out:
                ids = [short(name, 60) for name in aside.left_out[:_PASSES_SHOWN]]
                rest = len(aside.left_out) - len(ids)
                more = f", … and {rest} more" if rest else ""
                self._line((f"not of single rows: {', '.join(ids)}{more}", "dim"), indent=2)

    def _passes(self) -> None:
        passed = self.groups["passed"]
        if not passed:
            return
        if self.verbose:
            self._heading(f"{STANDINGS['passed']} ({len(passed)})")
            for result in passed:
                self._finding(result)
            return
        if self.run.scores:
            self._line("")
        ids = [short(result.id, 60) for result in passed[:_PASSES_SHOWN]]
        rest = len(passed) - len(ids)
        more = f", … and {rest} more (--verbose shows them)" if rest else ""
        self._line((f"{STANDINGS['passed']}: ", "bold"), (", ".join(ids) + more, "dim"))


def _in_order(counts: dict[Verdict, int]) -> list[tuple[Verdict, tuple[str, str]]]:
    """The verdicts that occur, worst first."""
    return [(verdict, words) for verdict, words in VERDICTS.items() if counts[verdict]]
