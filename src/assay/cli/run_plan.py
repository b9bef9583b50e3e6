"""What a run would do, in the terminal."""

from __future__ import annotations

from itertools import groupby
from textwrap import fill, indent
from typing import TYPE_CHECKING

import click

from assay.cli.options import print_json

if TYPE_CHECKING:
    from assay.runner.run_plan import Files, RunPlan, Scan, TablePlan

_WIDTH = 80
_SHOWN = 5


def show_plan(plan: RunPlan, *, as_json: bool) -> None:
    """The plan on stdout: as text 80 columns wide (but for long SQL), or as JSON."""
    if as_json:
        print_json(plan)
        return
    checks = {name for table in plan.tables for name in table.checks}
    checks |= {name for some in plan.collected for name in some.checks}
    passes = sum(len(table.scans) for table in plan.tables)
    click.echo(
        f"{click.style(plan.suite, bold=True)}: {_count(len(checks), 'check')}, "
        f"{_count(passes, 'scan')} of tables, on {plan.engine}. Nothing was run."
    )
    for table in plan.tables:
        _table(table)
    for some in plan.collected:
        click.echo("\n" + click.style("Collected first", bold=True))
        click.echo(_wrapped(f"{some.what}, {some.then}", 2))
        click.echo(_wrapped(", ".join(some.checks), 4))
    if plan.untried:
        click.echo("\n" + click.style("Not measured", bold=True))
        for one in plan.untried:
            click.echo(_wrapped(f"{one.check}: {one.reason}", 2))


def _table(plan: TablePlan) -> None:
    click.echo(f"\n{click.style(plan.table, bold=True)}: {plan.description}")
    if plan.files is not None:
        _files(plan.files)
    for number, scan in enumerate(plan.scans, 1):
        _scan(scan, f"Scan {number} of {len(plan.scans)}")
    if not plan.scans:
        click.echo("  Nothing is read: all states are kept.")


def _files(files: Files) -> None:
    if files.read or not files.whole:
        read, total = len(files.read), _count(files.total, "file")
        click.echo(f"  Incremental: of {total}, {files.total - read} are kept, {read} to be read")
    for name in files.read[:_SHOWN]:
        click.echo(f"    {name}")
    if len(files.read) > _SHOWN:
        click.echo(f"    … and {len(files.read) - _SHOWN} more")
    for whole in files.whole:
        click.echo(_wrapped(f"All files are read for {', '.join(whole.checks)}:", 2))
        click.echo(_wrapped(whole.reason, 4))


def _scan(scan: Scan, title: str) -> None:
    over = ", of each of these files" if scan.over == "files" else ""
    click.echo(f"\n  {click.style(title, bold=True)}{over}")
    click.echo(_wrapped(scan.reason, 4))
    for also in scan.also:
        click.echo(_wrapped(f"also reads {also}", 4))
    figures, shared = _count(scan.aggregates, "figure"), _count(len(scan.checks), "check")
    click.echo(_wrapped(f"{figures} for {shared}: {', '.join(scan.checks)}", 4))
    click.echo()
    click.echo(indent(_shortened(scan.sql), "    "))


def _shortened(sql: str) -> str:
    """The SQL, but for the middle of long lists of files."""
    lines: list[str] = []
    for quoted, several in groupby(sql.splitlines(), lambda line: line.strip().startswith("'")):
        some = list(several)
        if quoted and len(some) > _SHOWN:
            margin = " " * (len(some[0]) - len(some[0].lstrip()))
            some[2:-1] = [f"{margin}-- … and {len(some) - 3} more"]
        lines += some
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _wrapped(text: str, margin: int) -> str:
    space = " " * margin
    return fill(
        text, _WIDTH, initial_indent=space, subsequent_indent=space + "  ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
