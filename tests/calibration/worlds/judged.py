"""Means of grades that a judge gives, some of which people gave too; and of preferences."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.calibration.worlds.world import LEVEL, World, cautious

from assay.core.aggregate import Fold
from assay.core.binding import bind
from assay.core.measurement import Estimation, Measurement
from assay.core.schema import Schema
from assay.inference.bounded_means import bounded_mean
from assay.inference.cluster_jackknife import cluster_interval
from assay.inference.interval import Interval
from assay.metrics import find
from assay.metrics.llm.judged_scores import JudgedScore
from assay.metrics.llm.mean_scores import ALL, KNOWN, SCORES
from assay.states import ComomentsState, CountState, MomentsState

GRADES = np.arange(1.0, 6.0)
OFTEN = np.array([0.05, 0.1, 0.15, 0.3, 0.4])
MEAN = float(GRADES @ OFTEN)
METRIC: Any = bind(find("llm.judge"), {"judge": "j", "rubric": "x", "labels": "human"})
assert isinstance(METRIC, JudgedScore)


def people(rng: np.random.Generator, n: int) -> np.ndarray:
    """Grades as people give them: most are good."""
    return rng.choice(GRADES, n, p=OFTEN)


def lenient(rng: np.random.Generator, human: np.ndarray) -> np.ndarray:
    """Half of the grades are one too high."""
    return np.minimum(human + rng.integers(0, 2, len(human)), 5)


def noisy(rng: np.random.Generator, human: np.ndarray) -> np.ndarray:
    """Two of three grades are right, the others anything."""
    return np.where(rng.random(len(human)) < 2 / 3, human, rng.choice(GRADES, len(human)))


def perfect(_rng: np.random.Generator, human: np.ndarray) -> np.ndarray:
    """As people grade."""
    return human


def blind(rng: np.random.Generator, human: np.ndarray) -> np.ndarray:
    """It does not look."""
    return rng.choice(GRADES, len(human))


def moments(x: np.ndarray) -> MomentsState:
    return MomentsState(len(x), float(x.mean()), float(((x - x.mean()) ** 2).sum()))


def measured(human: np.ndarray, judge: np.ndarray, known: np.ndarray) -> Measurement:
    """What the check measures; people graded where ``known``."""
    x, y = human[known], judge[known]
    dx, dy = x - x.mean(), y - y.mean()
    both = ComomentsState(
        len(x), float(x.mean()), float(y.mean()), float(dx @ dx), float(dy @ dy), float(dx @ dy)
    )
    count = CountState(len(human))
    states = {
        ALL: count, KNOWN: count, SCORES: moments(judge), METRIC._both(): both,
        METRIC._alone(): moments(judge[~known]), METRIC._outside(): CountState(0),
    }  # fmt: skip
    fold = Fold(Schema(()), {aggregate: {(): state} for aggregate, state in states.items()})
    (found,) = METRIC.estimate(fold, Estimation(level=LEVEL))
    assert isinstance(found, Measurement)
    return found


def ends(m: Measurement) -> Interval:
    assert m.low is not None
    assert m.high is not None
    return Interval(m.low, m.high, m.method)


def graded(judge: Any, n: int, of: int) -> Any:
    def simulate(rng, runs):
        known = np.arange(of) < n
        for _ in range(runs):
            human = people(rng, of)
            found = measured(human, judge(rng, human), known)
            yield found.value, ends(found)

    return simulate


def in_clusters(judge: Any, n: int, clusters: int, size: int) -> Any:
    """Samples of a cluster share a part of their grade, and of the judge's error."""

    def simulate(rng, runs):
        of = clusters * size
        cluster, known = np.repeat(np.arange(clusters), size), np.arange(of) % (of // n) == 0
        for _ in range(runs):
            shared = np.repeat(people(rng, clusters), size)
            human = np.where(rng.random(of) < 0.4, shared, people(rng, of))
            off = np.repeat(rng.random(clusters) < 0.3, size)
            scores = np.where(off, np.maximum(human - 1, 1), judge(rng, human))
            whole = measured(human, scores, known)
            left = np.array([
                measured(human[cluster != c], scores[cluster != c], known[cluster != c]).value
                for c in range(clusters)
            ])  # fmt: skip
            sizes = np.full(clusters, size)
            yield whole.value, cluster_interval(whole.value, left, sizes, ends(whole), level=LEVEL)

    return simulate


def preferences(wins: float, losses: float, n: int) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            x = rng.choice([1.0, 0.0, 0.5], n, p=[wins, losses, 1 - wins - losses])
            yield x.mean(), bounded_mean(float(x.mean()), float(x.var(ddof=1)), n, LEVEL)

    return simulate


F = "Grades by a judge"
SPREAD = "grades vary less than outcomes would, which it allows for"
WORLDS = [
    World(F, "prediction-powered", "a judge who is lenient in half of the grades", "40 of 600",
          graded(lenient, 40, 600), MEAN, cautious(), SPREAD),
    World(F, "prediction-powered", "a judge who is right in two of three grades", "100 of 1,000",
          graded(noisy, 100, 1_000), MEAN),
    World(F, "prediction-powered", "a judge who grades as people do", "30 of 500",
          graded(perfect, 30, 500), MEAN, cautious(), SPREAD),
    World(F, "wilson-effective", "a judge who does not look", "60 of 600",
          graded(blind, 60, 600), MEAN),
    World(F, "wilson-effective", "too few people's grades to correct by", "15 of 600",
          graded(lenient, 15, 600), MEAN),
    World(F, "cluster-jackknife", "lenient, and harsh in whole clusters", "100 of 400, 40 clusters",
          in_clusters(lenient, 100, 40, 10), MEAN, effort=10),
    World(F, "wilson-effective", "preferences, half of them ties", "50",
          preferences(0.3, 0.2, 50), 0.55),
]  # fmt: skip
