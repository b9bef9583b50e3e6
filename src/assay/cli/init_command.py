"""``assay init``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from assay.cli.options import json_option, print_json, terminal_progress
from assay.core.schema import Task

if TYPE_CHECKING:
    from typing import Any


@click.command(short_help="Look at data (and a model) and write a starter suite.")
@click.argument("data")
@click.option("-m", "--model", help="A .skops or .onnx file, measured once on DATA.")
@click.option("-t", "--target", help="Column with the truth; found where only one can be it.")
@click.option("--task", type=click.Choice(get_args(Task)), help="Found where the model tells.")
@click.option("--positive", help="The positive label; found where it is 1, true or yes.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("suite.yaml"),
    show_default=True,
    help="The file to write.",
)
@click.option("--force", is_flag=True, help="Overwrite the file where there is one.")
@json_option
def command(
    data: str,
    model: str | None,
    target: str | None,
    task: Task | None,
    positive: str | None,
    output: Path,
    force: bool,
    as_json: bool,
) -> None:
    """Write a starter suite for DATA: requirements that it meets, each with its reason.

    DATA is a file, a folder of files, or a pattern in quotes; or a table of a database as a suite
    names it. Requirements are estimated on one half of the rows and checked on the other, and
    every bound leaves room for chance, so that another sample of the same kind passes too; tighten
    what you know better.

    \b
    Examples:
      assay init train.parquet
      assay init test.csv --model approval.skops --target deny --positive yes
      assay init data/test.csv --output checks/suite.yaml
      assay init '{postgresql: "${DSN}", table: orders}'
    """
    from assay import api
    from assay.suite.starter.place import named_place

    place = named_place(data)
    with terminal_progress(quiet=False) as progress:
        path = api.init(
            place, model=model, target=target, task=task, positive=positive, output=output,
            force=force, progress=progress,
        )  # fmt: skip
    suite = api.load(path)
    if as_json:
        facts: dict[str, Any] = {
            "suite": str(path), "checks": len(suite.checks), "text": suite.text,
        }  # fmt: skip
        print_json(facts)
        return
    count = len(suite.checks)
    click.echo(f"Wrote {click.format_filename(path)}: {count} check{'s' * (count != 1)}.")
    click.echo(f"Read it, tighten it, and run it: assay run {click.format_filename(path)}")
