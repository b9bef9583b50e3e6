"""Two measurements of the same units, and of different ones: compare, no_worse_than, shadow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import ndtri
from tests.calibration.worlds.world import LEVEL, World, cautious, short

from assay.core.measurement import Estimation
from assay.inference.delong import area
from assay.inference.means import mean
from assay.inference.mover import independent_difference
from assay.inference.paired import paired_difference
from assay.inference.paired_quantiles import paired_quantile_difference
from assay.inference.proportions import proportion
from assay.inference.ranks import rank

GROUPS = 50


def left_out(x: np.ndarray, group: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    return (x.sum() - np.bincount(group, x)) / (len(x) - sizes)


def of_means(a, b, group, *, clusters=None) -> Any:
    """A run: the difference of the means of both sides, by leaving groups out."""
    sizes = np.bincount(group)
    left = (left_out(x, group, sizes) for x in (a, b))
    return paired_difference(a.mean(), b.mean(), *left, sizes, clusters=clusters)


def accuracies(n: int, only_a: float, only_b: float, both: float) -> Any:
    group = np.random.default_rng(n).permutation(np.arange(n) % GROUPS)

    def simulate(rng, runs):
        for u in rng.random((runs, n)):
            a = u < both + only_a
            b = (u < both) | ((u >= both + only_a) & (u < both + only_a + only_b))
            found = of_means(a.astype(float), b.astype(float), group)
            if found is not None:
                yield found.value, found.interval(LEVEL)

    return simulate


def errors(n: int) -> Any:
    """Root mean squared errors of two models on the same rows, with heavy tails."""
    group = np.random.default_rng(n).permutation(np.arange(n) % GROUPS)
    sizes = np.bincount(group)

    def simulate(rng, runs):
        for _ in range(runs):
            shared = rng.standard_t(8, n)
            a, b = ((shared + s * rng.normal(size=n)) ** 2 for s in (0.4, 0.5))
            found = paired_difference(
                math.sqrt(a.mean()), math.sqrt(b.mean()),
                np.sqrt(left_out(a, group, sizes)), np.sqrt(left_out(b, group, sizes)), sizes,
            )  # fmt: skip
            assert found is not None
            yield found.value, found.interval(LEVEL)

    return simulate


def areas(n: int) -> Any:
    group = np.random.default_rng(n).permutation(np.arange(n) % GROUPS)
    masks, sizes = [group != g for g in range(GROUPS)], np.bincount(group)

    def simulate(rng, runs):
        for _ in range(runs):
            y = rng.random(n) < 0.3
            shared = rng.normal(size=n) + 1.5 * y
            sides = [shared + 0.5 * rng.normal(size=n) for _ in "ab"]
            whole = [area(rank(y, x)).value for x in sides]
            left = (np.array([area(rank(y[m], x[m])).value for m in masks]) for x in sides)
            found = paired_difference(*whole, *left, sizes)
            assert found is not None
            yield found.value, found.interval(LEVEL)

    return simulate


def clusters(groups: int) -> Any:
    def simulate(rng, runs):
        cluster = np.repeat(np.arange(groups), 8)
        for _ in range(runs):
            a = rng.normal(0, 0.7, groups)[cluster] + rng.normal(size=len(cluster))
            b = a + rng.normal(0.2, 0.5, groups)[cluster] + rng.normal(0, 0.5, len(cluster))
            found = of_means(a, b, cluster, clusters=groups)
            assert found is not None
            yield found.value, found.interval(LEVEL)

    return simulate


def unpaired(what: str) -> Any:
    """Two runs on different rows, known by their measurements alone."""
    how = Estimation(level=LEVEL)

    def simulate(rng, runs):
        for _ in range(runs):
            if what == "shares":
                a, b = (proportion(int(rng.binomial(150, p)), 150, how) for p in (0.9, 0.8))
            else:
                x, y = rng.normal(0, 1, 40), rng.normal(0.5, 3, 40)
                a, b = (mean(v.mean(), v.var(ddof=1), 40, how) for v in (x, y))
            found = independent_difference(a, b)
            yield found.value, found.interval(LEVEL)

    return simulate


def latencies(n: int, q: float, rho: float) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            load = rng.normal(size=n)
            other = rho * load + np.sqrt(1 - rho * rho) * rng.normal(size=n)
            yield paired_quantile_difference(
                np.exp(0.5 * load), np.exp(0.5 * other + 0.1), q, LEVEL
            )

    return simulate


def slower(q: float) -> float:
    z = float(ndtri(q))
    return math.exp(0.5 * z + 0.1) - math.exp(0.5 * z)


F = "Two runs, two models"
PSEUDO = "units on which both differ are added, so that few of them do not look certain"
WORLDS = [
    World(F, "paired-jackknife", "accuracies of 0.85 each, 10 % discordant", "300",
          accuracies(300, 0.05, 0.05, 0.80), 0.0),
    World(F, "paired-jackknife", "rare events: 0.3 % discordant", "300",
          accuracies(300, 0.003, 0.0, 0.90), -0.003, cautious(), PSEUDO),
    World(F, "paired-jackknife", "accuracies above 0.95, few rows", "100",
          accuracies(100, 0.02, 0.0, 0.96), -0.02, short(0.84),
          "two discordant rows are expected, and none is seen in one run of eight; "
          "of accuracies, newcombe-paired covers"),
    World(F, "paired-jackknife", "root mean squared errors, heavy tails", "400", errors(400),
          math.sqrt(8 / 6 + 0.25) - math.sqrt(8 / 6 + 0.16)),
    World(F, "paired-jackknife", "areas of two equally good models", "300", areas(300), 0.0,
          effort=10),
    World(F, "paired-cluster-jackknife", "clusters", "30 × 8", clusters(30), 0.2, cautious(),
          PSEUDO),
    World(F, "mover", "different rows, shares of 0.9 and 0.8", "150 and 150", unpaired("shares"),
          -0.1),
    World(F, "mover", "different rows, means with spreads of 1 and 3", "40 and 40",
          unpaired("means"), 0.5),
    World(F, "paired-quantiles", "0.95 quantile of times that correlate by 0.9", "1,000",
          latencies(1_000, 0.95, 0.9), slower(0.95)),
    World(F, "paired-quantiles", "median of times that correlate by 0.5", "200",
          latencies(200, 0.5, 0.5), slower(0.5)),
    World(F, "paired-quantiles", "0.9 quantile, few rows beyond it", "50",
          latencies(50, 0.9, 0.5), slower(0.9), cautious(), "five rows beyond the quantile"),
]  # fmt: skip
