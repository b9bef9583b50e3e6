"""A profile on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.profile.words import HEADERS, cells, remarks, title

if TYPE_CHECKING:
    from rich.console import Console

    from assay.core.profile import TableProfile


def print_profile(profile: TableProfile, console: Console) -> None:
    """Print a table that fits the console, and below it what a person should look at."""
    from rich.table import Table
    from rich.text import Text

    console.print(Text(title(profile), style="bold"), soft_wrap=True)
    console.print()
    table = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    for header in HEADERS:
        wraps = header in ("column", "values")
        right = header in ("nulls", "distinct")
        table.add_column(
            header,
            justify="right" if right else "left",
            no_wrap=not wraps,
            overflow="fold",
        )
    for column in profile.columns:
        table.add_row(*(Text(cell) for cell in cells(column)))
    console.print(table)
    found = remarks(profile)
    if not found:
        return
    console.print()
    console.print(Text(f"Worth a look ({len(found)})", style="bold"))
    notes = Table(box=None, pad_edge=False, show_header=False)
    notes.add_column(no_wrap=False, overflow="fold")
    notes.add_column(overflow="fold")
    for name, text in found:
        notes.add_row(Text(name), Text(text))
    console.print(notes)
