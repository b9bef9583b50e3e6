"""``assay experiment``."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.experiment_decide import decide
from assay.cli.options import (
    check_reports,
    home_option,
    json_option,
    print_json,
    report_option,
    write_reports,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.experiments.design import Design
    from assay.experiments.spec import ExperimentSpec


def _numbers(
    _context: click.Context, _option: click.Parameter, texts: tuple[str, ...]
) -> dict[str, float]:
    """Numbers by metric; one without a metric is for all (``*``)."""
    found: dict[str, float] = {}
    for text in texts:
        name, equals, number = text.rpartition("=")
        try:
            value = float(number)
            if not math.isfinite(value):
                raise ValueError
            found[name if equals else "*"] = value
        except ValueError:
            raise click.BadParameter(f"{number!r} is not a number, as in conversion=0.1.") from None
    return found


@click.group(short_help="Design, assign and analyse an experiment.")
def command() -> None:
    """Design, assign and analyse an A/B test that an experiment file describes.

    Each of the commands below has options of its own, and --json.

    \b
    Examples:
      assay experiment design checkout.yaml --baseline conversion=0.1 --lift 0.05
      assay experiment assign checkout.yaml users.parquet --to arms.parquet
      assay experiment analyze checkout.yaml --report report.html
    """


command.add_command(decide)


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--baseline", "baselines", multiple=True, metavar="METRIC=VALUE", callback=_numbers,
    help="A metric's value today. Without it, it is measured in the file's tables. Repeatable.",
)  # fmt: skip
@click.option(
    "--sd", "sds", multiple=True, metavar="METRIC=SD", callback=_numbers,
    help="Standard deviation of a unit's value, beside its baseline. Repeatable.",
)  # fmt: skip
@click.option(
    "--lift", "lifts", multiple=True, metavar="[METRIC=]SHARE", callback=_numbers,
    help="Least relative effect worth finding, such as 0.05. Repeatable.",
)  # fmt: skip
@click.option(
    "--effect", "effects", multiple=True, metavar="METRIC=DIFFERENCE", callback=_numbers,
    help="Least absolute effect worth finding. Repeatable.",
)  # fmt: skip
@click.option("--power", default=0.8, show_default=True, help="Probability of finding it.")
@click.option("--units-per-day", type=float, help="Units that come in a day: tells how long.")
@click.option(
    "--beside", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Another experiment that runs at once: said where the two get in each other's way.",
)  # fmt: skip
@json_option
def design(
    file: Path,
    baselines: dict[str, float],
    sds: dict[str, float],
    lifts: dict[str, float],
    effects: dict[str, float],
    power: float,
    units_per_day: float | None,
    beside: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Say how many units each metric of FILE needs, and how long that takes."""
    from assay.api import experiment
    from assay.experiments.assignment import layer_conflicts

    spec = experiment.load(file)
    conflicts = layer_conflicts([spec, *(experiment.load(other) for other in beside)])
    made = experiment.design(
        spec, baselines=baselines, sds=sds, lifts=lifts, effects=effects, power=power,
        units_per_day=units_per_day,
    )  # fmt: skip
    for conflict in conflicts:
        click.echo(f"assay: {conflict}", err=True)
    if as_json:
        print_json({"experiment": spec.name, "conflicts": conflicts, "metrics": made})
    else:
        _print_designs(made)
    return 2 if conflicts else 0


def _print_designs(made: list[Design]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from assay.core.measurement import number_text

    grid = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    grid.add_column("metric", overflow="fold")
    for name in ("today", "effect", "lift", "level", "control", "each arm", "units", "days"):
        grid.add_column(name, justify="right", no_wrap=True)
    for d in made:
        grid.add_row(
            d.metric, number_text(d.baseline.value), number_text(d.effect),
            "–" if d.lift is None else f"{100 * d.lift:+.3g} %", f"{100 * d.level:.4g} %",
            f"{d.control:,}", f"{d.arm:,}", f"{d.units:,}",
            "–" if d.days is None else f"{d.days:.1f}",
        )  # fmt: skip
    Console(highlight=False).print(grid)


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("units")
@click.option(
    "--to", type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write units and arms: .parquet or .csv. With `-` as UNITS, stdout without it.",
)  # fmt: skip
@click.option("--column", help="Column of the units; the experiment's `unit` without it.")
@home_option
@json_option
def assign(
    file: Path, units: str, to: Path | None, column: str | None, home: Path, as_json: bool
) -> None:
    """Assign UNITS to the arms of FILE: a table, or `-` for one id a line on stdin.

    Where FILE has a rollout, units are assigned by the shares that it gives the arms now; stderr
    says which.
    """
    from assay.api import experiment

    if units == "-" and column is not None:
        raise click.UsageError("--column is for a table: lines have no columns.")
    if units == "-" and to is None and as_json:
        raise click.UsageError("--json prints how many each arm has, so the arms need a file: --to")
    if units != "-" and to is None:
        raise click.UsageError("Where to? Give a file: --to arms.parquet")
    spec = _as_it_stands(file, home)
    if to is None:
        _assign_lines(spec)
        return
    given = _table_of_lines(spec) if units == "-" else units
    counts = experiment.assign(spec, given, to=to, column=column)
    if as_json:
        print_json(counts)
        return
    for arm, n in sorted(counts.items()):
        click.echo(f"{arm:<24} {n:>12,}")
    click.echo(f"Units with their arms: {to}", err=True)


def _as_it_stands(file: Path, home: Path) -> ExperimentSpec:
    """The experiment, with the shares of its rollout; they are said on stderr."""
    from assay.api import experiment, rollout

    spec = experiment.load(file)
    now = rollout.current(spec, home=home)
    if now is not spec:
        shares = ", ".join(f"{arm} {share:.4g}" for arm, share in now.arms.items())
        idle = " (it has not begun, or has ended)" if 0 in now.arms.values() else ""
        click.echo(f"Assigned by the rollout's shares, as they are now: {shares}{idle}.", err=True)
    return now


def _lines() -> list[str]:
    """Ids from stdin, one a line."""
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(
            f"The ids on stdin must be UTF-8; byte {error.start + 1:,} is not."
        ) from None
    return [unit for line in text.split("\n") if (unit := line.rstrip("\r"))]


def _assign_lines(spec: ExperimentSpec) -> None:
    """Ids from stdin, one a line; id and arm on stdout, with a tab between."""
    from assay.experiments.assignment import assign_all

    known = _lines()
    for unit, arm in zip(known, assign_all(spec, known), strict=True):
        click.echo(f"{unit}\t{arm or ''}".encode())  # UTF-8 whatever the terminal: ids come back


def _table_of_lines(spec: ExperimentSpec) -> pa.Table:
    """Ids from stdin as a table."""
    import pyarrow as pa

    return pa.table({spec.unit: pa.array(_lines(), pa.string())})


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@report_option
@click.option("--name", help="Keep the run under this name.")
@home_option
@json_option
@click.option("-q", "--quiet", is_flag=True, help="No summary: the exit code tells.")
def analyze(
    file: Path,
    reports: tuple[Path, ...],
    name: str | None,
    home: Path,
    as_json: bool,
    quiet: bool,
) -> int:
    """Analyse FILE's tables, judge its metrics, and end with the gate's exit code.

    0: an arm wins. 1: none does, or not yet; or the arms' sizes are not what was promised.
    """
    from assay.api import experiment

    check_reports(reports)
    run = experiment.analyze(file, home=home, name=name)
    if as_json and not quiet:
        from assay.core.result import to_json

        click.echo(to_json(run).decode())
    elif not quiet:
        from rich.console import Console

        from assay.report.experiment import print_experiment

        print_experiment(run, Console(highlight=False))
    write_reports(run, reports)
    return run.run.exit_code
