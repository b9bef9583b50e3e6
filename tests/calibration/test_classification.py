"""The stated interval covers: simulated, within the error of the simulation itself.

Each case draws many samples from a known process and counts how often the 95 % interval holds the
true value. A count below ``least`` has a probability under 1e-4 if the coverage were ``expected``.
``expected`` is 0.95, or less where a method is known to be approximate at that size.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from tests.calibration.coverage import least_count

from assay.core.measurement import Estimation
from assay.inference.average_precision import average_precision, average_precision_interval
from assay.inference.calibration import bin_scores, error_interval
from assay.inference.delong import area, area_interval
from assay.inference.ranks import rank
from assay.metrics.classification.accuracy import BalancedAccuracy
from assay.metrics.classification.confusion import Confusion
from assay.metrics.classification.f_beta import FBeta
from assay.metrics.classification.mcc import Mcc
from assay.metrics.classification.precision import Precision
from assay.metrics.classification.ranking import RankingMetric
from assay.metrics.classification.roc_auc import RocAuc
from assay.metrics.classification.scores import Contest, Scores


def binormal(rng: np.random.Generator, m: int, n: int, distance: float):
    positive = np.arange(m + n) < m
    return positive, rng.normal(0, 1, m + n) + distance * positive


@pytest.mark.parametrize(
    ("m", "n", "distance", "expected"),
    [(6, 60, 1.0, 0.95), (15, 15, 1.0, 0.94), (20, 200, 2.0, 0.93), (150, 350, 0.5, 0.95),
     (150, 350, 2.5, 0.94)],
)  # fmt: skip
def test_roc_auc(m, n, distance, expected):
    rng = np.random.default_rng([m, n])
    truth, runs, held = stats.norm.cdf(distance / np.sqrt(2)), 1_500, 0
    for _ in range(runs):
        ranking = rank(*binormal(rng, m, n, distance))
        low, high, _ = area_interval(area(ranking), ranking, 0.95)
        held += low <= truth <= high
    assert held >= least_count(runs, expected)


@pytest.mark.parametrize(
    ("m", "n", "distance"), [(8, 60, 1.0), (30, 300, 1.5), (30, 70, 2.5), (200, 800, 1.0)]
)
def test_average_precision(m, n, distance):
    rng = np.random.default_rng([m, n])
    big = 200_000
    size = round(big * m / (m + n))
    truth = average_precision(rank(*binormal(rng, size, big - size, distance))).value
    runs, held = 1_000, 0
    for _ in range(runs):
        ranking = rank(*binormal(rng, m, n, distance))
        low, high, _ = average_precision_interval(average_precision(ranking), ranking, 0.95)
        held += low <= truth <= high
    assert held >= least_count(runs, 0.93)


CELLS = {
    "rare": [[0.88, 0.02], [0.03, 0.07]],
    "even": [[0.45, 0.05], [0.1, 0.4]],
    "three": [[0.5, 0.04, 0.01], [0.05, 0.2, 0.05], [0.02, 0.03, 0.1]],
}


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("n", [100, 500])
def test_confusion_matrix(cells, n):
    chances = np.array(CELLS[cells])
    k = len(chances)
    rng = np.random.default_rng([n, k])
    metrics = [Mcc(), BalancedAccuracy(), FBeta(average="macro"), Precision(average="weighted")]
    if k == 2:
        metrics.append(FBeta(beta=2.0))
    labels, positive = tuple("abc"[:k]), 1 if k == 2 else None
    exact = Confusion(labels, np.rint(chances * 10_000).astype(int), positive, 0, 0)
    truths = [m.judge(exact, Estimation(census=True))[0].value for m in metrics]
    held, runs, done = np.zeros(len(metrics)), 200, 0
    while done < runs:
        counts = rng.multinomial(n, chances.ravel()).reshape(k, k)
        if not (counts.sum(axis=0).all() and counts.sum(axis=1).all()):
            continue
        matrix = Confusion(labels, counts, positive, 0, 0)
        for i, metric in enumerate(metrics):
            (found,) = metric.judge(matrix, Estimation(seed=done))
            held[i] += found.low <= truths[i] <= found.high
        done += 1
    assert (held >= least_count(runs, 0.93)).all(), dict(zip(metrics, held, strict=True))


@pytest.mark.parametrize("average", ["macro", "weighted", "micro"])
def test_averaged_areas(average):
    """Three classes whose scores depend on each other."""
    metric: RankingMetric = RocAuc(average=average)
    rng = np.random.default_rng(7)

    def draw(n: int):
        y = rng.choice(3, n, p=[0.6, 0.3, 0.1])
        logits = rng.normal(0, 1, (n, 3))
        logits[np.arange(n), y] += 1
        scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        contests = tuple(Contest("abc"[i], y == i, scores[:, i].copy()) for i in range(3))
        return Scores(contests, n, 0, 0)

    def measure(n: int, how: Estimation):
        return metric.measure(draw(n), how)[0]

    truth = measure(300_000, Estimation(census=True)).value
    runs = 500
    held = 0
    for _ in range(runs):
        found = measure(300, Estimation())
        held += found.low <= truth <= found.high
    assert held >= least_count(runs, 0.93)


@pytest.mark.parametrize("bend", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("n", [200, 2_000])
def test_calibration_error(bend, n):
    """Well calibrated, a little off, far off; the truth is the error over the same bins."""
    rng = np.random.default_rng([n, int(10 * bend)])

    def draw(size: int):
        p = rng.beta(0.5, 0.5, size).clip(1e-9, 1 - 1e-9)
        true = 1 / (1 + np.exp(-np.log(p / (1 - p)) * (1 - bend) - 0.3 * bend))
        return p, true

    p, true = draw(400_000)
    at = np.minimum((p * 15).astype(int), 14)
    truth = 0.0 if bend == 0 else np.abs(np.bincount(at, weights=true - p)).sum() / len(p)
    runs, held = 200, 0
    for seed in range(runs):
        p, true = draw(n)
        bins = bin_scores(p, rng.random(n) < true, bins=15)
        low, high, _ = error_interval(bins, level=0.95, seed=seed)
        held += low <= truth <= max(high, bins.error)
    assert held >= least_count(runs, 0.93)
