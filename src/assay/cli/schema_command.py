"""``assay schema``."""

from __future__ import annotations

import click

from assay.cli.options import json_option, metrics_option, print_json


@click.command(short_help="Print the JSON Schema of suite files, runs or notifications.")
@click.argument("document", type=click.Choice(["suite", "run", "notification"]), default="suite")
@metrics_option
@json_option
def command(document: str, as_json: bool) -> None:
    """Print the JSON Schema of the suite file (default), a run or a webhook's notification.

    Save it and name it in your editor, or in the first line of a suite:

    \b
      assay schema > assay.schema.json
      # yaml-language-server: $schema=assay.schema.json
    """
    if document == "suite":
        from assay.suite.schema import json_schema

        print_json(json_schema())
    elif document == "notification":
        from assay.notify.body import notification_schema

        print_json(notification_schema())
    else:
        from assay.report.json_schema import run_schema

        print_json(run_schema())
