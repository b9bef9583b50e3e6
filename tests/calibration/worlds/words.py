"""Texts of two tables: the greatest change of a word's share of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.calibration.worlds.world import LEVEL, World, cautious

from assay.inference.two_sample.events import greatest_change, interval
from assay.metrics.drift.vocabulary import Texts, vocabulary


def zipf(words: int, exponent: float) -> np.ndarray:
    """Chances of words by rank (Zipf 1949)."""
    chances = 1 / np.arange(1, words + 1) ** exponent
    return chances / chances.sum()


def texts(n: int, length: int, chances: np.ndarray, rng: Any, *, of: int = 0) -> Texts:
    """Texts of 1 to 2 ``length`` words; half of them are the author's, where there are authors."""
    group = np.sort(rng.integers(of, size=n)) if of else np.arange(n)
    topics = rng.choice(len(chances), size=(max(of, 1), 3), p=chances)
    drawn = []
    for i in range(n):
        words = rng.choice(len(chances), size=rng.integers(1, 2 * length), p=chances)
        if of:
            own = rng.random(len(words)) < 0.5
            words[own] = rng.choice(topics[group[i]], own.sum())
        drawn.append(frozenset(map(str, words)))
    place = np.unique(group, return_inverse=True)[1]
    return Texts((False,) * n, tuple(drawn), tuple(place.tolist()), (1.0,) * n, n, bool(of))


def same(n: int, m: int, length: int, chances: np.ndarray, of: int = 0) -> Any:
    """Two tables of one process."""

    def simulate(rng, runs):
        for seed in range(runs):
            both = [texts(k, length, chances, rng, of=of) for k in (n, m)]
            sides = vocabulary(*both).sides
            yield greatest_change(*sides), interval(*sides, level=LEVEL, seed=seed)

    return simulate


def replaced(n: int, m: int, share: float) -> Any:
    """Of the texts with the second word so many have another in its place."""
    chances = zipf(200, 1.0)

    def simulate(rng, runs):
        for seed in range(runs):
            one, two = (texts(k, 4, chances, rng) for k in (n, m))
            changed = [
                (w - {"1"}) | {"other"} if "1" in w and rng.random() < share else w
                for w in two.words
            ]
            sides = vocabulary(one, two._replace(words=tuple(changed))).sides
            yield greatest_change(*sides), interval(*sides, level=LEVEL, seed=seed)

    return simulate


def holds(length: int, chance: float) -> float:
    """Probability that a text of 1 to 2 ``length`` words has a word."""
    return float(np.mean(1 - (1 - chance) ** np.arange(1, 2 * length)))


F = "Two tables, all columns"
ZERO = "0 is the least there is: the lower end alone can miss it"
BOTH = "the bootstrap's error is that of the greatest of all words, added on both sides"
SPARSE = zipf(5_000, 0.9)
WORLDS = [
    World(F, "wild-bootstrap", "greatest change of a word's share, no drift, 200 words",
          "150 and 100", same(150, 100, 4, zipf(200, 1.0)), 0.0, cautious(), ZERO, effort=20),
    World(F, "wild-bootstrap", "greatest change of a word's share, no drift, 5,000 words",
          "150 and 100", same(150, 100, 6, SPARSE), 0.0, cautious(), ZERO, effort=30),
    World(F, "wild-bootstrap", "greatest change of a word's share, small n, no drift",
          "12 and 12", same(12, 12, 4, zipf(200, 1.0)), 0.0, cautious(), ZERO, effort=10),
    World(F, "wild-bootstrap", "greatest change of a word's share, half of one replaced",
          "150 and 100", replaced(150, 100, 0.5), 0.5 * holds(4, float(zipf(200, 1.0)[1])),
          cautious(), BOTH, effort=20),
    World(F, "wild-cluster-bootstrap", "greatest change of a word's share, no drift, by author",
          "200 and 200 texts, 30 authors", same(200, 200, 4, zipf(200, 1.0), of=30), 0.0,
          cautious(), ZERO, effort=20),
]  # fmt: skip
