"""A check sliced by two columns as a matrix: category × technique, length × depth.

Each cell says the value, its interval and how many rows it rests on, and by a sign whether it
meets the requirement; the shade is the value's place between the least and the greatest. So the
matrix can be read without telling colours apart, and in both themes.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

from assay.core.measurement import Measurement
from assay.report.html.layout import head_row, scrolling_table
from assay.report.html.markup import h
from assay.report.standing import decided, held_against, required
from assay.report.text import figure, interval_text, key_text, unit_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assay.core.measurement import Unmeasured
    from assay.core.result import Result
    from assay.report.html.markup import Element, Node

ALL = "all"
_ROWS, _COLUMNS = 60, 30
_WIDE = 8
_STEPS = 5
_SIGNS = {"outside": ("✗", "fail"), "straddles": ("?", "inconclusive"), "inside": ("✓", "pass")}
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)")
_AMOUNT = re.compile(r"([-+]?[\d,]*\.?\d+(?:e[-+]?\d+)?)\s*([kKmM%]?)", re.ASCII)
_FACTORS = {"": 1.0, "%": 0.01, "k": 1e3, "K": 1e3, "m": 1e6, "M": 1e6}


@dataclass
class _Grid:
    """The values of one matrix by row label and column label; ``ALL`` stands for either whole."""

    names: tuple[str, str]
    rest: dict[str, str]
    cells: dict[tuple[str, str], Measurement | Unmeasured] = field(default_factory=dict)

    def labels(self, axis: int) -> list[str]:
        """The labels of an axis in their order, the whole last."""
        found = {at[axis] for at in self.cells}
        whole = [ALL] if ALL in found else []
        return [*in_order(found - {ALL}), *whole]

    @property
    def crossed(self) -> bool:
        """Whether there are at least two values of each column, and cells for them."""
        sizes = [len([label for label in self.labels(axis) if label != ALL]) for axis in (0, 1)]
        return min(sizes) >= 2 and max(sizes) <= _ROWS and min(sizes) <= _COLUMNS


def two_way(result: Result) -> list[Element]:
    """A matrix for each slicing by two columns, and for each class or so within it."""
    found: list[_Grid] = []
    for by in result.by:
        if len(by) == 2:
            found += [grid for grid in _grids(result, (by[0], by[1])) if grid.crossed]
    return [_table(_turned(grid), result) for grid in found]


def in_order(labels: Iterable[str]) -> list[str]:
    """Labels as a person puts them: amounts by size (``512``, ``2k``, ``10 %``), else as words.

    Within words, numbers are ordered as numbers: ``q2`` comes before ``q10``.
    """
    held = list(labels)
    amounts = [amount for label in held if (amount := _amount(label)) is not None]
    if len(amounts) == len(held):
        return sorted(held, key=lambda label: (_amount(label) or 0.0, label))
    return sorted(held, key=_as_words)


def _amount(label: str) -> float | None:
    matched = _AMOUNT.fullmatch(label.strip()[:40])
    if matched is None:
        return None
    value = float(matched[1].replace(",", "")) * _FACTORS[matched[2]]
    return value if math.isfinite(value) else None


def _as_words(label: str) -> list[tuple[str, float]]:
    parts = _NUMBER.split(label[:200].casefold())
    return [
        (word, float(number or -1))
        for word, number in zip_longest(parts[::2], parts[1::2], fillvalue="")
    ]


def _grids(result: Result, names: tuple[str, str]) -> list[_Grid]:
    """What was measured at each pair of values, apart for each value of what else a key holds."""
    grids: dict[tuple[tuple[str, str], ...], _Grid] = {}
    values: list[Measurement | Unmeasured] = [*result.measurements, *result.unmeasured]
    for one in values:
        own = {name: one.key[name] for name in names if name in one.key}
        rest = {name: value for name, value in one.key.items() if name not in names}
        grid = grids.setdefault(tuple(sorted(rest.items())), _Grid(names, rest))
        # A value that is called like the whole would hide it: it is told apart by a mark.
        first, second = (_named(own.get(name)) for name in names)
        grid.cells.setdefault((first, second), one)
    return [g for g in grids.values() if any(ALL not in at for at in g.cells)]


def _named(value: str | None) -> str:
    return ALL if value is None else f"{value} (a value)" if value == ALL else value


def _turned(grid: _Grid) -> _Grid:
    """With the longer axis downwards, where it is long."""
    down, across = len(grid.labels(0)), len(grid.labels(1))
    if across <= max(_WIDE, down):
        return grid
    turned = {(b, a): one for (a, b), one in grid.cells.items()}
    return _Grid((grid.names[1], grid.names[0]), grid.rest, turned)


def _table(grid: _Grid, result: Result) -> Element:
    rows, columns = grid.labels(0), grid.labels(1)
    inner = [
        m.value for at, m in grid.cells.items() if ALL not in at and isinstance(m, Measurement)
    ]
    shades = _Shades(min(inner, default=0.0), max(inner, default=0.0))
    head = (
        h(
            "tr", None, h("td", {"rowspan": 2}),
            h("th", {"scope": "colgroup", "colspan": len(columns)}, grid.names[1]),
        ),
        head_row([(column, "number") for column in columns]),
    )  # fmt: skip
    body = [
        h(
            "tr", {"class": "whole" if row == ALL else None},
            h("th", {"scope": "row"}, h("span", {"class": "muted"}, f"{grid.names[0]}: "), row),
            [_cell(grid.cells.get((row, column)), (row, column), result, shades)
             for column in columns],
        )
        for row in rows
    ]  # fmt: skip
    of = f", {key_text(grid.rest)}" if grid.rest else ""
    title = f"{grid.names[0]} × {grid.names[1]}{of}"
    unit = unit_text(result.measurements[0].unit) if result.measurements else ""
    note = f" required: {required(result)};" if result.criterion else ""
    note += f" value{' in' + unit if unit else ''}, interval, n; a stronger shade is greater"
    return scrolling_table(title, head, body, note=note, kind="matrix two-way")


@dataclass(frozen=True)
class _Shades:
    """Five shades between the least and the greatest value: of shares, between 0 and 1."""

    least: float
    greatest: float

    def of(self, m: Measurement) -> int:
        """1 to 5."""
        low, high = (0.0, 1.0) if m.unit == "share" else (self.least, self.greatest)
        if not high > low:
            return 1
        share = (m.value - low) / (high - low)
        return min(_STEPS, max(1, math.ceil(share * _STEPS)))


def _cell(
    one: Measurement | Unmeasured | None, at: Sequence[str], result: Result, shades: _Shades
) -> Element:
    if one is None:
        return h("td", {"class": "number muted"}, "·")
    if not isinstance(one, Measurement):
        return h("td", {"class": "number muted"}, "–", _small(f"n = {one.n:,}"))
    stands = decided(one, held_against(result))
    sign: Node = None
    if stands is not None:
        symbol, tone = _SIGNS[stands]
        sign = (h("span", {"class": f"chip tone-{tone}"}, symbol), " ")
    shade = "" if ALL in at else f" shade-{shades.of(one)}"
    return h(
        "td", {"class": f"number{shade}"}, sign, figure(one.value),
        _small(interval_text(one)), _small(f"n = {one.n:,}"),
    )  # fmt: skip


def _small(text: str) -> Element:
    return h("span", {"class": "small"}, text)


CSS = """
table.two-way td{vertical-align:top;min-width:5.5rem}
table.two-way .chip{padding:0 .35rem}
table.two-way .small{display:block;font-size:.75rem;color:var(--muted);line-height:1.35}
table.two-way [class*=shade] .small{color:inherit}
table.two-way thead th{text-align:right}
table.two-way thead th[scope=colgroup]{text-align:left}
table.two-way tr.whole th,table.two-way tr.whole td{border-top:2px solid var(--line)}
"""
