"""``assay baseline``."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.options import home_option, json_option, print_json


@click.command(short_help="Name a stored run, so that checks can be held against it.")
@click.argument("name")
@click.argument("run", default="latest")
@home_option
@json_option
def command(name: str, run: str, home: Path, as_json: bool) -> None:
    """Give the stored RUN (the latest by default) the NAME, moving it from any other run.

    A check then refers to it: `no_worse_than: {baseline: NAME, margin: 0.01}`.
    """
    from assay.api import name_run

    run_id = name_run(home, name, run)
    if as_json:
        print_json({"name": name, "run": run_id})
    else:
        click.echo(f"{name} is now {run_id}")
