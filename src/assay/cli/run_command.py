"""``assay run``."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.options import (
    check_reports,
    home_option,
    json_option,
    report_option,
    show_run,
    terminal_progress,
    write_reports,
)

_LATEST = "latest"


@click.command(short_help="Run a suite and judge it.")
@click.argument("suite", required=False, type=click.Path(path_type=Path))
@report_option
@click.option("--name", help="Keep the run under this name, as a baseline for later runs.")
@click.option(
    "--resume",
    "resume_id",
    is_flag=False,
    flag_value=_LATEST,
    metavar="[RUN]",
    help="Go on with an interrupted run (the latest, if none is named).",
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
    help="What measures the tables, in place of the suite's own.",
)
@click.option(
    "--explain",
    "explains",
    is_flag=True,
    help="Do not run: print which checks share which scan, what is kept already, and the SQL.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress, no summary: the exit code tells.")
@click.option("-v", "--verbose", is_flag=True, help="Show passing checks one by one.")
@home_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    suite: Path | None,
    reports: tuple[Path, ...],
    name: str | None,
    resume_id: str | None,
    allow_code: bool,
    engine: str | None,
    explains: bool,
    quiet: bool,
    verbose: bool,
    home: Path,
    as_json: bool,
) -> int:
    """Run the checks of SUITE, judge them, and end with the gate's exit code.

    \b
    Examples:
      assay run suite.yaml
      assay run suite.yaml --report report.html --report junit.xml
      assay run suite.yaml --name main     # a baseline for `no_worse_than`
      assay run --resume                   # after Ctrl-C or a crash
      assay run suite.yaml --explain       # what it would read, and by which SQL
    """
    from assay import api

    run_id: str | None = None
    if resume_id is not None:
        # `--resume suite.yaml` cannot be told apart from a run's name until it is looked at.
        if suite is None and Path(resume_id).suffix in (".yaml", ".yml"):
            suite, resume_id = Path(resume_id), _LATEST
        run_id, started_with = api.interrupted_run(
            home, None if resume_id == _LATEST else resume_id
        )
        suite = suite or started_with
    if suite is None:
        raise click.UsageError("Which suite? Give its path: assay run suite.yaml", context)
    if explains:
        from assay.cli.run_plan import show_plan

        show_plan(
            api.explain(suite, home=home, engine=engine, allow_code=allow_code), as_json=as_json
        )
        return 0
    check_reports(reports)
    try:
        with terminal_progress(quiet=quiet) as progress:
            run = api.run(
                suite, name=name, home=home, allow_code=allow_code, progress=progress,
                resume=run_id, engine=engine, say=_say,
            )  # fmt: skip
    except api.Interrupted as stop:
        click.echo(f"\nInterrupted. What is finished is kept: run {stop.run_id}.", err=True)
        click.echo(f"Go on with: assay run --resume {stop.run_id}", err=True)
        return 130
    if not quiet:
        show_run(run, as_json=as_json, verbose=verbose)
    if reports:
        previous, earlier = api.previous_run(home, run), api.earlier_scores(home, run)
        write_reports(
            run, reports, previous=previous, earlier=earlier,
            transcripts=api.transcripts(home, run), rivals=api.rivals(home, run),
        )  # fmt: skip
    return run.run.exit_code


def _say(message: str) -> None:
    click.echo(f"assay: {message}", err=True)
