"""After a Thompson bandit: how often intervals of arms' means cover, naive and weighted ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from assay.inference.adaptive import Batches, adaptive_difference, adaptive_mean

LEVEL = 0.95
BATCHES, SIZE, FLOOR = 10, 400, 0.05


def bandits(rng: np.random.Generator, rates: list[float], runs: int) -> list[Batches]:
    """Bandits of 0s and 1s, side by side; Thompson's probabilities from 400 draws each."""
    k = len(rates)
    n, mean, probability = (np.zeros((runs, BATCHES, k)) for _ in range(3))
    for b in range(BATCHES):
        total, hits = n.sum(axis=1), (n * mean).sum(axis=1)
        draws = rng.beta(0.5 + hits, 0.5 + total - hits, (400, runs, k)).argmax(axis=2)
        best = np.stack([(draws == arm).mean(axis=0) for arm in range(k)], axis=1)
        probability[:, b] = 1 / k if b == 0 else FLOOR + (1 - k * FLOOR) * best
        n[:, b] = rng.multinomial(SIZE, probability[:, b])
        mean[:, b] = rng.binomial(n[:, b].astype(int), rates) / np.maximum(n[:, b], 1)
    squares = n * mean * (1 - mean)
    return [Batches(*run) for run in zip(n, mean, squares, probability, strict=True)]


def naive(of: Batches, arm: int) -> tuple[float, float]:
    """The interval of a sample mean, as if assignment had not looked at outcomes."""
    n = of.n[:, arm].sum()
    mean = (of.n * of.mean)[:, arm].sum() / n
    half = stats.norm.ppf(0.975) * math.sqrt(mean * (1 - mean) / n)
    return mean - half, mean + half


@pytest.mark.parametrize("rates", [[0.3, 0.3], [0.3, 0.36]])
def test_the_weighted_interval_covers(rates) -> None:
    rng = np.random.default_rng(3)
    runs = 1500
    covered = of_difference = 0
    too_low = {"weighted": 0, "naive": 0}
    for of in bandits(rng, rates, runs):
        for arm, rate in enumerate(rates):
            low, high, _ = adaptive_mean(of, arm).interval(LEVEL)
            covered += low <= rate <= high
            too_low["weighted"] += high < rate
            too_low["naive"] += naive(of, arm)[1] < rate
        low, high, _ = adaptive_difference(of, 1, 0).interval(LEVEL)
        of_difference += low <= rates[1] - rates[0] <= high
    least = stats.binom.ppf(1e-4, runs, LEVEL - 0.01)
    assert covered >= stats.binom.ppf(1e-4, 2 * runs, LEVEL - 0.01)
    assert of_difference >= least
    if rates[0] == rates[1]:
        # nothing to learn, so luck steers: naive intervals lie too low far more often than 2.5 %
        assert too_low["naive"] >= stats.binom.ppf(1 - 1e-3, 2 * runs, 0.025)
        assert too_low["weighted"] < too_low["naive"]


def test_the_sequence_covers_at_every_batch_at_once() -> None:
    rng = np.random.default_rng(4)
    runs, wrong = 500, 0
    for of in bandits(rng, [0.3, 0.3], runs):
        for b in range(2, BATCHES + 1):
            so_far = Batches(*(x[:b] for x in of))
            found = adaptive_difference(so_far, 1, 0).sequence(LEVEL, tuned_for=BATCHES * SIZE)
            if not found.low <= 0 <= found.high:
                wrong += 1
                break
    assert wrong <= stats.binom.ppf(1 - 1e-4, runs, 0.05)
