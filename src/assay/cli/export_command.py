"""``assay export``."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.options import home_option, json_option, print_json


@click.command(short_help="Write a stored run as HTML, JUnit, Markdown or JSON.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--run", default="latest", show_default=True, help="Name or id of the stored run.")
@click.option("--against", help="Name or id of a stored run to show changes from.")
@home_option
@json_option
def command(
    paths: tuple[Path, ...], run: str, against: str | None, home: Path, as_json: bool
) -> None:
    """Write a stored run to PATHS; each ending says which kind: .html .xml .md .json.

    \b
    Example:
      assay export report.html junit.xml --run main
    """
    from assay import api
    from assay.report.write import write

    stored = api.stored_run(home, run)
    previous = api.stored_run(home, against) if against else None
    earlier = api.earlier_scores(home, stored)
    shown, compared = api.transcripts(home, stored), api.rivals(home, stored)
    written = [
        str(
            write(
                stored,
                path,
                previous=previous,
                earlier=earlier,
                transcripts=shown,
                rivals=compared,
            )
        )
        for path in paths
    ]
    if as_json:
        print_json({"run": stored.run.id, "written": written})
    else:
        for path in written:
            click.echo(path)
