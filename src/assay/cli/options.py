"""Options and output shared by the subcommands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from assay.core.comparison import Comparison
    from assay.core.progress import Progress
    from assay.core.result import Run
    from assay.core.transcript import Transcripts
    from assay.history.records import ScoredRun

home_option = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".assay"),
    show_default=True,
    envvar="ASSAY_HOME",
    help="Folder of the history and of resumable runs.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
report_option = click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a report; the ending says which: .html, .xml (JUnit), .md or .json. Repeatable.",
)


def _import_metrics(
    _context: click.Context, _option: click.Parameter, files: tuple[Path, ...]
) -> None:
    if files:
        from assay.metrics import load_file

        for path in files:
            load_file(path)


metrics_option = click.option(
    "--metrics",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_import_metrics,
    expose_value=False,
    help="Import a Python file with metrics of your own first. It runs its code. Repeatable.",
)


def print_json(value: Any) -> None:
    """Plain data as indented JSON on stdout."""
    import msgspec

    encoded = msgspec.json.encode(value, order="deterministic" if isinstance(value, dict) else None)
    click.echo(msgspec.json.format(encoded, indent=2).decode())


def show_run(run: Run, *, as_json: bool, verbose: bool = False) -> None:
    """The run's summary, or its JSON document, on stdout."""
    if as_json:
        from assay.core.result import to_json

        click.echo(to_json(run).decode())
        return
    from rich.console import Console

    from assay.report.terminal import print_run

    print_run(run, Console(highlight=False), verbose=verbose)


def check_reports(paths: tuple[Path, ...]) -> None:
    """Refuse a report that no ending stands for before the work, not after it."""
    if paths:
        from assay.report.write import format_of

        for path in paths:
            format_of(path)


def write_reports(
    run: Run,
    paths: tuple[Path, ...],
    *,
    previous: Run | None = None,
    earlier: Sequence[ScoredRun] = (),
    transcripts: Sequence[Transcripts] = (),
    rivals: Sequence[Comparison] = (),
) -> None:
    """Write the reports asked for and say where they are (on stderr)."""
    from assay.report.write import write

    for path in paths:
        written = write(
            run, path, previous=previous, earlier=earlier, transcripts=transcripts, rivals=rivals
        )
        click.echo(f"Report: {written}", err=True)


def terminal_progress(*, quiet: bool) -> AbstractContextManager[Progress]:
    """Progress bars on stderr where it is a terminal, else nothing."""
    from contextlib import nullcontext

    from assay.core.progress import silent

    if quiet or not sys.stderr.isatty():
        return nullcontext(silent)
    from assay.cli.bars import Bars

    return Bars()
