"""``assay profile``."""

from __future__ import annotations

import click

from assay.cli.options import json_option, print_json


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
@json_option
def command(data: str, columns: tuple[str, ...], as_json: bool) -> None:
    """Describe the columns of DATA: a file, a folder of files, or a pattern in quotes.

    Reads CSV, Parquet, JSON Lines and Arrow files; nothing is kept.

    \b
    Examples:
      assay profile train.parquet
      assay profile 'logs/*.csv.gz' --column 'user_*'
      assay profile train.parquet --json > profile.json
    """
    from assay import api

    profile = api.profile(data, columns=columns)
    if as_json:
        print_json(profile)
        return
    from rich.console import Console

    from assay.report.profile import print_profile

    print_profile(profile, Console(highlight=False))
