"""How often intervals of performance under drift hold the truth, where the truth is known."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.special import expit
from tests.calibration.coverage import least_count

from assay.inference.shift.balance import balance
from assay.inference.shift.calibrated import calibrated, count, deviation, expected
from assay.inference.shift.cells import bins_for, ordered_cells
from assay.inference.shift.impact import current_part, reference_part, weighted_part
from assay.inference.shift.scores import area_score, mean_score

Z = 1.959963984540054


def world(rng, n, *, shift=0.0, spread=1.0, concept=0.0):
    """Correlated inputs; a model that misses an interaction; ``concept`` changes what one means."""
    x = rng.normal(0, 1, (n, 3))
    x[:, 1] = 0.6 * x[:, 0] + 0.8 * x[:, 1]
    x[:, 0] = spread * x[:, 0] + shift
    x[:, 1] += 0.6 * shift
    stated = 1.2 * x[:, 0] - 0.8 * x[:, 1] + 0.7 * x[:, 2]
    odds = stated + 0.5 * x[:, 0] * x[:, 1] + concept * x[:, 2]
    return x, (rng.random(n) < expit(odds)).astype(float), expit(stated)


SCORES = {
    "accuracy": lambda y, p: partial(mean_score, ((p > 0.5) == y).astype(float)),
    "brier": lambda y, p: partial(mean_score, (p - y) ** 2),
    "roc_auc": lambda y, p: partial(area_score, y, p),
}


def truth_of(name, rng, **kind):
    _, y, p = world(rng, 200_000, **kind)
    return SCORES[name](y, p)(np.full(len(y), 1 / len(y))).value


def hits_of(name, runs, n, m, shift):
    """Hits of the weighted score, of what is explained, and of the rest."""
    rng = np.random.default_rng(1)
    before, weighted, after = (
        truth_of(name, rng, **kind) for kind in ({}, shift | {"concept": 0.0}, shift)
    )
    truths = weighted, weighted - before, after - weighted
    hits = np.zeros(3)
    for _ in range(runs):
        (x, y, p), (z, u, q) = world(rng, n), world(rng, m, **shift)
        bins = bins_for(min(n, m), 4)
        cells = [ordered_cells(str(j), x[:, j], z[:, j], bins=bins) for j in range(3)]
        cells.append(ordered_cells("output", p, q, bins=bins))
        part = weighted_part(SCORES[name](y, p), balance(cells))
        one = reference_part(SCORES[name](y, p), n, m)
        two = current_part(SCORES[name](u, q), n, m)
        parts = part, part.minus(one), two.minus(part)
        for i, (found, truth) in enumerate(zip(parts, truths, strict=True)):
            low, high, _ = found.interval(0.95)
            hits[i] += low <= truth <= high
    return hits


@pytest.mark.parametrize(
    ("name", "shift"),
    [
        ("accuracy", {}),
        ("accuracy", {"shift": 0.6}),
        ("roc_auc", {"shift": 0.6}),
        ("brier", {"spread": 1.3}),
        ("accuracy", {"concept": 1.0}),
        ("brier", {"shift": 0.4, "concept": -0.7}),
    ],
)
def test_parts_of_a_change(name, shift):
    runs = 120
    assert hits_of(name, runs, 800, 600, shift).min() >= least_count(runs, 0.93)


def draw(rng, n, shift):
    """A score that is no probability: too timid, and off."""
    x = rng.normal(shift, 1, n)
    y = rng.random(n) < expit(1.5 * x - 1)
    return np.round(expit(0.8 * x - 0.2), 2), y


@pytest.mark.parametrize(("name", "shift"), [("accuracy", 0.8), ("f1", 0.5), ("roc_auc", 0.5)])
def test_performance_without_labels(name, shift):
    rng = np.random.default_rng(2)
    score, y = draw(rng, 300_000, shift)
    called = score >= 0.5
    truth = {
        "accuracy": np.mean(called == y),
        "f1": 2 * (called & y).sum() / (called.sum() + y.sum()),
        "roc_auc": area_score(y.astype(float), score, np.full(len(y), 1 / len(y))).value,
    }[name]
    runs, hits = 60, 0
    for i in range(runs):
        (known, outcome), (now, _) = draw(rng, 700, 0.0), draw(rng, 500, shift)
        counts = count(known, outcome, now, now >= 0.5)
        value = expected(counts, calibrated(counts, "spline").chance, name)
        hits += abs(value - truth) <= Z * deviation(counts, "spline", name, seed=i)
    assert hits >= least_count(runs, 0.93)
