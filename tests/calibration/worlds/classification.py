"""Classifiers: areas, average precision, figures of a confusion matrix, calibration error."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from scipy.special import ndtr
from tests.calibration.worlds.world import LEVEL, World, cautious, short

from assay.core.measurement import Estimation, Measurement
from assay.inference.average_precision import average_precision, average_precision_interval
from assay.inference.calibration import bin_scores, error_interval
from assay.inference.delong import area, area_difference, area_interval, newcombe_area
from assay.inference.interval import Interval
from assay.inference.ranks import rank
from assay.metrics.classification.accuracy import BalancedAccuracy
from assay.metrics.classification.confusion import Confusion
from assay.metrics.classification.f_beta import FBeta
from assay.metrics.classification.mcc import Mcc
from assay.metrics.classification.roc_auc import RocAuc
from assay.metrics.classification.scores import Contest, Scores

BIG = 200_000


def binormal(rng: np.random.Generator, m: int, n: int, distance: float) -> Any:
    """``m`` positives and ``n`` negatives, whose normal scores lie ``distance`` apart."""
    positive = np.arange(m + n) < m
    return positive, rng.normal(size=m + n) + distance * positive


def of_measurement(found: Any) -> tuple[float, Interval]:
    """A run of what a metric measured."""
    assert isinstance(found, Measurement), found
    low = -np.inf if found.low is None else found.low
    high = np.inf if found.high is None else found.high
    return found.value, Interval(low, high, found.method)


def areas(m: int, n: int, distance: float, wanted: str) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            ranking = rank(*binormal(rng, m, n, distance))
            found = area(ranking)
            between = (
                area_interval(found, ranking, LEVEL)
                if wanted == "delong-logit"
                else newcombe_area(found.value, m, n, LEVEL)
            )
            yield found.value, between

    return simulate


def pair_of_areas(m: int, n: int, apart: tuple[float, float], own: float = 0.7) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            positive = np.arange(m + n) < m
            shared = rng.normal(size=m + n)
            a, b = (shared + own * rng.normal(size=m + n) + d * positive for d in apart)
            found = area_difference(positive, a, b)
            yield found.value, found.interval(LEVEL)

    return simulate


def difference_of_areas(apart: tuple[float, float]) -> float:
    spread = np.sqrt(2 * (1 + 0.49))
    return float(ndtr(apart[1] / spread) - ndtr(apart[0] / spread))


def precision_averages(m: int, n: int, distance: float) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            ranking = rank(*binormal(rng, m, n, distance))
            found = average_precision(ranking)
            yield found.value, average_precision_interval(found, ranking, LEVEL)

    return simulate


def true_precision(m: int, n: int, distance: float) -> Any:
    @cache
    def true() -> float:
        size = round(BIG * m / (m + n))
        ranking = rank(*binormal(np.random.default_rng(0), size, BIG - size, distance))
        return average_precision(ranking).value

    return true


CELLS = {
    "rare": [[0.88, 0.02], [0.03, 0.07]],
    "even": [[0.45, 0.05], [0.1, 0.4]],
    "three": [[0.5, 0.04, 0.01], [0.05, 0.2, 0.05], [0.02, 0.03, 0.1]],
    "ten": (0.7 * np.eye(10) + 0.3 / 10).__truediv__(10.0).tolist(),
}


def matrix(cells: str, counts: np.ndarray) -> Confusion:
    k = len(CELLS[cells])
    return Confusion(tuple("abcdefghij"[:k]), counts, 1 if k == 2 else None, 0, 0)


def of_matrix(metric: Any, cells: str, n: int) -> Any:
    chances = np.array(CELLS[cells])

    def simulate(rng, runs):
        seed = 0
        while seed < runs:
            counts = rng.multinomial(n, chances.ravel()).reshape(chances.shape)
            if counts.sum(axis=0).all() and counts.sum(axis=1).all():
                (found,) = metric.judge(matrix(cells, counts), Estimation(seed=seed))
                yield of_measurement(found)
                seed += 1

    return simulate


def exactly(metric: Any, cells: str) -> float:
    counts = np.rint(np.array(CELLS[cells]) * 100_000).astype(int)
    return metric.judge(matrix(cells, counts), Estimation(census=True))[0].value


def three_classes(rng: np.random.Generator, n: int, apart: float, shares: list[float]) -> Scores:
    y = rng.choice(3, n, p=shares)
    logits = rng.normal(0, 1, (n, 3))
    logits[np.arange(n), y] += apart
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    contests = tuple(Contest("abc"[i], y == i, scores[:, i].copy()) for i in range(3))
    return Scores(contests, n, 0, 0)


COMMON, RARELY = [0.6, 0.3, 0.1], [0.7, 0.27, 0.03]


def averaged(average: str, n: int, apart: float, shares: list[float]) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            (found,) = RocAuc(average=average).measure(
                three_classes(rng, n, apart, shares), Estimation()
            )
            if isinstance(found, Measurement):
                yield of_measurement(found)

    return simulate


def true_average(average: str, apart: float, shares: list[float]) -> Any:
    @cache
    def true() -> float:
        scores = three_classes(np.random.default_rng(0), BIG, apart, shares)
        return RocAuc(average=average).measure(scores, Estimation(census=True))[0].value

    return true


def calibration(bend: float, n: int) -> Any:
    def simulate(rng, runs):
        for seed in range(runs):
            p, true = bent(rng, n, bend)
            bins = bin_scores(p, rng.random(n) < true, bins=15)
            low, high, method = error_interval(bins, level=LEVEL, seed=seed)
            yield bins.error, Interval(low, max(high, bins.error), method)

    return simulate


def bent(rng: np.random.Generator, n: int, bend: float) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and true probabilities that are off by the bend."""
    p = rng.beta(0.5, 0.5, n).clip(1e-9, 1 - 1e-9)
    return p, 1 / (1 + np.exp(-np.log(p / (1 - p)) * (1 - bend) - 0.3 * bend))


def true_error(bend: float) -> Any:
    @cache
    def true() -> float:
        p, chance = bent(np.random.default_rng(0), 2 * BIG, bend)
        at = np.minimum((p * 15).astype(int), 14)
        return float(np.abs(np.bincount(at, weights=chance - p)).sum() / len(p)) if bend else 0.0

    return true


F = "Classifiers"
TWICE = FBeta(beta=2.0)
MACRO, MCC, BALANCED = FBeta(average="macro"), Mcc(), BalancedAccuracy()
SMALL = "a class of ten rows: its recall takes eleven values, and the mean hides ten such"
EXTREME = "near 1 the influence of few misplaced rows is all there is"
WORLDS = [
    World(F, "delong-logit", "area of 0.64", "150 + 350", areas(150, 350, 0.5, "delong-logit"),
          float(ndtr(0.5 / 2**0.5)), effort=2),
    World(F, "delong-logit", "area of 0.92, few positives", "20 + 200",
          areas(20, 200, 2.0, "delong-logit"), float(ndtr(2**0.5)),
          short(0.905), EXTREME, effort=2),
    World(F, "newcombe", "small n: area of 0.76, as under 10 rows of a class", "6 + 60",
          areas(6, 60, 1.0, "newcombe"), float(ndtr(1 / 2**0.5)), cautious(0.985),
          "it takes the least favourable spread", effort=2),
    World(F, "delong-paired", "two models on the same rows, equally good", "60 + 140",
          pair_of_areas(60, 140, (1.0, 1.0)), 0.0, effort=2),
    World(F, "delong-paired", "two models on the same rows, 0.72 and 0.80", "60 + 140",
          pair_of_areas(60, 140, (1.0, 1.45)), difference_of_areas((1.0, 1.45)), effort=2),
    World(F, "newcombe-mover", "two models that hardly make a mistake", "20 + 30",
          pair_of_areas(20, 30, (9.0, 9.0), 0.0), 0.0, cautious(),
          "without a mistake nothing is known of the spread", effort=2),
    World(F, "averaged-ends", "macro area, a class of about 9 rows", "300",
          averaged("macro", 300, 1.0, RARELY), true_average("macro", 1.0, RARELY),
          cautious(), "the ends of the classes are averaged: their errors do not all go one way",
          effort=10),
    World(F, "delong-logit", "macro area of three classes", "400",
          averaged("macro", 400, 1.0, COMMON), true_average("macro", 1.0, COMMON), effort=10),
    World(F, "delong-logit", "weighted area of three classes", "400",
          averaged("weighted", 400, 1.0, COMMON), true_average("weighted", 1.0, COMMON), effort=10),
    World(F, "clustered-logit", "micro area of three classes", "300",
          averaged("micro", 300, 1.0, COMMON), true_average("micro", 1.0, COMMON), effort=10),
    World(F, "logit", "average precision", "200 + 800", precision_averages(200, 800, 1.0),
          true_precision(200, 800, 1.0), effort=4),
    World(F, "logit", "average precision of 0.96", "30 + 70", precision_averages(30, 70, 2.5),
          true_precision(30, 70, 2.5), short(0.915), EXTREME, effort=2),
    World(F, "boyd-logit", "rare events: average precision, 8 positives", "8 + 60",
          precision_averages(8, 60, 1.0), true_precision(8, 60, 1.0), cautious(0.995),
          "it takes the least favourable spread", effort=2),
    World(F, "dirichlet", "Matthews' correlation, 10 % positives", "500",
          of_matrix(MCC, "rare", 500), exactly(MCC, "rare"), effort=5),
    World(F, "dirichlet", "rare events: F2, 10 % positives", "500",
          of_matrix(TWICE, "rare", 500), exactly(TWICE, "rare"), effort=5),
    World(F, "dirichlet", "F1, macro, three classes", "500",
          of_matrix(MACRO, "three", 500), exactly(MACRO, "three"), effort=5),
    World(F, "dirichlet", "balanced accuracy", "100",
          of_matrix(BALANCED, "even", 100), exactly(BALANCED, "even"), effort=5),
    World(F, "dirichlet", "F1, macro, ten classes", "100",
          of_matrix(MACRO, "ten", 100), exactly(MACRO, "ten"), short(0.86), SMALL, effort=10),
    World(F, "dirichlet", "balanced accuracy, ten classes", "100",
          of_matrix(BALANCED, "ten", 100), exactly(BALANCED, "ten"), short(0.88), SMALL, effort=10),
    World(F, "test-inversion", "calibration error of a model that is off", "2,000",
          calibration(0.3, 2_000), true_error(0.3), (0.915, 1.0),
          "noise biases the value upward, and the interval is as good as its model of that",
          effort=10),
    World(F, "test-inversion", "calibration error of a model that is far off", "200",
          calibration(1.0, 200), true_error(1.0), (0.915, 1.0),
          "noise biases the value upward, and the interval is as good as its model of that",
          effort=10),
    World(F, "test-inversion", "calibration error of a calibrated model", "500",
          calibration(0.0, 500), true_error(0.0), cautious(), "0 is the least there is", effort=10),
]  # fmt: skip
