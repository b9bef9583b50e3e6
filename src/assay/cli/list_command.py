"""``assay list``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from assay.cli.options import home_option, json_option, metrics_option, print_json

_KINDS = ("metrics", "presets", "sets", "runs", "baselines")


@click.command(name="list", short_help="List metrics, presets, sets of prompts, runs or baselines.")
@click.argument("kind", type=click.Choice(_KINDS), default="metrics")
@metrics_option
@home_option
@json_option
def command(kind: str, home: Path, as_json: bool) -> None:
    """List metrics (default), presets, sets of prompts, stored runs, or named baselines."""
    rows = _ROWS[kind](home)
    if as_json:
        print_json(rows)
        return
    if kind == "runs":
        rows = [_told(row) for row in rows]
    if not rows:
        click.echo(f"No {kind}.")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from assay.report.text import visible

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in rows[0]:
        table.add_column(column, no_wrap=column in ("metric", "preset", "samples", "run", "name"))
    for row in rows:
        cells = ("" if value is None else visible(str(value)) for value in row.values())
        table.add_row(*map(Text, cells))
    Console(highlight=False).print(table)


def _metrics(_home: Path) -> list[dict[str, Any]]:
    from inspect import cleandoc

    from assay.metrics import load_all

    return [
        {
            "metric": name,
            "summary": cleandoc(metric.__doc__ or "").split("\n\n")[0].replace("\n", " "),
        }
        for name, metric in sorted(load_all().items())
    ]


def _presets(_home: Path) -> list[dict[str, Any]]:
    from assay.suite.presets import presets

    return [{"preset": n, "description": p.description} for n, p in presets().items()]


def _sets(_home: Path) -> list[dict[str, Any]]:
    from assay.api.samples import prompt_sets

    return [{"samples": name, "asks": title} for name, title in prompt_sets().items()]


def _runs(home: Path) -> list[dict[str, Any]]:
    from assay.api import runs

    return runs(home)


def _told(run: dict[str, Any]) -> dict[str, Any]:
    """A run as a line that fits a terminal."""
    return {
        "run": run["id"],
        "names": ", ".join(run["names"]),
        "suite": run["suite"],
        "state": run["decision"] or run["status"],
        "verdicts": ", ".join(f"{n} {verdict}" for verdict, n in run["counts"].items() if n),
    }


def _baselines(home: Path) -> list[dict[str, Any]]:
    from assay.api import baselines

    return [{"name": name, "run": run} for name, run in baselines(home).items()]


_ROWS = {
    "metrics": _metrics, "presets": _presets, "sets": _sets, "runs": _runs,
    "baselines": _baselines,
}  # fmt: skip
