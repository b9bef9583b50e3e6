"""Charts: they draw, they stay small, and their points are on the curve."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import vl_convert
from sklearn import metrics as sk
from tests.metrics.observations import Observed

from assay.metrics.classification.average_precision import AveragePrecision
from assay.metrics.classification.expected_calibration_error import ExpectedCalibrationError
from assay.metrics.classification.roc_auc import RocAuc


def observed(n: int = 3_000):
    rng = np.random.default_rng(1)
    y = rng.random(n) < 0.3
    p = 1 / (1 + np.exp(-rng.normal(0, 1, n) - y + 0.5))
    seen = Observed(np.where(y, "yes", "no"), ["yes"] * n, scores=np.column_stack([1 - p, p]))
    return y, p, seen


def points(part):
    return part["data"]["values"]


@pytest.mark.parametrize(
    "metric", [RocAuc(), AveragePrecision(), RocAuc(average="macro"), ExpectedCalibrationError()]
)
def test_draws_and_stays_small(metric):
    _, _, seen = observed()
    (chart,) = seen.evidence(metric)
    assert "$schema" not in chart.spec
    assert all(len(points(part)) <= 200 for part in chart.spec["layer"] if "data" in part)
    assert len(msgspec.json.encode(chart)) < 30_000
    assert chart.alt.endswith(".")
    svg = vl_convert.vegalite_to_svg(chart.spec)
    assert svg.startswith("<svg")
    assert "NaN" not in svg


def test_roc_points_lie_on_the_curve():
    y, p, seen = observed()
    (chart,) = seen.evidence(RocAuc())
    fpr, tpr, _ = sk.roc_curve(y, p, drop_intermediate=False)
    drawn = points(chart.spec["layer"][1])
    exact = set(zip(fpr.round(5), tpr.round(5), strict=True))
    assert all((d["false_positive_rate"], d["true_positive_rate"]) in exact for d in drawn)
    assert (drawn[0]["true_positive_rate"], drawn[-1]["false_positive_rate"]) == (0, 1)
    x = [d["false_positive_rate"] for d in drawn]
    area = np.trapezoid([d["true_positive_rate"] for d in drawn], x)
    assert area == pytest.approx(sk.roc_auc_score(y, p), abs=0.002)


def test_precision_recall_points_lie_on_the_curve():
    y, p, seen = observed()
    (chart,) = seen.evidence(AveragePrecision())
    precision, recall, _ = sk.precision_recall_curve(y, p)
    exact = set(zip(recall.round(5), precision.round(5), strict=True))
    assert all((d["recall"], d["precision"]) in exact for d in points(chart.spec["layer"][0]))


def test_calibration_bins_hold_every_row():
    y, _, seen = observed()
    (chart,) = seen.evidence(ExpectedCalibrationError(bins=10))
    drawn = points(chart.spec["layer"][1])
    assert sum(d["rows"] for d in drawn) == len(y)
    assert all(d["low"] <= d["frequency"] <= d["high"] for d in drawn)


def test_many_classes_share_the_points():
    rng = np.random.default_rng(2)
    n, k = 2_000, 14
    y = rng.integers(0, k, n)
    p = rng.random((n, k)) + 3 * np.eye(k)[y]
    names = np.array([f"c{i}" for i in range(k)])
    p /= p.sum(axis=1, keepdims=True)
    seen = Observed(names[y], names[y], scores=p, task="multiclass", labels=tuple(names))
    (chart,) = seen.evidence(RocAuc())
    drawn = points(chart.spec["layer"][1])
    assert len(drawn) <= 200
    assert len({d["class"] for d in drawn}) == 10
    assert "4 more classes are not drawn" in chart.alt
