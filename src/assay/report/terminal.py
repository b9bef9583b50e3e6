"""The report for a terminal: what was decided and why, top to bottom, in 80 columns.

Every value passes :func:`assay.report.text.visible` first, so no escape sequence reaches the
terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.evidence import AGAINST_BASELINE
from assay.core.evidence import Text as TextEvidence
from assay.core.measurement import number_text
from assay.report.console import STYLES, Printer, print_decision
from assay.report.flips import print_flips
from assay.report.layers import layers_line
from assay.report.moved.terminal import print_misses
from assay.report.standing import (
    STANDINGS,
    VERDICTS,
    grouped,
    required,
    worst_first,
)
from assay.report.text import (
    counted,
    drawn_text,
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

_MEASUREMENTS_SHOWN = 3
_PASSES_SHOWN = 12
_ID_LIMIT = 200


def print_run(run: Run, console: Console, *, verbose: bool = False) -> None:
    """Print the run; ``verbose`` shows every measurement, every pass and every traceback.

    Width, colours (``NO_COLOR``, not a terminal) and encoding are those of the console.
    """
    _Printer(run, console, verbose=verbose).print()


class _Printer(Printer):
    """One printing of one run."""

    def __init__(self, run: Run, console: Console, *, verbose: bool) -> None:
        super().__init__(console)
        self.run = run
        self.verbose = verbose
        self.groups = grouped(run)

    def print(self) -> None:
        print_decision(self, self.run)
        for name in ("blocking", "undecided", "warning", "noted", "aside"):
            results = self.groups[name]
            if results:
                self.heading(f"{STANDINGS[name]} ({len(results)})")
                for result in results:
                    self._finding(result)
        print_misses(self, self.run)
        self._counts()
        self._layers()
        self._scores()
        self._drawn()
        self._parts()
        self._quarantine()
        self._passes()

    def _finding(self, result: Result) -> None:
        """A result that did not pass: id, value, interval, criterion, reason."""
        symbol, word = VERDICTS[result.verdict]
        self.line(
            (f"{symbol} {word}", STYLES[result.verdict]),
            "  ",
            (short(result.id, _ID_LIMIT), "bold"),
            indent=2,
        )
        if result.description:
            self.line((visible(result.description), "italic"), indent=6)
        self.line(visible(result.reason), indent=6)
        print_flips(self, result)
        measurements = worst_first(result)
        told = len(measurements) == 1 and number_text(measurements[0].value) in result.reason
        if told and not self.verbose:
            return
        shown = measurements if self.verbose else measurements[:_MEASUREMENTS_SHOWN]
        for measurement in shown:
            self._measurement(result, measurement)
        if len(measurements) > len(shown):
            self.line(f"… and {len(measurements) - len(shown)} more", indent=6)
        if self.verbose:
            self._verbose_details(result)

    def _measurement(self, result: Result, measurement: Measurement) -> None:
        where = f"{key_text(measurement.key)}: " if measurement.key else ""
        value = f"{value_text(measurement)} {interval_text(measurement)}"
        needed = f" · required: {required(result)}" if result.criterion else ""
        self.line(where, (value, "bold"), f"{needed} · n = {measurement.n:,}", indent=6)

    def _verbose_details(self, result: Result) -> None:
        if together := together_text(result):
            self.line((together, "dim"), indent=6)
        for missing in result.unmeasured:
            where = f"{key_text(missing.key)}: " if missing.key else ""
            self.line(f"{where}not measured: {visible(missing.reason)}", indent=6)
        for item in result.evidence:
            if isinstance(item, TextEvidence) and item.title != AGAINST_BASELINE:
                self.line(visible(item.title), indent=6)
                self.line((visible(item.text, lines=True), "dim"), indent=8)
        if result.location:
            self.line((visible(result.location), "dim"), indent=6)

    def _counts(self) -> None:
        counts = self.run.counts()
        parts: list[str | tuple[str, str]] = []
        for verdict, (symbol, word) in _in_order(counts):
            parts += [
                " · " if parts else "",
                (f"{symbol} {counts[verdict]} {word}", STYLES[verdict]),
            ]
        self.line("")
        self.line(*parts or ["No checks."])

    def _layers(self) -> None:
        """One line: the layers of tests from the bottom to the top, and the likely root cause."""
        if line := layers_line(self.run):
            self.line("")
            self.line(("Layers: ", "bold"), line)

    def _scores(self) -> None:
        """Two lines: the overall score, and one for each dimension."""
        if not self.run.scores:
            return
        overall, *dimensions = self.run.scores
        self.line("")
        self.line(
            (f"Data quality {score_text(overall.value)}", "bold"),
            f"  a summary of {counted(overall.checks, 'check')}, not a verdict",
        )
        parts = [f"{score.dimension} {score_text(score.value)}" for score in dimensions]
        self.line(" · ".join(parts), indent=2)

    def _drawn(self) -> None:
        """How many observations verdicts needed."""
        for drawn in self.run.drawn:
            self.line("")
            self.line((f"{visible(drawn.observations)}: ", "bold"), drawn_text(drawn))

    def _parts(self) -> None:
        """How much of each growing table was read; the rest is known from earlier runs."""
        for subject in self.run.subjects:
            if subject.parts is not None:
                read, total = subject.parts.read, counted(subject.parts.total, "file")
                self.line("")
                self.line(f"{visible(subject.name)}: {read:,} of {total} read, the others known")

    def _quarantine(self) -> None:
        """Where the rows are that fail, and the rest."""
        for subject in self.run.subjects:
            aside, failed = subject.quarantine, subject.quarantined
            if aside is None or failed is None:
                continue
            self.line("")
            self.line(
                (f"Quarantine of {visible(subject.name)}: ", "bold"),
                f"{counted(failed, 'row')} of {failed + aside.passed:,} set aside",
            )
            self.line(f"{visible(aside.folder)}/failed.parquet, passed.parquet", indent=2)
            if aside.left_out:
                ids = [short(name, 60) for name in aside.left_out[:_PASSES_SHOWN]]
                rest = len(aside.left_out) - len(ids)
                more = f", … and {rest} more" if rest else ""
                self.line((f"not of single rows: {', '.join(ids)}{more}", "dim"), indent=2)

    def _passes(self) -> None:
        passed = self.groups["passed"]
        if not passed:
            return
        if self.verbose:
            self.heading(f"{STANDINGS['passed']} ({len(passed)})")
            for result in passed:
                self._finding(result)
            return
        if self.run.scores:
            self.line("")
        ids = [short(result.id, 60) for result in passed[:_PASSES_SHOWN]]
        rest = len(passed) - len(ids)
        more = f", … and {rest} more (--verbose shows them)" if rest else ""
        self.line((f"{STANDINGS['passed']}: ", "bold"), (", ".join(ids) + more, "dim"))


def _in_order(counts: dict[Verdict, int]) -> list[tuple[Verdict, tuple[str, str]]]:
    """The verdicts that occur, worst first."""
    return [(verdict, words) for verdict, words in VERDICTS.items() if counts[verdict]]
