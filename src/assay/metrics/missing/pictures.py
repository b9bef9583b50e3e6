"""What people see of missing values: tables, and pictures as Vega-Lite data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assay.core.evidence import Chart, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.inference.missing.patterns import Patterns

PATTERNS = 15
COLUMNS = 24


def by_column(values: NDArray[np.float64], names: tuple[str, ...]) -> Table:
    """How many values lack in each column, those that lack most first."""
    lacking = np.isnan(values).sum(axis=0)
    order = np.argsort(-lacking, kind="stable")
    return Table(
        title="Missing values by column",
        columns=["column", "missing", "share"],
        rows=[[names[i], int(lacking[i]), round(int(lacking[i]) / len(values), 4)] for i in order],
    )


def by_pattern(found: Patterns, names: tuple[str, ...]) -> Table:
    """The patterns of most rows, with the columns that lack in them."""
    n = int(found.counts.sum())
    rest = len(found.counts) - PATTERNS
    more = f" (the {PATTERNS} of most rows; {rest:,} more)" if rest > 0 else ""
    return Table(
        title=f"Patterns of missing values{more}",
        columns=["rows", "share", "missing columns"],
        rows=[
            [int(count), round(int(count) / n, 4), _listed(missing, names)]
            for count, missing in zip(found.counts[:PATTERNS], found.missing, strict=False)
        ],
    )


def _listed(missing: NDArray[np.bool_], names: tuple[str, ...]) -> str:
    """The columns that lack, in words."""
    return ", ".join(name for name, lacks in zip(names, missing, strict=True) if lacks) or "none"


def pattern_chart(found: Patterns, names: tuple[str, ...]) -> Chart:
    """A matrix of patterns by columns; fields ``pattern``, ``rows``, ``column``, ``value``.

    The columns that lack most stand first, 24 at most.
    """
    lacks = found.counts @ found.missing
    shown = sorted(np.argsort(-lacks, kind="stable")[:COLUMNS].tolist())
    labels = [f"{int(count):,} rows" for count in found.counts[:PATTERNS]]
    values = [
        {
            "pattern": i + 1,
            "column": names[j],
            "value": "missing" if found.missing[i, j] else "there",
        }
        for i in range(len(labels))
        for j in shown
    ]
    label = {"values": list(range(1, len(labels) + 1)), "labelExpr": _by_place(labels)}
    return Chart(
        title="Which values lack together",
        alt=f"The {len(labels)} most frequent of {len(found.counts):,} patterns of missing values, "
        f"by column; most frequent: {_listed(found.missing[0], names)} missing in "
        f"{int(found.counts[0]):,} of {int(found.counts.sum()):,} rows.",
        spec={
            "width": {"step": 26},
            "height": {"step": 18},
            "data": {"values": values},
            "mark": {"type": "rect", "stroke": "white"},
            "encoding": {
                "x": {
                    "field": "column",
                    "type": "nominal",
                    "sort": [names[j] for j in shown],
                    "title": None,
                    "axis": {"labelAngle": -45},
                },
                "y": {"field": "pattern", "type": "ordinal", "title": None, "axis": label},
                "color": {
                    "field": "value",
                    "type": "nominal",
                    "title": None,
                    "scale": {"domain": ["missing", "there"], "range": ["#c2410c", "#cbd5e1"]},
                },
            },
        },
    )


def _by_place(labels: list[str]) -> str:
    """A Vega expression that gives the label at the place of an axis value."""
    return f"[{', '.join(repr(label) for label in labels)}][datum.value - 1]"
