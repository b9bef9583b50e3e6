"""Agreement, raters, preferences, and machines that judge in place of people."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from tests.calibration.worlds.world import LEVEL, World, cautious, short

from assay.inference.agreement.cohen import cohen
from assay.inference.agreement.percent import percent_agreement
from assay.inference.agreement.pooled import fleiss, krippendorff
from assay.inference.agreement.ratings import Ratings
from assay.inference.prediction_powered import judged_mean_of
from assay.inference.rating.bradley_terry import strengths
from assay.inference.rating.severity import severity
from assay.inference.undefined import Undefined

SHARES = (0.5, 0.3, 0.2)


def rated(rng: np.random.Generator, items: int, raters: int, right: float) -> np.ndarray:
    """Raters who see an item's category with a probability, and else guess; (raters, items)."""
    true = rng.choice(3, items, p=SHARES)
    guess = rng.choice(3, (raters, items), p=SHARES)
    return np.where(rng.random((raters, items)) < right, true, guess).astype(float)


def agreement(coefficient: Any, items: int, raters: int, right: float) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            table = rated(rng, items, raters, right)
            try:
                found = coefficient(table)
            except Undefined:  # everybody gave everything the same category
                continue
            yield found.value, found.interval(LEVEL)

    return simulate


def true_agreement(coefficient: Any, raters: int, right: float) -> Any:
    @cache
    def true() -> float:
        return coefficient(rated(np.random.default_rng(0), 50_000, raters, right)).value

    return true


def alpha(table: np.ndarray) -> Any:
    return krippendorff(Ratings.from_table(table), "nominal")


def kappa_of_many(table: np.ndarray) -> Any:
    return fleiss(Ratings.from_table(table))


def kappa_of_two(table: np.ndarray) -> Any:
    counts = np.zeros((3, 3), dtype=np.int64)
    np.add.at(counts, tuple(table.astype(int)), 1)
    return cohen(counts)


def equal_pairs(table: np.ndarray) -> Any:
    return percent_agreement(Ratings.from_table(table))


def opposed(items: int) -> Any:
    """Raters who disagree more than chance would: no mixture of agreement and chance."""

    def simulate(rng, runs):
        for _ in range(runs):
            table = rng.integers(0, 2, items)
            other = np.where(rng.random(items) < 0.8, 1 - table, table)
            counts = np.zeros((2, 2), dtype=np.int64)
            np.add.at(counts, (table, other), 1)
            found = cohen(counts)
            yield found.value, found.interval(LEVEL)

    return simulate


def judged(n: int, more: int, *, outcomes: bool, skill: float) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            if outcomes:
                human = (rng.random(n + more) < 0.3).astype(float)
                flip = rng.random(n + more) < (1 - skill) / 2
                machine = np.where(flip, 1 - human, human)
            else:
                human = rng.exponential(size=n + more)
                machine = skill * human + (1 - skill) * rng.normal(1, 1, n + more)
            found = judged_mean_of(human[:n], machine[:n], machine[n:], outcomes=outcomes)
            yield found.value, found.interval(LEVEL)

    return simulate


def biases(items: int) -> Any:
    """Four raters, three of whom rate each item; the first one half a point higher."""
    offsets = np.array([0.5, 0.0, -0.2, 0.1])

    def simulate(rng, runs):
        for _ in range(runs):
            item = np.repeat(np.arange(items), 3)
            rater = np.concatenate([rng.choice(4, 3, replace=False) for _ in range(items)])
            level = rng.normal(0, 1, items)[item]
            value = level + offsets[rater] + rng.normal(0, 0.5, len(item))
            found = severity(item, rater, value)
            yield float(found.value[0]), found.interval(0, LEVEL)

    return simulate


def preferences(each: int) -> Any:
    """Five contestants, every pair compared equally often; the strength of the best."""
    strength = np.array([0.8, 0.3, 0.0, -0.3, -0.8])
    chance = 1 / (1 + np.exp(strength[None, :] - strength[:, None]))

    def simulate(rng, runs):
        for _ in range(runs):
            upper = np.triu(rng.binomial(each, chance), 1)
            wins = (upper + np.tril(each - upper.T, -1)).astype(float)
            try:
                found = strengths(wins, np.zeros((5, 5)))
            except Undefined:
                continue
            if found.standing[0] == "measured":
                yield float(found.value[0]), found.interval(0, LEVEL)

    return simulate


F = "Ratings"
WORLDS = [
    World(F, "wilson-effective-n", "Krippendorff's alpha, three raters", "60",
          agreement(alpha, 60, 3, 0.8), true_agreement(alpha, 3, 0.8), effort=2),
    World(F, "wilson-effective-n", "Krippendorff's alpha, small n", "15",
          agreement(alpha, 15, 3, 0.8), true_agreement(alpha, 3, 0.8), (0.92, 1.0),
          "fifteen items", effort=2),
    World(F, "wilson-effective-n", "Fleiss' kappa, four raters", "60",
          agreement(kappa_of_many, 60, 4, 0.6), true_agreement(kappa_of_many, 4, 0.6), effort=2),
    World(F, "wilson-effective-n", "Cohen's kappa", "100",
          agreement(kappa_of_two, 100, 2, 0.9), true_agreement(kappa_of_two, 2, 0.9)),
    World(F, "wilson-effective-n", "share of equal pairs, three raters", "60",
          agreement(equal_pairs, 60, 3, 0.8), true_agreement(equal_pairs, 3, 0.8), effort=2),
    World(F, "student-t", "Cohen's kappa below 0", "100", opposed(100), -0.6),
    World(F, "cluster-robust-t", "bias of one of four raters", "60 items", biases(60),
          0.5 - (0.0 - 0.2 + 0.1) / 3, effort=10),
    World(F, "sandwich-t", "Bradley-Terry strength, five contestants", "10 × 20", preferences(20),
          0.8, effort=4),
    World(F, "prediction-powered", "skew: scores, a good judge", "100 of 2,000",
          judged(100, 1_900, outcomes=False, skill=0.8), 1.0, short(0.92),
          "as Student's t of 100 skewed scores"),
    World(F, "prediction-powered", "outcomes, a judge who is right in 9 of 10", "100 of 2,000",
          judged(100, 1_900, outcomes=True, skill=0.8), 0.3),
    World(F, "prediction-powered", "rare errors of the judge: 1 %", "50 of 1,000",
          judged(50, 950, outcomes=True, skill=0.98), 0.3, cautious(), "rows are added on which "
          "judge and human are independent, so that few errors do not look like none"),
]  # fmt: skip
