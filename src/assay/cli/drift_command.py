"""``assay drift``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from assay.api.drifting import AT_MOST
from assay.cli.options import (
    check_reports,
    json_option,
    report_option,
    terminal_progress,
    write_reports,
)
from assay.metrics.data.drift import Method

if TYPE_CHECKING:
    from assay.core.result import Run


@click.command(short_help="Hold a table against a reference table, column by column.")
@click.argument("reference")
@click.argument("current")
@click.option(
    "--at-most",
    type=float,
    default=AT_MOST,
    show_default=True,
    help="The drift that is still good.",
)
@click.option(
    "-c",
    "--columns",
    "--column",
    "columns",
    multiple=True,
    metavar="NAME",
    help="Only this column; * and ? stand for any characters. Repeatable.",
)
@click.option(
    "-x",
    "--except",
    "leave_out",
    multiple=True,
    metavar="NAME",
    help="Not this column. Repeatable.",
)
@click.option(
    "--method",
    type=click.Choice(get_args(Method)),
    default="auto",
    show_default=True,
    help="Which distance; `assay explain drift` defines each.",
)
@click.option("--unit", metavar="NAME", help="Column that names a row: not compared.")
@click.option(
    "--cluster", metavar="NAME", help="Column that marks rows which belong together: not compared."
)
@report_option
@click.option("-q", "--quiet", is_flag=True, help="No progress, no summary: the exit code tells.")
@click.option("-v", "--verbose", is_flag=True, help="Show all columns.")
@json_option
def command(
    reference: str,
    current: str,
    at_most: float,
    columns: tuple[str, ...],
    leave_out: tuple[str, ...],
    method: Method,
    unit: str | None,
    cluster: str | None,
    reports: tuple[Path, ...],
    quiet: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Hold the columns of CURRENT against those of REFERENCE, and end as `assay run` does.

    Each is a file, a folder of files, or a pattern in quotes; or a table of a database as a suite
    names it. Nothing is kept; a suite with a `drift` check keeps its runs.

    \b
    Examples:
      assay drift january.parquet july.parquet
      assay drift january.parquet july.parquet --report drift.html
      assay drift train.csv 'logs/*.csv' --except 'id_*' --at-most 0.15
      assay drift train.csv today.csv --columns age --columns income --json
    """
    from assay import api

    check_reports(reports)
    with terminal_progress(quiet=quiet) as progress:
        found = api.drift(
            _place(reference), _place(current), at_most, columns=columns, leave_out=leave_out,
            method=method, unit=unit, cluster=cluster, progress=progress, say=_say,
        )  # fmt: skip
    if not quiet:
        _show(found, as_json=as_json, verbose=verbose)
    write_reports(found, reports)
    return found.run.exit_code


def _place(written: str) -> Any:
    """A path as it is; a table of a database, with its variables filled in."""
    if not written.lstrip().startswith("{"):
        return written
    from assay.suite.starter.place import filled, named_place

    return filled(named_place(written))


def _show(found: Run, *, as_json: bool, verbose: bool) -> None:
    if as_json:
        from assay.core.result import to_json

        click.echo(to_json(found).decode())
        return
    from rich.console import Console

    from assay.report.moved.terminal import print_moved

    print_moved(found, Console(highlight=False), verbose=verbose)


def _say(message: str) -> None:
    click.echo(f"assay: {message}", err=True)
