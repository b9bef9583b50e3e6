"""Scores of a language model's answers, some of which never came."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtri
from tests.calibration.worlds.means import Draw, quantile_of
from tests.calibration.worlds.world import LEVEL, World, cautious, rows

from assay.core.aggregate import Fold
from assay.core.measurement import Estimation
from assay.core.schema import Schema
from assay.inference.bounded_means import bounded_mean
from assay.inference.interval import Interval
from assay.inference.proportions import wilson
from assay.inference.throughput import steady, throughput
from assay.inference.unanswered import worst_case
from assay.inference.wordings import Units, mean_drop, spread
from assay.metrics.llm.context_window import ContextWindow
from assay.states import FrequenciesState

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


def wordings(n: int, shares: tuple[float, ...], kept: float) -> Any:
    """Samples asked in several wordings: an answer that is right in one is right in all others with
    the chance ``kept``, but for those that a wording breaks; a share of each is right."""

    def simulate(rng, runs):
        for _ in range(runs):
            hard, together = rng.random(n), rng.random(n) < kept
            yield {
                str(i): (np.where(together, hard, rng.random(n)) < p).astype(float)
                for i, p in enumerate(shares)
            }

    return simulate


def dropped(n: int, shares: tuple[float, float], kept: float, size: int = 1) -> Any:
    """Samples as they are and in a variant; in clusters of ``size`` that are alike."""

    def simulate(rng, runs):
        units = Units.of([i // size for i in range(n)])
        for by in wordings(n // size, shares, kept)(rng, runs):
            before, after = (np.repeat(v, size) for v in by.values())
            yield float((before - after).mean()), mean_drop(before, after, units, LEVEL)

    return simulate


def spread_of(n: int, shares: tuple[float, ...]) -> Any:
    def simulate(rng, runs):
        units = Units.of(list(range(n)))
        for by in wordings(n, shares, 0.8)(rng, runs):
            value, interval, _ = spread(by, units, LEVEL)
            yield value, interval

    return simulate


def window(recalls: tuple[float, ...], n: int, least: float) -> Any:
    """Lengths 1, 2, … with as many samples each; recall falls with the length."""
    metric = ContextWindow(recall=least)
    (rows,) = metric.aggregates(Schema(()))

    def simulate(rng, runs):
        for right in rng.binomial(n, recalls, (runs, len(recalls))):
            counts = {(i + 1, 1.0): int(k) for i, k in enumerate(right) if k}
            counts |= {(i + 1, 0.0): int(n - k) for i, k in enumerate(right) if k < n}
            fold = Fold(Schema(()), {rows: {(): FrequenciesState.of(counts)}})
            (m,) = metric.estimate(fold, Estimation(level=LEVEL))
            yield m.value, Interval(m.low, np.inf if m.high is None else m.high, m.method)

    return simulate


def closed_loop(calls: int, callers: int, draw: Draw) -> Any:
    """So many callers, each of which asks again when it was answered."""

    def simulate(rng, runs):
        for _ in range(runs):
            ends = np.sort(draw(rng, (callers, calls)).cumsum(axis=1).ravel())[:calls]
            sent = np.concatenate([np.zeros(callers), ends[: calls - callers]])
            yield throughput(ends, *steady(sent, ends, callers), LEVEL)

    return simulate


def open_loop(calls: int, rate: float, draw: Draw) -> Any:
    """Calls sent at random times; the server has room for all."""

    def simulate(rng, runs):
        for _ in range(runs):
            sent = rng.exponential(1 / rate, calls).cumsum()
            took = draw(rng, (1, calls))[0]
            flying = int(np.ceil(rate * np.median(took)))
            yield throughput(sent + took, *steady(sent, sent + took, flying), LEVEL)

    return simulate


def answer_times(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Lognormal, of mean 1."""
    return rng.lognormal(-0.18, 0.6, size)


F = "Scores of language models"
DISCRETE = "whole ranks: at least the stated level, rounded outward to the grid that one scan asks"
STUDENT = "ten scores: Student's quantile, and an interval that is wide with few rows anyway"
UNKNOWN = "it allows for whatever the lost answers would have been"
PAIRED = "four unpaired units are added to the variance, so that few flips do not promise certainty"
ALIKE = "as above; and clusters of three that are wholly alike leave few independent ones"
ALL_PAIRS = "it holds for all pairs of wordings at once, and chance pushes the value upward"
STEPS = "lengths are few: each end moves by whole steps, and rests on several of them"
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
    World(F, "paired-jackknife", "drop of a variant: 70 % right, then 60 %", "100",
          dropped(100, (0.7, 0.6), 0.8), 0.1, cautious(0.99), PAIRED),
    World(F, "paired-cluster-jackknife", "drop of a variant, clusters of three", "150",
          dropped(150, (0.7, 0.6), 0.8, size=3), 0.1, cautious(), ALIKE),
    World(F, "mover", "all are right, in a variant nine of ten", "100",
          dropped(100, (1.0, 0.9), 1.0), 0.1, cautious(0.99), PAIRED),
    World(F, "paired-spread", "five wordings, 50 to 65 % right", "100",
          spread_of(100, (0.65, 0.6, 0.6, 0.55, 0.5)), 0.15, cautious(), ALL_PAIRS, effort=4.0),
    World(F, "paired-spread", "four wordings that are all the same", "60",
          spread_of(60, (0.6, 0.6, 0.6, 0.6)), 0.0, cautious(), ALL_PAIRS, effort=4.0),
    World(F, "fixed-sequence", "recall at five lengths, from 0.99 to 0.6; 0.9 is wanted", "5 × 60",
          window((0.99, 0.97, 0.93, 0.85, 0.6), 60, 0.9), 3.0, cautious(), STEPS),
    World(F, "batch-means", "answers in a second, one caller", "200",
          closed_loop(200, 1, answer_times), 1.0),
    World(F, "batch-means", "answers in a second, eight callers", "400",
          closed_loop(400, 8, answer_times), 8.0),
    World(F, "batch-means", "answers in a second, sent at random at a rate of 5", "200",
          open_loop(200, 5.0, answer_times), 5.0),
]  # fmt: skip
