"""Scores of a language model's answers, some of which never came."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtri
from tests.calibration.worlds.means import Draw, quantile_of
from tests.calibration.worlds.world import LEVEL, World, cautious, rows

from assay.inference.bounded_means import bounded_mean
from assay.inference.proportions import wilson
from assay.inference.unanswered import worst_case

OVERLAP: Draw = lambda rng, size: rng.beta(2, 1, size)  # noqa: E731


def graded(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """A third wrong, a third right, the others somewhere between."""
    return np.clip(rng.uniform(-1, 2, size), 0, 1)


def nearly_right(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Nine of ten answers have all that is asked for."""
    return np.where(rng.random(size) < 0.9, 1.0, rng.random(size))


def two_of_four(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Shares of two answers of a question, drawn from four, of which one is right (pass@2)."""
    right = rng.binomial(4, rng.beta(1, 1, size))
    return 1 - (4 - right) * (3 - right) / 12


def seconds(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Times of answers, one in a hundred given up at 30 seconds."""
    return np.where(rng.random(size) < 0.01, 30.0, rng.lognormal(0, 0.6, size))


def scores(draw: Any, n: int) -> Any:
    def simulate(rng, runs):
        for x in rows(draw, n)(rng, runs):
            yield x.mean(), bounded_mean(x.mean(), x.var(ddof=1), n, LEVEL)

    return simulate


def lost(draw: Any, n: int, *, at_0: float, at_1: float) -> Any:
    """Answers get lost the more likely the worse, or better, they are; true is the mean of all."""

    def simulate(rng, runs):
        for x in rows(draw, n)(rng, runs):
            known = x[rng.random(n) >= at_0 + (at_1 - at_0) * x]
            m, mean = len(known), float(known.mean())
            if set(known.tolist()) <= {0.0, 1.0}:
                of_known = wilson(float(known.sum()), m, LEVEL)
            else:
                of_known = bounded_mean(mean, float(known.var(ddof=1)), m, LEVEL)
            yield mean, worst_case(of_known, m, n, low=0, high=1, value=mean, level=LEVEL)

    return simulate


def right(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    return (rng.random(size) < 0.7).astype(float)


F = "Scores of language models"
DISCRETE = "whole ranks: at least the stated level, rounded outward to the grid that one scan asks"
STUDENT = "ten scores: Student's quantile, and an interval that is wide with few rows anyway"
UNKNOWN = "it allows for whatever the lost answers would have been"
EXTREME = "the lost ones are as bad as can be: one end alone can miss"
WORLDS = [
    World(F, "wilson-effective", "skew: overlaps with an answer, beta", "30",
          scores(OVERLAP, 30), 2 / 3),
    World(F, "wilson-effective", "small n: a third wrong, a third right, others between", "10",
          scores(graded, 10), 0.5, cautious(0.985), STUDENT),
    World(F, "wilson-effective", "nine of ten are 1, others anywhere", "100",
          scores(nearly_right, 100), 0.95),
    World(F, "wilson-effective", "ties: pass@2 of four answers", "40",
          scores(two_of_four, 40), 2 / 3),
    World(F, "wilson+worst-case", "30 % of wrong answers are lost, 5 % of right ones", "200",
          lost(right, 200, at_0=0.3, at_1=0.05), 0.7, cautious(), UNKNOWN),
    World(F, "wilson+worst-case", "half of the wrong answers are lost, of right ones none", "200",
          lost(right, 200, at_0=0.5, at_1=0.0), 0.7, cautious(), EXTREME),
    World(F, "wilson-effective+worst-case", "30 % of the worst scores are lost, 5 % of the best",
          "100", lost(OVERLAP, 100, at_0=0.3, at_1=0.05), 2 / 3, cautious(), UNKNOWN),
    World(F, "wilson-effective+worst-case", "60 % of all answers are lost", "60",
          lost(OVERLAP, 60, at_0=0.6, at_1=0.6), 2 / 3, cautious(), UNKNOWN),
    World(F, "order-statistics", "ties: times of answers, 0.95 quantile, some given up", "200",
          quantile_of(seconds, 200, 0.95), float(np.exp(0.6 * ndtri(0.95 / 0.99))), cautious(),
          DISCRETE),
]  # fmt: skip
