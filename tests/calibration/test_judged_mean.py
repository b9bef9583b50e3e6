"""Prediction-powered intervals cover whatever the judge is like, and a good judge shortens them."""

from __future__ import annotations

import numpy as np
import pytest
from tests.calibration.coverage import least_count

from assay.inference.means import student_t
from assay.inference.prediction_powered import judged_mean_of
from assay.inference.proportions import wilson


@pytest.mark.parametrize(
    ("reliable", "bias", "n", "least", "most"),
    [(0.9, 0.0, 20, 0, 0.7), (0.9, 3.0, 50, 0, 0.65), (0.6, -1.0, 100, 0, 0.95),
     (0.0, 5.0, 50, 0.9, 1.02), (-0.8, 0.0, 50, 0.99, 1.01), (0.9, 0.0, 12, 0.99, 1.01)],
)  # fmt: skip
def test_mean(reliable, bias, n, least, most):
    """Also: how long the interval is, as a share of the classical one."""
    rng = np.random.default_rng([n, int(10 * abs(reliable))])
    runs, held, lengths = 1_500, 0, []
    for _ in range(runs):
        human = rng.normal(size=n + 500)
        judge = reliable * human + np.sqrt(1 - reliable**2) * rng.normal(size=n + 500) + bias
        low, high, _ = judged_mean_of(human[:n], judge[:n], judge[n:]).interval(0.95)
        held += low <= 0 <= high
        plain = student_t(float(human[:n].mean()), float(human[:n].var(ddof=1)), n, 0.95)
        lengths.append((high - low) / (plain.high - plain.low))
    assert held >= least_count(runs, 0.945)
    assert least <= np.mean(lengths) <= most


@pytest.mark.parametrize(
    ("share", "sensitivity", "specificity", "n", "expected", "most"),
    [(0.3, 0.9, 0.9, 30, 0.95, 0.85), (0.3, 0.9, 0.9, 200, 0.94, 0.8),
     (0.5, 0.97, 0.97, 50, 0.95, 0.6), (0.9, 0.95, 0.9, 100, 0.94, 0.85),
     (0.95, 0.98, 0.98, 100, 0.92, 0.75), (0.3, 0.5, 0.5, 50, 0.94, 1.02),
     (0.3, 0.2, 0.2, 50, 0.93, 1.01)],
)  # fmt: skip
def test_proportion(share, sensitivity, specificity, n, expected, most):
    """Hardest is a judge nearly always right on a rare outcome: 93 % with 100 labels."""
    rng = np.random.default_rng([n, int(100 * share)])
    runs, held, lengths = 1_500, 0, []
    for _ in range(runs):
        human = rng.random(n + 500) < share
        says = np.where(human, sensitivity, 1 - specificity)
        judge = (rng.random(n + 500) < says).astype(float)
        labels = human[:n].astype(float)
        found = judged_mean_of(labels, judge[:n], judge[n:], outcomes=True)
        low, high, _ = found.interval(0.95)
        held += low <= share <= high
        plain = wilson(labels.sum(), n, 0.95)
        lengths.append((high - low) / (plain.high - plain.low))
    assert held >= least_count(runs, expected), held / runs
    assert np.mean(lengths) <= most
