"""``assay import``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assay.cli.options import json_option, print_json

if TYPE_CHECKING:
    from assay.api.exchange import ImportedSuite
    from assay.suite.exchange.formats import Format

_FORMATS = ("gx", "pandera", "dbt", "json-schema", "arrow")


@click.command(short_help="Make a suite of another tool's expectations, tests or schema.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--from", "format_", type=click.Choice(_FORMATS), help="Found where the file tells it."
)
@click.option(
    "--on",
    "places",
    multiple=True,
    metavar="[NAME=]TABLE",
    help="Where a table is: a path, or {duckdb: FILE, table: NAME}. Repeatable.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write; on stdout where there is none.",
)
@click.option("--force", is_flag=True, help="Overwrite the file where there is one.")
@json_option
def command(
    file: Path,
    format_: Format | None,
    places: tuple[str, ...],
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write a suite that asks what FILE asks, and name what it has no metric for.

    FILE is a suite of Great Expectations (JSON), a schema of pandera (YAML or JSON), a schema.yml
    of dbt, a JSON Schema, or an Arrow or Parquet file. A table without --on is one that an
    environment variable names when the suite is run.

    \b
    Examples:
      assay import gx/expectations/orders.json --on data/orders.parquet -o suite.yaml
      assay import models/schema.yml --on orders=orders.csv --on customers=customers.csv
      assay import person.schema.json --from json-schema
    """
    from assay.api.exchange import import_suite
    from assay.suite.starter.parts import inert

    imported = import_suite(
        file, format=format_, tables=dict(_place(p) for p in places), output=output, force=force
    )
    for entry in imported.entries:
        if not entry.mapped or entry.reason:
            word = "differs" if entry.mapped else "not mapped"
            place = f"{entry.at}: " if entry.at else ""
            said = f"{inert(entry.what, 200)}: {inert(entry.reason, 500)}."
            click.echo(f"{place}{word}: {said}", err=True)
    if as_json:
        print_json(_facts(imported, output))
        return
    if output is None:
        click.echo(imported.text, nl=False)
        return
    left = sum(not entry.mapped for entry in imported.entries)
    some = f"; {left} could not be mapped" if left else ""
    name = click.format_filename(output)
    count = imported.checks
    click.echo(f"Wrote {name}: {count} check{'s' * (count != 1)}{some}.")
    variables = "".join(f"{variable}=… " for variable in imported.variables)
    click.echo(f"Read it, and run it: {variables}assay run {name}")


def _place(written: str) -> tuple[str, Any]:
    """A table's name and place; ``data`` where the name goes without saying."""
    from assay.core.errors import SuiteError
    from assay.suite.exchange.entries import DATA
    from assay.suite.nodes import plain
    from assay.suite.yaml import parse

    name, separator, place = written.partition("=")
    if not separator or "{" in name or "/" in name:
        name, place = DATA, written
    if not place.strip():
        raise click.UsageError(f"--on {written!r} names no table.")
    if not place.lstrip().startswith("{"):
        return name, place
    try:
        return name, plain(parse(place, file="--on"))
    except SuiteError as error:
        raise click.UsageError(str(error)) from None


def _facts(imported: ImportedSuite, output: Path | None) -> dict[str, Any]:
    return {
        "format": imported.format,
        "suite": str(output) if output is not None else None,
        "checks": imported.checks,
        "variables": list(imported.variables),
        "entries": [
            {
                "what": entry.what,
                "line": entry.at.line if entry.at is not None else None,
                "metrics": [check.metric for check in entry.checks],
                "reason": entry.reason or None,
            }
            for entry in imported.entries
        ],
        "text": imported.text,
    }
