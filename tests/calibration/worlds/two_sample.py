"""Whether two tables differ in anything: distances of rows, and a model that tells them apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ive, ndtr
from tests.calibration.worlds.world import LEVEL, World, cautious, short

from assay.inference.missing.logistic import logistic
from assay.inference.two_sample.classifier import Learner, Model, ranked, separate
from assay.inference.two_sample.energy import energy
from assay.metrics.drift.trees import boosted_trees


def energies(one: Any, two: Any, n: int, m: int) -> Any:
    """``one`` and ``two`` draw as many rows as they are asked for."""

    def simulate(rng, runs):
        for _ in range(runs):
            found = energy(one(rng, n), two(rng, m))
            yield found.value, found.interval(LEVEL)

    return simulate


def normal(shift: float) -> Any:
    return lambda rng, n: rng.normal(shift, size=(n, 2))


def skewed(mean: float) -> Any:
    return lambda rng, n: rng.exponential(mean, size=(n, 1))


def ones(share: float) -> Any:
    return lambda rng, n: (rng.random((n, 1)) < share).astype(float)


def from_distances(across: float, inside: float) -> float:
    """The root of the coefficient; ``inside`` is the sum of the mean distances within both."""
    return float(np.sqrt(1 - inside / (2 * across)))


def between_normals(shift: float) -> float:
    """Two columns, both shifted: the distance of two rows has a Rice distribution."""
    x = -(shift**2) / 2  # of a distance sqrt(2) shift, with a variance of 2
    half = -x / 2
    laguerre = (1 - x) * ive(0, half) - x * ive(1, half)
    return from_distances(float(np.sqrt(np.pi) * laguerre), 2 * np.sqrt(np.pi))


def between_exponentials(a: float, b: float) -> float:
    return from_distances((a * a + b * b) / (a + b), a + b)


def straight(features: np.ndarray, second: np.ndarray) -> Model:
    """A logistic regression: it tells normal tables apart as well as anything can."""
    centre, scale = features.mean(axis=0), features.std(axis=0)
    beta = logistic((features - centre) / scale, second)
    return lambda rows: beta[0] + (rows - centre) / scale @ beta[1:]


def told(n: int, shift: float, learner: Learner, columns: int) -> Any:
    """As many rows of both; the first column is shifted."""
    second = np.arange(2 * n) >= n

    def simulate(rng, runs):
        for _ in range(runs):
            x = rng.normal(size=(2 * n, columns))
            x[n:, 0] += shift
            features = np.column_stack([ranked(c[:n], c[n:]) for c in x.T])
            area = separate(features, second, learner).area
            yield area.value, area.interval(LEVEL)

    return simulate


F = "Two tables, all columns"
BOTH = "two variances are added: of tables that differ, and of tables that do not"
RARE = "every row may be an exception that has not shown itself yet"
FOLDS = "widened for folds that share training rows, as needed where nothing is to be told"
SKEWED = "distances of few skewed rows vary more than they show"
SHARED = "folds share less of what they learn than is reckoned with"
TREES = boosted_trees(np.zeros(3, dtype=bool))
WORLDS = [
    World(F, "hoeffding", "energy coefficient, no drift, two columns", "120 and 90",
          energies(normal(0.0), normal(0.0), 120, 90), 0.0, cautious(), BOTH, effort=2),
    World(F, "hoeffding", "energy coefficient, two columns shifted by 0.6", "120 and 90",
          energies(normal(0.0), normal(0.6), 120, 90), between_normals(0.6), effort=2),
    World(F, "hoeffding", "energy coefficient, two columns shifted by 0.2", "120 and 90",
          energies(normal(0.0), normal(0.2), 120, 90), between_normals(0.2), effort=2),
    World(F, "hoeffding", "energy coefficient, skew: exponential, means of 1 and 1.6", "120 and 90",
          energies(skewed(1.0), skewed(1.6), 120, 90), between_exponentials(1.0, 1.6),
          short(0.89), SKEWED, effort=2),
    World(F, "hoeffding", "small n: energy coefficient, no drift", "8 and 8",
          energies(normal(0.0), normal(0.0), 8, 8), 0.0, cautious(), BOTH),
    World(F, "rule-of-three", "rare events: all rows are 0, all but 2 % are 1", "30 and 30",
          energies(ones(0.0), ones(0.98), 30, 30), float(np.sqrt(0.98)), cautious(), RARE),
    World(F, "cross-validated-auc", "two tables, one column of three shifted by 0.5", "200 and 200",
          told(200, 0.5, straight, 3), float(ndtr(0.5 / 2**0.5)), cautious(), FOLDS, effort=5),
    World(F, "cross-validated-auc", "two tables, no drift", "100 and 100",
          told(100, 0.0, straight, 3), 0.5, cautious(), SHARED, effort=5),
    World(F, "cross-validated-auc", "two tables, no drift, boosted trees", "100 and 100",
          told(100, 0.0, TREES, 3), 0.5, cautious(), SHARED, effort=25),
]  # fmt: skip
