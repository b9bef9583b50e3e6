"""Pictures and tables of two distributions: where a column drifted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.evidence import Chart, Table
from assay.metrics.data.distributions.sides import Categories, Values, most_frequent, total

if TYPE_CHECKING:
    from assay.core.evidence import Cell, Evidence
    from assay.core.expr import Scalar
    from assay.inference.distribution import Distribution

_SIDES = ("reference", "current")
_BINS, _BARS, _ROWS = 40, 20, 20
_OUTER = np.array([0.005, 0.995])
_QUANTILES = (("5 %", 0.05), ("25 %", 0.25), ("median", 0.5), ("75 %", 0.75), ("95 %", 0.95))
_SHARE: dict[str, Any] = {
    "field": "share",
    "type": "quantitative",
    "title": "share of rows",
    "axis": {"format": ".0%"},
}
_TABLE: dict[str, Any] = {
    "field": "table",
    "type": "nominal",
    "title": None,
    "scale": {"domain": list(_SIDES)},
}


def evidence(column: str, sides: Values | Categories, *, temporal: bool) -> tuple[Evidence, ...]:
    """Both distributions over each other, and what changed in words and figures.

    Charts have the fields ``value`` (a bin's lower edge), ``share`` and ``table``.
    """
    if isinstance(sides, Categories):
        return _bars(column, sides), *_changes(sides)
    picture = _histogram(column, sides, temporal=temporal)
    return (*((picture,) if picture else ()), _summary(sides, temporal=temporal))


def _histogram(column: str, sides: Values, *, temporal: bool) -> Chart | None:
    """Shares in 40 bins of equal width, from the outer quantiles of both sides."""
    known = [d for d in sides.distributions if d is not None]
    outer = np.array([d.quantile(_OUTER) for d in known])
    if not known or outer.min() == outer.max():
        return None
    part = np.linspace(0, 1, _BINS + 1)
    edges = outer.min() * (1 - part) + outer.max() * part
    rows = []
    for table, distribution, missing in zip(
        _SIDES, sides.distributions, sides.missing, strict=True
    ):
        if distribution is None:
            continue
        upto = distribution.share_upto(edges)
        upto[0] = distribution.share_before(edges[:1])[0]
        shares = np.maximum(np.diff(upto), 0.0) * (1 - missing)
        # The steps run from each edge to the next: the last share is drawn up to the last edge.
        for edge, share in zip(edges, np.append(shares, shares[-1]), strict=True):
            value = _shown(float(edge), temporal=temporal)
            rows.append({"value": value, "share": round(float(share), 6), "table": table})
    x: dict[str, Any] = {"field": "value", "type": "quantitative", "title": column}
    if temporal:
        x |= {"type": "temporal", "scale": {"type": "utc"}}
    else:
        x |= {"scale": {"zero": False}}
    return Chart(
        title=f"Distribution of {column}",
        alt=f"Histograms of {column}: the reference table and the current one over each other.",
        spec={
            "data": {"values": rows},
            "mark": {"type": "area", "interpolate": "step-after", "opacity": 0.5, "line": True},
            "encoding": {
                "x": x,
                "y": {**_SHARE, "stack": None},
                "color": _TABLE,
            },
        },
    )


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


def _bars(column: str, sides: Categories) -> Chart:
    """Shares of the most frequent values, side by side."""
    kept, others = most_frequent(sides, _BARS)
    counts = [(_name(value), sides.counts[value]) for value in kept]
    if any(rest := total(sides, others)):
        counts.append(("(others)", rest))
    rows = [
        {"value": name, "share": round(pair[i] / sides.rows[i], 6), "table": table}
        for name, pair in counts
        for i, table in enumerate(_SIDES)
    ]
    return Chart(
        title=f"Distribution of {column}",
        alt=f"Shares of the values of {column} in the reference table and in the current one.",
        spec={
            "data": {"values": rows},
            "mark": "bar",
            "encoding": {
                "y": {
                    "field": "value",
                    "type": "nominal",
                    "title": column,
                    "sort": [name for name, _ in counts],
                },
                "yOffset": {"field": "table", "sort": list(_SIDES)},
                "x": _SHARE,
                "color": _TABLE,
            },
        },
    )


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
