"""``assay profile``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from assay.cli.options import json_option, print_json, terminal_progress


@click.command(short_help="Describe the columns of a table.")
@click.argument("data")
@click.option(
    "-c",
    "--column",
    "columns",
    multiple=True,
    metavar="NAME",
    help="Only this column; * and ? stand for any characters. Repeatable.",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page to look at (.html), or the JSON document (.json). Repeatable.",
)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@json_option
def command(
    data: str, columns: tuple[str, ...], reports: tuple[Path, ...], quiet: bool, as_json: bool
) -> None:
    """Describe the columns of DATA: a file, a folder of files, or a pattern in quotes.

    Reads CSV, Parquet, JSON Lines and Arrow files, and tables of databases as a suite names them;
    nothing is kept.

    \b
    Examples:
      assay profile train.parquet
      assay profile train.parquet --report profile.html
      assay profile 'logs/*.csv.gz' --column 'user_*'
      assay profile train.parquet --json > profile.json
      assay profile '{sqlite: shop.db, table: orders}'
    """
    from assay import api
    from assay.report.profile.write import format_of

    for path in reports:  # refused before the work, not after it
        format_of(path)
    place: Any = data
    if data.lstrip().startswith("{"):
        from assay.suite.starter.place import filled, named_place

        place = filled(named_place(data))
    with terminal_progress(quiet=quiet) as progress:
        profile = api.profile(place, columns=columns, progress=progress)
    for path in reports:
        click.echo(f"Report: {profile.write(path)}", err=True)
    if as_json:
        print_json(profile)
        return
    from rich.console import Console

    from assay.report.profile.terminal import print_profile

    print_profile(profile, Console(highlight=False))
