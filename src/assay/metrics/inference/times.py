"""Times of calls: read from a fold, and drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.evidence import Chart
from assay.core.measurement import number_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.states import Sample

_BINS = 40
_UNITS = {"s": "seconds", "ms": "milliseconds"}


def ascending(fold: Fold, times: Sample) -> NDArray[np.float64]:
    """Finite times, ascending."""
    state = fold[times]
    if state.n == 0:
        return np.empty(0)
    (values,) = state.arrays()
    return np.sort(values[np.isfinite(values)])


def times_chart(
    title: str, times: NDArray[np.float64], value: float, quantile: float, *, each: str, unit: str
) -> Chart:
    """Counts in bins of equal ratio (times are skewed), with a rule at the measured quantile.

    Args:
        times: ascending, shape (n,), n at least 1.
        value: of the quantile.
        each: what was timed, in the plural.
        unit: of the times: "s" or "ms".
    """
    least = max(float(times[0]), 1e-6)
    greatest = max(float(times[-1]), least * 1.01)
    edges = np.geomspace(least, greatest, _BINS + 1)
    counts, _ = np.histogram(np.clip(times, least, greatest), edges)
    bars = [
        {"from": float(edges[i]), "to": float(edges[i + 1]), each: int(counts[i])}
        for i in range(_BINS)
    ]
    axis: dict[str, Any] = {"type": "quantitative", "scale": {"type": "log", "nice": False}}
    x = {"field": "from", "title": _UNITS[unit], **axis}
    y = {"field": each, "type": "quantitative", "title": each}
    return Chart(
        title=title,
        alt=f"{title}: from {number_text(float(times[0]))} to {number_text(float(times[-1]))} "
        f"{unit}, {number_text(value)} {unit} at quantile {quantile}.",
        spec={
            "layer": [
                {
                    "data": {"values": bars},
                    "mark": {"type": "bar"},
                    "encoding": {"x": x, "x2": {"field": "to"}, "y": y},
                },
                {
                    "data": {"values": [{"at": value}]},
                    "mark": {"type": "rule", "strokeDash": [4, 3]},
                    "encoding": {"x": {"field": "at", **axis}},
                },
            ]
        },
    )
