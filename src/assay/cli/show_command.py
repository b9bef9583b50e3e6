"""``assay show``."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.options import home_option, json_option, show_run


@click.command(short_help="Show a stored run.")
@click.argument("run", default="latest")
@click.option("-v", "--verbose", is_flag=True, help="Show passing checks one by one.")
@home_option
@json_option
def command(run: str, verbose: bool, home: Path, as_json: bool) -> None:
    """Show a stored RUN by its name, id or the beginning of its id; the latest by default."""
    from assay import api

    show_run(api.stored_run(home, run), as_json=as_json, verbose=verbose)
