"""``assay resume``."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.options import home_option, json_option, report_option


@click.command(short_help="Go on with an interrupted run.")
@click.argument("run", required=False)
@report_option
@click.option("--allow-code", is_flag=True, help="As for `assay run`.")
@home_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    run: str | None,
    reports: tuple[Path, ...],
    allow_code: bool,
    home: Path,
    as_json: bool,
) -> int:
    """Go on with the interrupted RUN (the latest, if none is named): `assay run --resume`."""
    from assay.cli.run_command import _LATEST
    from assay.cli.run_command import command as run_command

    code: int = context.invoke(
        run_command, suite=None, reports=reports, resume_id=run or _LATEST, name=None,
        allow_code=allow_code, quiet=False, verbose=False, home=home, as_json=as_json,
    )  # fmt: skip
    return code
