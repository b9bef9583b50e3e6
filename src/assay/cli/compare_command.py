"""``assay compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.options import home_option, json_option, print_json

if TYPE_CHECKING:
    from assay.core.check import CorrectionMethod


@click.command(short_help="Compare two stored runs, with intervals.")
@click.argument("a")
@click.argument("b", default="latest")
@click.option("--all", "everything", is_flag=True, help="Show what did not change, too.")
@click.option(
    "--margin",
    type=click.FloatRange(min=0),
    metavar="LOSS",
    help="A loss up to this, in each metric's unit, is no worse: say where a greater is excluded.",
)
@click.option(
    "--by",
    multiple=True,
    metavar="COLUMN",
    help="Show which slices of this column moved: one kept with the predictions. Repeatable.",
)
@click.option(
    "--models",
    nargs=2,
    metavar="FIRST SECOND",
    help="Hold a language model of each run against the other, in place of the runs: two models "
    "of one run, as in `assay compare latest --models bot other`.",
)
@click.option(
    "--correction",
    type=click.Choice(("holm", "bh", "by", "none")),
    default="holm",
    show_default=True,
    help="How verdicts are adjusted for all of them together.",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a report; the ending says which: .html or .json. Repeatable.",
)
@home_option
@json_option
def command(
    a: str,
    b: str,
    everything: bool,
    margin: float | None,
    by: tuple[str, ...],
    models: tuple[str, str] | None,
    correction: CorrectionMethod,
    reports: tuple[Path, ...],
    home: Path,
    as_json: bool,
) -> None:
    """Hold run B (the latest by default) against run A: what became better or worse, how surely.

    A and B are names, ids or beginnings of ids. Where both runs kept predictions of the same
    units, differences are paired; where their rows come in clusters, clusters are.
    """
    import math

    from assay import api

    if margin is not None and not math.isfinite(margin):
        raise click.BadParameter("must be a finite number", param_hint="--margin")
    if reports:
        from assay.report.comparison.write import format_of

        for path in reports:
            format_of(path)
    comparison = api.compare(home, a, b, margin=margin, correction=correction, by=by, models=models)
    if as_json:
        print_json(comparison)
    else:
        from rich.console import Console

        from assay.report.comparison.terminal import print_comparison

        print_comparison(comparison, Console(highlight=False), everything=everything)
    for path in reports:
        from importlib.metadata import version

        from assay.report.comparison.write import write

        click.echo(f"Report: {write(comparison, path, version=version('assay'))}", err=True)
