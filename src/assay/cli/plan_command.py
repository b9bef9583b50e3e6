"""``assay plan``."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.options import home_option, json_option, print_json, terminal_progress


def _distances(
    _context: click.Context, _option: click.Parameter, texts: tuple[str, ...]
) -> dict[str, float]:
    """Distances by the pattern of ids that they are for; the first of a pattern counts."""
    found: dict[str, float] = {}
    for text in texts:
        pattern, equals, number = text.rpartition("=")
        try:
            found.setdefault(pattern if equals else "*", float(number))
        except ValueError:
            raise click.BadParameter(
                f"{number!r} is not a number, as in 0.02 or 'model@test/*=0.02'."
            ) from None
    return found


@click.command(short_help="How many rows would decide each check, and what they cost.")
@click.argument("suite", type=click.Path(path_type=Path))
@click.option(
    "--power",
    type=float,
    default=0.8,
    show_default=True,
    help="Probability that a check is decided rightly, if its value is as assumed.",
)
@click.option(
    "--effect",
    "effects",
    multiple=True,
    metavar="[CHECK=]DISTANCE",
    callback=_distances,
    help="Distance from the bound that matters, in the metric's unit: for all checks, or for those "
    "whose id fits (* and ? are wildcards). Repeatable; the first that fits counts.",
)
@click.option(
    "--from", "run", metavar="RUN", help="Take values from this stored run (latest: the newest)."
)
@click.option(
    "--pilot",
    type=int,
    metavar="ROWS",
    help="Measure so many rows first, drawn at random. Models are called for them.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="End with 1 if the rows on hand cannot decide a check of severity block.",
)
@click.option(
    "--allow-code",
    is_flag=True,
    help="Let this suite import Python code and construct the types it lists as trusted. "
    "Only for suites whose author you trust.",
)
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark", "postgresql"]),
    help="What reads the tables, in place of the suite's own.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress, no table: the exit code tells.")
@home_option
@json_option
def command(
    suite: Path,
    power: float,
    effects: dict[str, float],
    run: str | None,
    pilot: int | None,
    strict: bool,
    allow_code: bool,
    engine: str | None,
    quiet: bool,
    home: Path,
    as_json: bool,
) -> int:
    """Say how many rows would decide each check of SUITE, and what collecting them takes.

    Tables are counted; nothing is judged. A check that the rows on hand cannot decide is told
    before anything is spent on it. How much values vary is taken from a pilot, from a stored run,
    or from the latest run of the suite.

    \b
    Examples:
      assay plan suite.yaml                      # from the latest run, if there is one
      assay plan suite.yaml --effect 0.02        # n for a distance of 0.02 from each bound
      assay plan suite.yaml --pilot 500          # n from the values of 500 rows
      assay plan suite.yaml --from latest        # n from the values of a stored run
    """
    from assay import api

    with terminal_progress(quiet=quiet) as progress:
        plan = api.plan(
            suite, power=power, effect=effects or None, run=run, pilot=pilot,
            home=home, allow_code=allow_code, progress=progress, engine=engine,
        )  # fmt: skip
    if as_json:
        print_json(plan)
    elif not quiet:
        from assay.cli.plan_table import show_plan

        show_plan(plan)
    return 1 if strict and plan.undecidable else 0
