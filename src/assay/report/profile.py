"""A profile for a person: each column in a line of text, on a terminal or in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.text import counted, figure, short, visible

if TYPE_CHECKING:
    from rich.console import Console

    from assay.core.expr import Scalar
    from assay.core.profile import ColumnProfile, Point, Spread, TableProfile

HEADERS = ("column", "type", "nulls", "distinct", "values")
_NAME = 22
_VALUE = 16
_VALUES_SHOWN = 3


def title(profile: TableProfile) -> str:
    """``hmda.csv: 2,380 rows, 14 columns``."""
    size = f"{counted(profile.rows, 'row')}, {counted(len(profile.columns), 'column')}"
    return f"{visible(profile.source)}: {size}"


def cells(column: ColumnProfile) -> tuple[str, str, str, str, str]:
    """One column under :data:`HEADERS`; nothing in it is invisible or acts on a terminal."""
    return (
        short(column.name, _NAME) or "(no name)",
        column.kind,
        percent(column.nulls, column.rows) if column.nulls else "·",
        f"{column.distinct:,}",
        _values(column),
    )


def remarks(profile: TableProfile) -> list[tuple[str, str]]:
    """Alerts as pairs of a column's name and what there is to see; long texts on one line."""
    return [
        (short(column.name, _NAME) or "(no name)", visible(alert.text))
        for column in profile.columns
        for alert in column.alerts
    ]


def percent(part: int, whole: int) -> str:
    """A share as ``12 %``, ``0.4 %``, ``< 0.1 %``; never 0 or 100 where it is not."""
    share = 100 * part / whole
    if share < 0.1:
        return "< 0.1 %"
    if 99.9 < share < 100:
        return "> 99.9 %"
    return f"{share:.0f} %" if 10 <= share < 99.5 or share == 100 else f"{share:.1f} %"


def _values(column: ColumnProfile) -> str:
    if column.spread is not None:
        return _spread(column.spread)
    first = column.top[:_VALUES_SHOWN]
    if not first:
        return ""
    rest = " …" if column.distinct > len(first) else ""
    if first[0].n <= max(1, column.values / 100):  # shares would say nothing
        return ", ".join(_value(entry.value) for entry in first[:2]) + rest
    return ", ".join(f"{_value(e.value)} {percent(e.n, column.values)}" for e in first) + rest


def _value(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return short(str(value), _VALUE) or "(empty)"


def _spread(spread: Spread) -> str:
    """Least, median and greatest; and for numbers mean and standard deviation."""
    ends = [_point(p) for p in (spread.least, spread.median, spread.greatest)]
    line = " … ".join(dict.fromkeys(ends))
    if spread.sd and not isinstance(spread.mean, str) and spread.mean is not None:
        line += f"  (mean {_three(spread.mean)} ± {_three(spread.sd)})"
    return line


def _point(value: Point) -> str:
    """A value of the column; years and codes are written without thousands."""
    if isinstance(value, str):
        return value.removesuffix("+00:00").replace("T", " ").split(".")[0]
    if value == int(value) and abs(value) < 10_000:
        return str(int(value)).replace("-", "−")
    return figure(value)


def _three(value: float) -> str:
    """A figure to three significant digits, no fewer than its whole ones."""
    if 1_000 <= abs(value) < 1e15:
        return figure(round(value))
    return f"{value:.3g}".replace("-", "−", 1) if value < 0 else f"{value:.3g}"


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
