"""``assay compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.options import home_option, json_option, print_json

if TYPE_CHECKING:
    from assay.core.comparison import Comparison


@click.command(short_help="Compare two stored runs, with intervals.")
@click.argument("a")
@click.argument("b", default="latest")
@click.option("--all", "everything", is_flag=True, help="Show what did not change, too.")
@home_option
@json_option
def command(a: str, b: str, everything: bool, home: Path, as_json: bool) -> None:
    """Hold run B (the latest by default) against run A: what became better or worse, how surely.

    A and B are names, ids or beginnings of ids. Where both runs kept predictions of the same
    units, differences are paired.
    """
    from assay import api

    comparison = api.compare(home, a, b)
    if as_json:
        print_json(comparison)
    else:
        _show(comparison, everything=everything)


_SYMBOLS = {"better": "▲", "worse": "▼", "changed": "≠", "same": "=", "unclear": "?"}


def _show(comparison: Comparison, *, everything: bool) -> None:
    from rich.console import Console
    from rich.text import Text as RichText

    from assay.report.text import visible

    def text(words: str, style: str = "") -> RichText:
        return RichText(visible(words), style)

    console = Console(highlight=False)
    a, b = comparison.a, comparison.b
    console.print(text(f"{a.name or a.id} → {b.name or b.id}", "bold"))
    counts: dict[str, int] = {}
    for difference in comparison.differences:
        counts[difference.verdict] = counts.get(difference.verdict, 0) + 1
        quiet = difference.verdict in ("same", "unclear") and not everything
        if not quiet:
            key = ", ".join(f"{k}={v}" for k, v in difference.key.items())
            head = f"{_SYMBOLS[difference.verdict]} {difference.verdict}  {difference.id}"
            console.print(text(f"{head} ({key})" if key else head))
            console.print(text(f"    {difference.reason}"), style="dim")
    console.print(text(", ".join(f"{n} {verdict}" for verdict, n in counts.items()) or "Nothing."))
    for label, ids in (("Only in the first", comparison.only_in_a),
                       ("Only in the second", comparison.only_in_b)):  # fmt: skip
        if ids:
            console.print(text(f"{label}: {', '.join(ids)}"))
    for note in comparison.notes:
        console.print(text(f"Note: {note}"), style="dim")
