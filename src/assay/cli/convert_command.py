"""``assay convert``."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.options import json_option, print_json


@click.command(short_help="Write a suite for Great Expectations.")
@click.argument("suite", type=click.Path(path_type=Path))
@click.option("--to", type=click.Choice(["gx"]), required=True, help="gx: Great Expectations 1.x.")
@click.option("--on", help="The table whose checks are meant, where there are several.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write; on stdout where there is none.",
)
@click.option("--force", is_flag=True, help="Overwrite the file where there is one.")
@json_option
def command(
    suite: Path, to: str, on: str | None, output: Path | None, force: bool, as_json: bool
) -> None:
    """Write the checks of SUITE as another tool's, and name those that it has no words for.

    \b
    Example:
      assay convert suite.yaml --to gx -o gx/expectations/orders.json
    """
    from assay.api.exchange import export_suite

    exported = export_suite(suite, on=on, output=output, force=force)
    for word, several in (("not written", exported.left), ("differs", exported.remarks)):
        for each in several:
            click.echo(f"{word}: {each.check}: {each.reason}.", err=True)
    count, left = len(exported.document["expectations"]), len(exported.left)
    if as_json:
        print_json(
            {
                "to": to,
                "file": str(output) if output is not None else None,
                "expectations": count,
                "left": [{"check": each.check, "reason": each.reason} for each in exported.left],
                "document": exported.document,
            }
        )
    elif output is None:
        print_json(exported.document)
    else:
        some = f"; {left} check{'s' * (left != 1)} could not be written" if left else ""
        name = click.format_filename(output)
        click.echo(f"Wrote {name}: {count} expectation{'s' * (count != 1)}{some}.")
