"""Distances of distributions, association and information: values that noise pushes up."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from tests.calibration.worlds.world import LEVEL, World, cautious, short

from assay.inference.association import correlation_ratio, cramers_v
from assay.inference.contingency import Contingency
from assay.inference.distribution import Distribution
from assay.inference.drift import CellMethod, Sides, distance, interval
from assay.inference.information import divergence, entropy_interval, mutual_information
from assay.inference.ordered_drift import kolmogorov_smirnov, smirnov
from assay.inference.quantile_grid import GRID
from assay.states import MomentsState, QuantilesState


def joint(rows: int, columns: int, strength: float) -> np.ndarray:
    """Probabilities of a table: a mixture of independence and of one column for each row."""
    told = np.zeros((rows, columns))
    told[np.arange(rows), np.arange(rows) % columns] = 1 / rows
    return (1 - strength) / (rows * columns) + strength * told


def tables(p: np.ndarray, n: int, what: str) -> Any:
    def simulate(rng, runs):
        for counts in rng.multinomial(n, p.ravel(), size=runs).reshape(runs, *p.shape):
            table = Contingency.dense(counts)
            if min(len(table.rows), len(table.columns)) < 2:
                continue
            if what == "V":
                found = cramers_v(table)
                yield found.value, found.interval(LEVEL)
            else:
                value, effect = mutual_information(table, normalized=False)
                yield value, effect.interval(LEVEL)

    return simulate


def over_time(first: float, last: float) -> np.ndarray:
    """Probabilities of two classes over 24 periods; the share of one moves from first to last."""
    share = np.linspace(first, last, 24)
    return np.array([share, 1 - share]) / 24


def true_v(p: np.ndarray) -> float:
    expected = np.outer(p.sum(axis=1), p.sum(axis=0))
    return float(np.sqrt(max(0, (p**2 / expected).sum() - 1) / (min(p.shape) - 1)))


def true_information(p: np.ndarray) -> float:
    expected = np.outer(p.sum(axis=1), p.sum(axis=0))
    return float((p * np.log(np.where(p > 0, p / expected, 1))).sum())


def entropies(p: np.ndarray, n: int) -> Any:
    def simulate(rng, runs):
        for counts in rng.multinomial(n, p, size=runs):
            q = counts[counts > 0] / n
            value = -(q * np.log(q)).sum()
            once, twice = (counts == 1).sum(), (counts == 2).sum()
            unseen = once * (once - 1) / (2 * (twice + 1))
            variance = (q * np.log(q) ** 2).sum() - value**2
            yield value, entropy_interval(value, variance, n, len(q), unseen, LEVEL)

    return simulate


def divergences(p: np.ndarray, weights: np.ndarray, n: int) -> Any:
    def simulate(rng, runs):
        for counts in rng.multinomial(n, p, size=runs).astype(float):
            value, effect = divergence(counts, weights)
            yield value, effect.interval(LEVEL)

    return simulate


def ratios(n: int) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            group = rng.choice(3, n, p=[0.5, 0.3, 0.2])
            y = rng.normal(np.array([-0.5, 0.0, 0.5])[group], 1)
            found = correlation_ratio([moments(y[group == g]) for g in range(3)])
            yield found.value, found.interval(LEVEL)

    return simulate


def true_ratio() -> float:
    shares, centres = np.array([0.5, 0.3, 0.2]), np.array([-0.5, 0.0, 0.5])
    between = shares @ (centres - shares @ centres) ** 2
    return float(np.sqrt(between / (between + 1)))


def moments(values: np.ndarray) -> MomentsState:
    d = values - values.mean()
    powers = (float((d**power).sum()) for power in (2, 3, 4))
    return MomentsState(len(values), float(values.mean()), *powers)


EVEN = np.full(10, 0.1)
MOVED = np.array([0.15, 0.05, 0.12, 0.08] + [0.1] * 6)
NEW = np.append(EVEN, 0.0), np.append(EVEN * 0.85, 0.15)
RARE = np.array([0.3, 0.2, 0.1, 0.1] + [0.3 / 26] * 26)


def drifts(p: np.ndarray, q: np.ndarray, n: int, method: CellMethod, *, before: int = 0) -> Any:
    m = before or n

    def simulate(rng, runs):
        for seed in range(runs):
            a, b = rng.multinomial(m, p) / m, rng.multinomial(n, q) / n
            seen = (a + b) > 0
            sides = Sides(a[seen], b[seen], m, n)
            yield distance(sides, method), interval(sides, method, level=LEVEL, seed=seed)

    return simulate


def true_drift(p: np.ndarray, q: np.ndarray, method: CellMethod, n: int = 1, m: int = 1) -> float:
    return distance(Sides(p, q, n, m), method)


def states(values: np.ndarray) -> Distribution:
    ordered, n = np.sort(values), len(values)
    ranks = np.maximum(1, np.ceil(np.array(GRID) * n)).astype(int)
    found = Distribution.of(QuantilesState(n, GRID, tuple(ordered[ranks - 1].tolist())))
    assert found is not None
    return found


def smirnovs(n: int, shift: float) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            a, b = states(rng.normal(size=n)), states(rng.normal(shift, 1, n))
            value = kolmogorov_smirnov(a, b)
            yield value, smirnov(value, n, n, LEVEL, resolution=max(a.resolution, b.resolution))

    return simulate


@cache
def true_smirnov(shift: float) -> float:
    from scipy.special import ndtr

    return float(2 * ndtr(shift / 2) - 1)


F = "Association, information and drift"
ZERO = "0 is the least there is: the lower end alone can miss it"
SPARSE = "one row a cell on average: the bias that noise makes is not fully taken out"
SPARSELY: tuple[tuple[str, CellMethod, float], ...] = (
    ("population stability index", "psi", 0.84),
    ("Jensen-Shannon", "jensen_shannon", 0.86),
    ("chi-square (Cramér's V)", "chi_square", 0.87),
    ("total variation", "total_variation", 0.92),
)
ZIPF = 1 / np.arange(1, 51)
ZIPF /= ZIPF.sum()
SKEW = np.array([0.5, 0.2, 0.1, 0.1, 0.05, 0.05])
WORLDS = [
    World(F, "chi-square-delta", "Cramér's V, related", "2,000",
          tables(joint(3, 4, 0.3), 2_000, "V"), true_v(joint(3, 4, 0.3))),
    World(F, "chi-square-delta", "Cramér's V, weakly related", "200",
          tables(joint(3, 4, 0.1), 200, "V"), true_v(joint(3, 4, 0.1)), short(0.9),
          "between 'none' and 'some' neither approximation fits"),
    World(F, "chi-square-delta", "Cramér's V, independent", "200",
          tables(joint(3, 4, 0.0), 200, "V"), 0.0, cautious(0.985), ZERO),
    World(F, "chi-square-delta", "Cramér's V of a class and 24 periods, its share rising", "1,200",
          tables(over_time(0.1, 0.4), 1_200, "V"), true_v(over_time(0.1, 0.4))),
    World(F, "chi-square-delta", "Cramér's V of a rare class and 24 periods, no change", "1,200",
          tables(over_time(0.05, 0.05), 1_200, "V"), 0.0, cautious(0.985), ZERO),
    World(F, "chi-square-delta", "mutual information, related", "2,000",
          tables(joint(3, 4, 0.3), 2_000, "I"), true_information(joint(3, 4, 0.3))),
    World(F, "chi-square-delta", "correlation ratio of three groups", "500",
          ratios(500), true_ratio(), effort=4),
    World(F, "chi-square-delta", "divergence from known shares", "2,000",
          divergences(0.9 * SKEW + 0.1 * SKEW[::-1], SKEW, 2_000),
          float(((0.9 * SKEW + 0.1 * SKEW[::-1])
                 * np.log((0.9 * SKEW + 0.1 * SKEW[::-1]) / SKEW)).sum())),
    World(F, "miller-madow-delta", "entropy of six values", "200",
          entropies(SKEW, 200), float(-(SKEW * np.log(SKEW)).sum())),
    World(F, "miller-madow-delta", "skew: entropy of 50 values, Zipf", "2,000",
          entropies(ZIPF, 2_000), float(-(ZIPF * np.log(ZIPF)).sum())),
    World(F, "smirnov", "no drift", "500 and 500", smirnovs(500, 0.0), 0.0,
          cautious(), "it holds for any distribution, at the price of length", effort=4),
    World(F, "smirnov", "drifting: a shift of half a standard deviation", "500 and 500",
          smirnovs(500, 0.5), true_smirnov(0.5), cautious(),
          "it holds for any distribution, at the price of length", effort=4),
    World(F, "multinomial-bootstrap", "total variation, drifting", "1,000 and 1,000",
          drifts(EVEN, MOVED, 1_000, "total_variation"), true_drift(EVEN, MOVED, "total_variation"),
          cautious(), "the bootstrap's error is added on both sides", effort=10),
    World(F, "multinomial-bootstrap", "total variation, no drift", "200 and 200",
          drifts(EVEN, EVEN, 200, "total_variation"), 0.0, cautious(), ZERO, effort=10),
    World(F, "multinomial-bootstrap", "population stability index, drifting", "1,000 and 1,000",
          drifts(EVEN, MOVED, 1_000, "psi"), true_drift(EVEN, MOVED, "psi"), cautious(),
          "the bootstrap's error is added on both sides", effort=10),
    World(F, "multinomial-bootstrap", "Jensen-Shannon, drifting", "1,000 and 1,000",
          drifts(EVEN, MOVED, 1_000, "jensen_shannon"),
          true_drift(EVEN, MOVED, "jensen_shannon"), cautious(),
          "the bootstrap's error is added on both sides", effort=10),
    World(F, "multinomial-bootstrap", "chi-square (Cramér's V), drifting, a new value",
          "5,000 and 500", drifts(NEW[0], NEW[1], 500, "chi_square", before=5_000),
          true_drift(NEW[0], NEW[1], "chi_square", 5_000, 500), cautious(),
          "the bootstrap's error is added on both sides", effort=10),
    *(World(F, "multinomial-bootstrap", f"{name}, no drift, 26 rare values of 30",
            "100 and 100", drifts(RARE, RARE, 100, method), 0.0, (least, 1.0), SPARSE, effort=10)
      for name, method, least in SPARSELY),
]  # fmt: skip
