"""Charts of classifiers as Vega-Lite data: at most 200 points each, fixed field names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.evidence import Chart
from assay.core.measurement import number_text
from assay.inference.proportions import wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from assay.inference.calibration import Bins
    from assay.inference.ranks import Ranking

POINTS = 200
CLASSES = 10
_SIDE = 320


def roc_chart(curves: Sequence[tuple[str, Ranking, float]], *, n: int) -> Chart:
    """True against false positive rate; fields ``false_positive_rate``, ``true_positive_rate``,
    ``class``. ``curves`` holds label, ranking and area of each class."""
    values = []
    shown = curves[:CLASSES]
    for label, ranking, _ in shown:
        tpr = _from_zero(ranking.above(ranking.positives)[::-1] / ranking.n_positive)
        fpr = _from_zero(ranking.above(ranking.negatives)[::-1] / ranking.n_negative)
        for i in _thinned(tpr + fpr, POINTS // len(shown)):
            values.append(
                {
                    "class": label,
                    "false_positive_rate": round(float(fpr[i]), 5),
                    "true_positive_rate": round(float(tpr[i]), 5),
                }
            )
    chance = _reference_line("false_positive_rate", "true_positive_rate")
    curve = _curve(values, "false_positive_rate", "true_positive_rate", "linear", len(shown))
    return Chart(
        title="ROC curve",
        alt=f"True positive rate against false positive rate over {n:,} rows; "
        f"{_areas(shown, 'area')}. The diagonal is chance.{_not_shown(curves)}",
        spec={**_frame(), "layer": [chance, curve]},
    )


def precision_recall_chart(curves: Sequence[tuple[str, Ranking, float]], *, n: int) -> Chart:
    """Precision against recall; fields ``recall``, ``precision``, ``class``."""
    values = []
    shown = curves[:CLASSES]
    for label, ranking, _ in shown:
        tp = ranking.above(ranking.positives)[::-1]
        precision = tp / (tp + ranking.above(ranking.negatives)[::-1])
        recall = tp / ranking.n_positive
        for i in _thinned(recall, POINTS // len(shown)):
            values.append(
                {
                    "class": label,
                    "recall": round(float(recall[i]), 5),
                    "precision": round(float(precision[i]), 5),
                }
            )
    return Chart(
        title="Precision-recall curve",
        alt=f"Precision against recall over {n:,} rows; "
        f"{_areas(shown, 'average precision')}.{_not_shown(curves)}",
        spec={**_frame(), "layer": [_curve(values, "recall", "precision", "step", len(shown))]},
    )


def calibration_chart(bins: Bins, *, error: float) -> Chart:
    """Frequency against stated probability by bin, with Wilson intervals; fields ``probability``,
    ``frequency``, ``low``, ``high``, ``rows``. At most 200 bins are drawn."""
    values = []
    for i in _thinned(bins.confidence, POINTS):
        rows = int(bins.n[i])
        low, high, _ = wilson(round(float(bins.frequency[i]) * rows), rows, 0.95)
        values.append(
            {
                "probability": round(float(bins.confidence[i]), 5),
                "frequency": round(float(bins.frequency[i]), 5),
                "low": round(low, 5),
                "high": round(high, 5),
                "rows": rows,
            }
        )
    x = {"field": "probability", "type": "quantitative", "title": "probability"}
    points = {
        "data": {"values": values},
        "encoding": {"x": x},
        "layer": [
            {
                "mark": {"type": "rule"},
                "encoding": {
                    "y": {"field": "low", "type": "quantitative", "title": "frequency"},
                    "y2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 50},
                "encoding": {"y": {"field": "frequency", "type": "quantitative"}},
            },
        ],
    }
    return Chart(
        title="Calibration",
        alt=f"Observed frequency against stated probability in {len(bins.n)} bins, with 95 % "
        f"intervals; expected calibration error {number_text(error)}. "
        "On the diagonal both agree.",
        spec={**_frame(), "layer": [_reference_line("probability", "frequency"), points]},
    )


def _frame() -> dict[str, Any]:
    """A square picture."""
    return {"width": _SIDE, "height": _SIDE}


def _curve(
    values: list[dict[str, Any]], x: str, y: str, interpolate: str, classes: int
) -> dict[str, Any]:
    """A line for each class, drawn in the order of the values."""
    encoding: dict[str, Any] = {
        "x": _axis(x),
        "y": _axis(y),
        "order": {"field": x, "type": "quantitative"},
    }
    if interpolate == "linear":  # vertical stretches must keep their order
        encoding["order"] = {"field": "step", "type": "quantitative"}
        values = [{**v, "step": i} for i, v in enumerate(values)]
    if classes > 1:
        encoding["color"] = {"field": "class", "type": "nominal"}
    mark = {"type": "line", "interpolate": "step-before" if interpolate == "step" else "linear"}
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


def _axis(field: str) -> dict[str, Any]:
    """A quantitative axis from 0 to 1, titled with the field's name in words."""
    return {
        "field": field,
        "type": "quantitative",
        "title": field.replace("_", " "),
        "scale": {"domain": [0, 1]},
    }


def _reference_line(x: str, y: str) -> dict[str, Any]:
    """The diagonal."""
    return {
        "data": {"values": [{x: 0, y: 0}, {x: 1, y: 1}]},
        "mark": {"type": "line", "strokeDash": [4, 4], "opacity": 0.6},
        "encoding": {"x": _axis(x), "y": _axis(y)},
    }


def _from_zero(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """A curve starts where nothing is called positive."""
    return np.concatenate(([0.0], rates))


def _thinned(along: NDArray[np.float64], points: int) -> NDArray[np.intp]:
    """Positions of up to ``points`` values spread evenly along an ascending array, ends kept."""
    if len(along) <= points:
        return np.arange(len(along))
    wanted = np.linspace(along[0], along[-1], points)
    return np.unique(np.minimum(np.searchsorted(along, wanted), len(along) - 1))


def _areas(curves: Sequence[tuple[str, Ranking, float]], name: str) -> str:
    """``area 0.87``, or one figure for each class."""
    if len(curves) == 1:
        return f"{name} {number_text(curves[0][2])}"
    return f"{name} " + ", ".join(f"{label}: {number_text(value)}" for label, _, value in curves)


def _not_shown(curves: Sequence[object]) -> str:
    """How many classes the picture leaves out."""
    return f" {len(curves) - CLASSES} more classes are not drawn." if len(curves) > CLASSES else ""
