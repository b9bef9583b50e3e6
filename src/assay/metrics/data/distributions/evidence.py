"""Pictures and tables of two distributions: where a column drifted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from assay.core.evidence import Distributions, Table
from assay.metrics.data.distributions.cells import edges, shares
from assay.metrics.data.distributions.changes import of_categories, of_values
from assay.metrics.data.distributions.sides import Categories, Values, most_frequent, total

if TYPE_CHECKING:
    from assay.core.evidence import Cell, Evidence
    from assay.core.expr import Scalar
    from assay.inference.distribution import Distribution

_SIDES = ("reference", "current")
_BARS, _CHANGED, _ROWS = 20, 6, 20
OTHERS = "(others)"
"""Name of the cell that the rarer values share."""
_QUANTILES = (("5 %", 0.05), ("25 %", 0.25), ("median", 0.5), ("75 %", 0.75), ("95 %", 0.95))


def evidence(column: str, sides: Values | Categories, *, temporal: bool) -> tuple[Evidence, ...]:
    """Both distributions over each other, and what changed in words and figures."""
    if isinstance(sides, Categories):
        return _bars(column, sides), *_changes(sides)
    picture = _histogram(column, sides, temporal=temporal)
    return (*((picture,) if picture else ()), _summary(sides, temporal=temporal))


def _histogram(column: str, sides: Values, *, temporal: bool) -> Distributions | None:
    """Shares of both sides in the same cells; None where neither has a value."""
    known = [d for d in sides.distributions if d is not None]
    if not known:
        return None
    at = edges(known, temporal=temporal)
    one, two = shares(sides, at)
    return Distributions(
        title=_title(column),
        alt=f"Histograms of {column}: the reference table and the current one over each other.",
        of=column,
        sides=_SIDES,
        shares=(one.inside, two.inside),
        edges=[float(edge) for edge in at],
        temporal=temporal,
        beyond=(one.beyond, two.beyond),
        missing=(round(sides.missing[0], 6), round(sides.missing[1], 6)),
        changes=of_values(sides, temporal=temporal),
    )


def _title(column: str) -> str:
    return f"Distribution of {column}"


def _shown(value: float, *, temporal: bool) -> str | float:
    """A number as it is; seconds since 1970 as an ISO timestamp."""
    if not temporal:
        return value
    try:
        return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):  # a year that Python's calendar does not have
        return value


def _summary(sides: Values, *, temporal: bool) -> Table:
    """Rows, missing values and quantiles of both sides."""

    def row(name: str, pick: float) -> list[Cell]:
        return [name, *(_at(d, pick, temporal=temporal) for d in sides.distributions)]

    return Table(
        title="Both tables in figures",
        columns=["", *_SIDES],
        rows=[
            ["rows", *sides.rows],
            ["missing (share)", *(round(share, 6) for share in sides.missing)],
            row("least", 0.0),
            *(row(name, p) for name, p in _QUANTILES),
            row("greatest", 1.0),
        ],
    )


def _at(distribution: Distribution | None, p: float, *, temporal: bool) -> Cell:
    if distribution is None:
        return None
    return _shown(float(distribution.quantile(np.array([p]))[0]), temporal=temporal)


def _name(value: Scalar) -> str:
    return "(missing)" if value is None else str(value)


def _bars(column: str, sides: Categories) -> Distributions:
    """Shares of the most frequent values, and of all others together."""
    kept, others = _drawn(sides)
    counts = [(_name(value), sides.counts[value]) for value in kept if value is not None]
    if any(rest := total(sides, others)):
        counts.append((OTHERS, rest))
    missing = sides.counts.get(None, (0, 0))
    n, m = sides.rows
    return Distributions(
        title=_title(column),
        alt=f"Shares of the values of {column} in the reference table and in the current one.",
        of=column,
        sides=_SIDES,
        names=[name for name, _ in counts],
        shares=(
            [round(r / n, 6) for _, (r, _) in counts],
            [round(c / m, 6) for _, (_, c) in counts],
        ),
        missing=(round(missing[0] / n, 6), round(missing[1] / m, 6)),
        changes=of_categories(sides),
    )


def _drawn(sides: Categories) -> tuple[list[Scalar], list[Scalar]]:
    """The most frequent values, some whose share changed most among them; and all others."""
    ordered, _ = most_frequent(sides, len(sides.counts))
    if len(ordered) <= _BARS:
        return ordered, []
    n, m = sides.rows
    rarer = ordered[_BARS - _CHANGED :]
    rarer.sort(key=lambda v: -abs(sides.counts[v][0] / n - sides.counts[v][1] / m))
    kept = {*ordered[: _BARS - _CHANGED], *rarer[:_CHANGED]}
    return [v for v in ordered if v in kept], [v for v in ordered if v not in kept]


def _changes(sides: Categories) -> tuple[Table, ...]:
    """The values whose share changed most; and those that occur on one side only."""
    n, m = sides.rows
    shares = [(_name(value), r / n, c / m) for value, (r, c) in sides.counts.items()]
    by_change = sorted(shares, key=lambda row: (-abs(row[2] - row[1]), row[0]))
    tables = [
        Table(
            title="Values whose share changed most",
            columns=["value", *_SIDES, "change"],
            rows=[
                [name, round(r, 6), round(c, 6), round(c - r, 6)]
                for name, r, c in by_change[:_ROWS]
                if c != r
            ],
        )
    ]
    new, vanished = (
        # not on a list that ends early is not absent
        [] if sides.bounds[side] else [row for row in by_change if not row[1 + side]]
        for side in (0, 1)
    )
    one_sided = sorted([*new, *vanished], key=lambda row: (-abs(row[2] - row[1]), row[0]))
    if one_sided:
        more = f" ({_ROWS} of {len(one_sided):,})" if len(one_sided) > _ROWS else ""
        rows: list[list[Cell]] = [
            [name, "vanished" if r else "new", round(r + c, 6)] for name, r, c in one_sided[:_ROWS]
        ]
        rows += [
            [f"(all {len(some):,})", what, round(sum(r + c for _, r, c in some), 6)]
            for what, some in (("new", new), ("vanished", vanished))
            if len(some) > 1
        ]
        columns = ["value", "", "share"]
        tables.append(Table(title=f"New and vanished values{more}", columns=columns, rows=rows))
    return tuple(table for table in tables if table.rows)
