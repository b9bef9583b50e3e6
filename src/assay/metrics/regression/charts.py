"""Charts of residuals as Vega-Lite data: binned, so that size does not grow with rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.evidence import Chart
from assay.core.measurement import number_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELLS = 20
BARS = 40


def residual_charts(
    answer: NDArray[np.float64], residual: NDArray[np.float64]
) -> tuple[Chart, Chart]:
    """Residuals against predictions (at most 20 × 20 cells), and their histogram (40 bars).

    Both arrays have shape (n,), n >= 1, and are finite. Residual = prediction - target.
    """
    return _by_prediction(answer, residual), _histogram(residual)


def _by_prediction(answer: NDArray[np.float64], residual: NDArray[np.float64]) -> Chart:
    """Counts of rows by prediction and residual; fields ``prediction``, ``prediction_end``,
    ``residual``, ``residual_end``, ``rows``."""
    counts, x, y = np.histogram2d(
        answer, residual, bins=(_edges(answer, CELLS), _edges(residual, CELLS))
    )
    values = [
        {
            "prediction": _figure(x[i]),
            "prediction_end": _figure(x[i + 1]),
            "residual": _figure(y[j]),
            "residual_end": _figure(y[j + 1]),
            "rows": int(counts[i, j]),
        }
        for i, j in np.argwhere(counts)
    ]
    zero = {
        "data": {"values": [{"residual": 0}]},
        "mark": {"type": "rule", "strokeDash": [4, 4]},
        "encoding": {"y": {"field": "residual", "type": "quantitative"}},
    }
    cells = {
        "data": {"values": values},
        "mark": {"type": "rect"},
        "encoding": {
            "x": _axis("prediction", "prediction"),
            "x2": {"field": "prediction_end"},
            "y": _axis("residual", "residual (prediction - target)"),
            "y2": {"field": "residual_end"},
            "color": {"field": "rows", "type": "quantitative", "scale": {"type": "log"}},
        },
    }
    return Chart(
        title="Residuals by prediction",
        alt=f"Number of rows by prediction and residual over {len(answer):,} rows; residuals reach "
        f"from {number_text(_figure(residual.min()))} to {number_text(_figure(residual.max()))}.",
        spec={"width": 360, "height": 260, "layer": [cells, zero]},
    )


def _histogram(residual: NDArray[np.float64]) -> Chart:
    """Counts of rows by residual; fields ``residual``, ``residual_end``, ``rows``."""
    counts, edges = np.histogram(residual, bins=_edges(residual, BARS))
    values = [
        {"residual": _figure(edges[i]), "residual_end": _figure(edges[i + 1]), "rows": int(n)}
        for i, n in enumerate(counts)
        if n
    ]
    return Chart(
        title="Distribution of residuals",
        alt=f"Histogram of the residuals of {len(residual):,} rows; their median is "
        f"{number_text(_figure(np.median(residual)))}.",
        spec={
            "width": 360,
            "height": 180,
            "data": {"values": values},
            "mark": {"type": "bar"},
            "encoding": {
                "x": _axis("residual", "residual (prediction - target)"),
                "x2": {"field": "residual_end"},
                "y": {"field": "rows", "type": "quantitative", "title": "rows"},
            },
        },
    )


def _edges(values: NDArray[np.float64], cells: int) -> NDArray[np.float64]:
    """Edges of equally wide bins over the values; half a unit each way where all are equal."""
    low, high = float(values.min()), float(values.max())
    pad = max(abs(low), 1.0) / 2 if np.linspace(low, high, cells + 1)[1] <= low else 0.0
    return np.linspace(low - pad, high + pad, cells + 1)


def _axis(field: str, title: str) -> dict[str, Any]:
    """A quantitative axis of bins that are already made."""
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "bin": {"binned": True},
        "scale": {"zero": False},
    }


def _figure(value: float) -> float:
    """Six significant digits: enough to draw."""
    return float(f"{value:.6g}")
