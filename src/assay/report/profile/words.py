"""A profile in words: each column in a line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.text import counted, figure, short, visible

if TYPE_CHECKING:
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
        distinct(column),
        values(column),
    )


def distinct(column: ColumnProfile) -> str:
    """How many different values; an estimate is marked as one."""
    return f"{'≈ ' if column.distinct_error else ''}{column.distinct:,}"


def remarks(profile: TableProfile) -> list[tuple[str, str]]:
    """Alerts as pairs of a column's name and what there is to see; long texts on one line."""
    on_rows = [("(rows)", visible(alert.text)) for alert in profile.alerts]
    return on_rows + [
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


def values(column: ColumnProfile) -> str:
    """Where its values lie, or which are the commonest."""
    if column.spread is not None:
        return _spread(column.spread)
    first = column.top[:_VALUES_SHOWN]
    if not first:
        return ""
    rest = " …" if column.distinct > len(first) else ""
    if first[0].n <= max(1, column.values / 100):  # shares would say nothing
        return ", ".join(value_text(entry.value) for entry in first[:2]) + rest
    return ", ".join(f"{value_text(e.value)} {percent(e.n, column.values)}" for e in first) + rest


def value_text(value: Scalar) -> str:
    """A value of a column, short and on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return point_text(value)
    return short(str(value), _VALUE) or "(empty)"


def _spread(spread: Spread) -> str:
    """Least, median and greatest; and for numbers mean and standard deviation."""
    ends = [point_text(p) for p in (spread.least, spread.median, spread.greatest)]
    line = " … ".join(dict.fromkeys(ends))
    if spread.sd and not isinstance(spread.mean, str) and spread.mean is not None:
        line += f"  (mean {three(spread.mean)} ± {three(spread.sd)})"
    return line


def point_text(value: Point) -> str:
    """A value of a column; years and codes are written without thousands."""
    if isinstance(value, str):
        return value.removesuffix("+00:00").replace("T", " ").split(".")[0]
    if value == int(value) and abs(value) < 10_000:
        return str(int(value)).replace("-", "−")
    return figure(value)


def three(value: float) -> str:
    """A figure to three significant digits, no fewer than its whole ones."""
    if 1_000 <= abs(value) < 1e15:
        return figure(round(value))
    return f"{value:.3g}".replace("-", "−", 1) if value < 0 else f"{value:.3g}"
