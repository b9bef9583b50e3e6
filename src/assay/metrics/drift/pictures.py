"""What people see of joint drift: which columns tell, how far scores lie apart, what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.evidence import Chart, Table, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from assay.inference.two_sample.importance import Importance
    from assay.metrics.drift.rows import Rows

_SHOWN, _BINS, _NAMED = 20, 25, 10
_SIDES = ("reference", "current")


def columns_that_tell(
    found: Sequence[Importance], alone: Mapping[int, float], names: Sequence[str]
) -> Table:
    """Each column with what it adds to the area, and how far it has drifted by itself."""
    more = f" (the first {_SHOWN} of {len(found)})" if len(found) > _SHOWN else ""
    return Table(
        title=f"Columns that tell the tables apart{more}",
        columns=["column", "area lost without it", "low (95 %)", "high", "drift by itself"],
        rows=[
            [
                names[i.column],
                round(i.value, 4),
                round(i.low, 4),
                round(i.high, 4),
                round(alone[i.column], 4),
            ]
            for i in found[:_SHOWN]
        ],
    )


def score_chart(scores: NDArray[np.float64], second: NDArray[np.bool_]) -> Chart:
    """Scores of both tables over each other; fields ``score`` (a bin's lower edge), ``share``,
    ``table``."""
    edges = np.linspace(0, 1, _BINS + 1)
    rows: list[dict[str, Any]] = []
    for table, chosen in zip(_SIDES, (~second, second), strict=True):
        shares = np.histogram(scores[chosen], edges)[0] / chosen.sum()
        # The steps run from each edge to the next: the last share is drawn up to the last edge.
        for edge, share in zip(edges, np.append(shares, shares[-1]), strict=True):
            rows.append(
                {"score": round(float(edge), 4), "share": round(float(share), 6), "table": table}
            )
    return Chart(
        title="How much a row looks like the current table",
        alt="Histograms of the model's scores for rows of the reference and of the current table: "
        "the less they overlap, the better the tables are told apart.",
        spec={
            "data": {"values": rows},
            "mark": {"type": "area", "interpolate": "step-after", "opacity": 0.5, "line": True},
            "encoding": {
                "x": {
                    "field": "score",
                    "type": "quantitative",
                    "title": "probability of the current table",
                },
                "y": {
                    "field": "share",
                    "type": "quantitative",
                    "title": "share of rows",
                    "axis": {"format": ".0%"},
                    "stack": None,
                },
                "color": {
                    "field": "table",
                    "type": "nominal",
                    "title": None,
                    "scale": {"domain": list(_SIDES)},
                },
            },
        },
    )


def what_was_compared(rows: Rows, times: Sequence[str]) -> Text:
    """Rows and columns that were compared, those left out, and rows that both tables hold."""
    read = [
        f"{len(keys):,} of {n:,} rows of the {table} table"
        if len(keys) < n
        else f"all {n:,} rows of the {table} table"
        for keys, n, table in zip(rows.keys, rows.rows, _SIDES, strict=True)
    ]
    some = "" if all(r.startswith("all") for r in read) else ", drawn by lot"
    said = [f"{read[1]} and {read[0]}{some}, {len(rows.names)} columns."]
    if rows.copies:
        about = float(f"{rows.shared:.2g}")
        shared = f"{rows.shared:,}" if rows.seen else f"About {about:,.0f}"
        said.append(f"{shared} rows occur in both tables alike: that hides drift.")
    left_out = dict(rows.left_out) | dict.fromkeys(times, "a date or time that was not named")
    if left_out:
        shown = [f"{name}: {reason}" for name, reason in list(left_out.items())[:_NAMED]]
        more = f"; {len(left_out) - _NAMED} more" if len(left_out) > _NAMED else ""
        said.append(f"Left out: {'; '.join(shown)}{more}.")
    return Text(title="What was compared", text=" ".join(said))
