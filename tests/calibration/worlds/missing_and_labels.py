"""Values that lack, and classes that are rare."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from scipy.special import ndtr
from tests.calibration.worlds.world import LEVEL, World, cautious

from assay.inference.cross_validation import fold_difference
from assay.inference.labels.balance import imbalance_ratio
from assay.inference.missing.delta import Observed
from assay.inference.missing.little import little
from assay.inference.missing.logistic import cross_validated_area
from assay.inference.missing.masking import Errors, excess
from assay.inference.proportions import wilson


def lacking(rng: np.random.Generator, n: int, pull: float) -> Any:
    """Little's test of three columns: the second lacks more where the first is high."""
    x = rng.normal(size=(n, 3)) @ np.array([[1, 0.5, 0.2], [0, 0.9, 0.3], [0, 0, 0.9]])
    x[rng.random(n) < 1 / (1 + np.exp(1 - pull * x[:, 0])), 1] = np.nan
    x[rng.random(n) < 0.1, 2] = np.nan
    return little(x)


def lacks(n: int, pull: float) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            found = lacking(rng, n, pull)
            yield found.effect, found.interval(LEVEL)

    return simulate


@cache
def true_lack() -> float:
    return float(lacking(np.random.default_rng(0), 1_000_000, 0.5).effect)


def moved(delta: float) -> Any:
    """A fifth of 200 values lacks, and lies ``delta`` standard deviations off."""

    def simulate(rng, runs):
        for _ in range(runs):
            missing = int(rng.binomial(200, 0.2))
            x = rng.normal(10, 2, 200 - missing)
            d = x - x.mean()
            powers = (float((d**k).sum()) for k in (2, 3, 4))
            found = Observed(200, missing, float(x.mean()), *powers)
            yield found.adjusted(delta), found.interval(delta, LEVEL)

    return simulate


def predicted(rng: np.random.Generator, runs: int) -> Any:
    """Whether a value lacks, from one column: the area of the best predictor is the true one."""
    for seed in range(runs):
        lacks = rng.random(400) < 0.3
        x = rng.normal(size=400) + 1.0 * lacks
        found = cross_validated_area(x[:, None], lacks, seed=seed)
        yield found.value, found.interval(LEVEL)


def classes(shares: tuple[float, ...], n: int) -> Any:
    def simulate(rng, runs):
        for counts in rng.multinomial(n, shares, runs).tolist():
            if min(counts):
                yield imbalance_ratio(counts, LEVEL)

    return simulate


def imputed(rng: np.random.Generator, runs: int) -> Any:
    """Two imputations of 150 rows with 1 to 3 masked cells each: mean squares of 1 and 1.5."""
    for _ in range(runs):
        cells = rng.integers(1, 4, 150)
        row = np.repeat(np.arange(150), cells)
        shared = rng.normal(0, 0.5**0.5, 150)[row]
        sides = [
            Errors(np.bincount(row, (shared + rng.normal(0, v**0.5, len(row))) ** 2), cells)
            for v in (0.5, 1.0)
        ]
        yield excess(*sides, LEVEL)


def complete(rng: np.random.Generator, runs: int) -> Any:
    """Records of ten fields, which lack together: some sources leave out much."""
    for poor in rng.normal(size=(runs, 300)):
        there = rng.random((300, 10)) >= ndtr(poor - 2.5)[:, None]
        found = int(there.all(axis=1).sum())
        yield found / 300, wilson(found, 300, LEVEL)


def true_complete() -> float:
    at, weight = np.polynomial.hermite_e.hermegauss(60)
    return float(weight @ (1 - ndtr(at - 2.5)) ** 10 / weight.sum())


COEFFICIENTS = np.full(5, 0.4)
LOST = 0.3


def ridge(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Coefficients of one model for each table of a stack."""
    across = x.swapaxes(-1, -2)
    found: np.ndarray = np.linalg.solve(across @ x + np.eye(5), across @ y[..., None])[..., 0]
    return found


def robustness(rng: np.random.Generator, runs: int) -> Any:
    """What a model's squared error grows by as 30 % of its features' values go missing.

    Three times five folds of 100 rows; gaps are filled in with the mean, which is 0.
    """
    true = true_growth()
    for _ in range(runs):
        x = rng.normal(size=(100, 5))
        y = x @ COEFFICIENTS + rng.normal(size=100)
        folds = np.stack([rng.permutation(100).reshape(5, 20) for _ in range(3)]).reshape(15, 20)
        train = np.stack([np.setdiff1d(np.arange(100), part) for part in folds])
        sides = []
        for seen in (x, x * (rng.random(x.shape) >= LOST)):
            beta = ridge(seen[train], y[train])
            errors = y[folds] - (seen[folds] @ beta[..., None])[..., 0]
            sides.append((errors**2).mean(axis=1).reshape(3, 5))
        found = fold_difference(*sides)
        yield found.value, found.interval(LEVEL), true


@cache
def true_growth() -> float:
    """Over models of 80 rows; the errors of each on new rows are known in closed form."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4_000, 80, 5))
    y = x @ COEFFICIENTS + rng.normal(size=x.shape[:2])
    whole = ridge(x, y) - COEFFICIENTS
    partly = ridge(x * (rng.random(x.shape) >= LOST), y) - COEFFICIENTS
    lost = LOST * (COEFFICIENTS**2).sum()
    return float(lost + ((1 - LOST) * partly**2 - whole**2).sum(axis=1).mean())


F = "Missing values and labels"
WORLDS = [
    World(F, "noncentral-chi-square", "values lack at random (Little's test)", "300",
          lacks(300, 0.0), 0.0, cautious(0.985), "0 is the least there is", effort=4),
    World(F, "noncentral-chi-square", "values lack where another is high", "300",
          lacks(300, 0.5), true_lack, effort=4),
    World(F, "delta-adjusted-t", "a fifth lacks, half a standard deviation off", "200", moved(0.5),
          10 + 0.2 * 0.5 * 2),
    World(F, "cross-validated-auc", "whether a value lacks, from one column", "400", predicted,
          float(ndtr(1 / 2**0.5)), cautious(),
          "widened for folds that share training rows, as needed where nothing is to be told",
          effort=10),
    World(F, "paired-t", "squared errors of two imputations of the same cells", "150",
          imputed, 0.5),
    World(F, "wilson", "clusters of gaps: records that have all of ten fields", "300", complete,
          true_complete),
    World(F, "corrected-resampled-t", "squared error that 30 % of values lost adds, ridge",
          "3 × 5 folds of 20", robustness, None, cautious(),
          "folds are taken to depend on each other more than they do", effort=4),
    World(F, "log-delta-bonferroni", "two classes, 3 to 1", "400", classes((0.75, 0.25), 400), 3.0),
    World(F, "log-delta-bonferroni", "four classes, 4 to 1", "500",
          classes((0.4, 0.3, 0.2, 0.1), 500), 4.0, cautious(),
          "it holds for all ratios of two classes at once"),
]  # fmt: skip
