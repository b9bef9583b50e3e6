"""Drift of rows in clusters, and of days that resemble their neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special
from tests.calibration.worlds.world import LEVEL, World, cautious, short

from assay.inference.drift import WILD as METHOD
from assay.inference.drift import CellMethod, Groups, Sides, distance, interval, sampling_error
from assay.inference.group_errors import blocks
from assay.inference.interval import Interval

CELLS = 20
EDGES = special.ndtri(np.arange(1, CELLS) / CELLS)


def rows_of(effects: np.ndarray, sizes: np.ndarray, rng: Any, shift: float) -> np.ndarray:
    """Rows by cluster and cell: standard normal, half of the variance the cluster's own."""
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    noise = rng.normal(size=len(cluster))
    x = np.sqrt(0.5) * (effects[cluster] + noise) + shift
    counts = np.zeros((len(sizes), CELLS))
    np.add.at(counts, (cluster, np.searchsorted(EDGES, x)), 1)
    return counts


def sizes_of(clusters: int, spread: float, rng: Any) -> np.ndarray:
    """Rows of each cluster, thirty on average; log-normal with that spread."""
    sizes = np.exp(rng.normal(0, spread, clusters))
    return np.maximum(1, np.round(sizes / sizes.mean() * 30)).astype(int)


def tables(clusters: int, spread: float, shift: float, rng: Any) -> tuple[Sides, Groups]:
    """Two tables, as a run groups them: more than a hundred clusters in fifty groups by lot."""
    both = []
    for moved in (0.0, shift):
        counts = rows_of(rng.normal(size=clusters), sizes_of(clusters, spread, rng), rng, moved)
        if clusters > 100:
            lots = np.zeros((50, CELLS))
            np.add.at(lots, rng.integers(0, 50, clusters), counts)
            counts = lots[lots.any(axis=1)]
        both.append(counts)
    return shares(*both), Groups(*both)


def shares(a: np.ndarray, b: np.ndarray) -> Sides:
    return Sides(a.sum(0) / a.sum(), b.sum(0) / b.sum(), int(a.sum()), int(b.sum()))


def truth(shift: float) -> Sides:
    """The shares of both populations."""
    moved = np.diff(special.ndtr(EDGES - shift), prepend=0.0, append=1.0)
    return Sides(np.full(CELLS, 1 / CELLS), moved, 1, 1)


def ks(sides: Sides) -> np.ndarray:
    """Kolmogorov-Smirnov distance along the edges of the cells."""
    return np.abs((sides.current - sides.reference).cumsum(axis=-1)).max(axis=-1)


def drifts(clusters: int, spread: float, shift: float, method: CellMethod) -> Any:
    def simulate(rng, runs):
        for seed in range(runs):
            sides, groups = tables(clusters, spread, shift, rng)
            found = interval(sides, method, level=LEVEL, seed=seed, groups=groups)
            yield distance(sides, method), found

    return simulate


def days(n: int, rho: float, rng: Any) -> np.ndarray:
    """Effects of days, each ``rho`` times that of the day before and something new."""
    from scipy.signal import lfilter

    noise = rng.normal(0, np.sqrt(1 - rho**2), n + 100)
    return lfilter([1.0], [1.0, -rho], noise)[100:]


def series(n: int, rho: float) -> Any:
    """The Kolmogorov-Smirnov distance of two spans of days, in blocks by the rule."""
    length = -(-n // blocks(n))

    def simulate(rng, runs):
        for seed in range(runs):
            both = []
            for _ in range(2):
                counts = rows_of(days(n, rho, rng), np.full(n, 20), rng, 0.0)
                both.append(np.add.reduceat(counts, np.arange(0, n, length)))
            sides, groups = shares(*both), Groups(*both)
            value = float(ks(sides))
            error = sampling_error(sides, ks, level=LEVEL, seed=seed, groups=groups)
            yield value, Interval(max(0.0, value - error), min(1.0, value + error), METHOD)

    return simulate


F = "Drift of rows in clusters"
ZERO = "0 is the least there is: the lower end alone can miss it"
FEW = "few clusters: Student's t for each side, and 0 is the least there is"
BOTH = "the bootstrap's error is added on both sides"
LONG = "blocks are shorter than what the days have in common"
SPREAD = "thirty rows each, very unequal"
WORLDS = [
    World(F, METHOD, "total variation, no drift", "5 and 5 clusters",
          drifts(5, 0.0, 0.0, "total_variation"), 0.0, cautious(), FEW, effort=10),
    World(F, METHOD, "total variation, no drift", "30 and 30 clusters",
          drifts(30, 0.0, 0.0, "total_variation"), 0.0, cautious(), ZERO, effort=10),
    World(F, METHOD, f"total variation, no drift ({SPREAD})", "30 and 30 clusters",
          drifts(30, 1.0, 0.0, "total_variation"), 0.0, cautious(), ZERO, effort=10),
    World(F, METHOD, "total variation, drifting", "30 and 30 clusters",
          drifts(30, 0.0, 0.7, "total_variation"),
          distance(truth(0.7), "total_variation"), cautious(), BOTH, effort=10),
    World(F, METHOD, "population stability index, no drift", "100 and 100 clusters",
          drifts(100, 0.0, 0.0, "psi"), 0.0, cautious(), ZERO, effort=10),
    World(F, METHOD, "Jensen-Shannon, drifting", "1,000 and 1,000 clusters",
          drifts(1_000, 0.0, 0.7, "jensen_shannon"),
          distance(truth(0.7), "jensen_shannon"), cautious(), BOTH, effort=10),
    World(F, METHOD, "Kolmogorov-Smirnov, no drift, days (autocorrelation 0.5)", "90 and 90 days",
          series(90, 0.5), 0.0, cautious(), ZERO, effort=10),
    World(F, METHOD, "Kolmogorov-Smirnov, no drift, days (autocorrelation 0.8)", "30 and 30 days",
          series(30, 0.8), 0.0, short(0.70), LONG, effort=10),
    World(F, METHOD, "Kolmogorov-Smirnov, no drift, days (autocorrelation 0.8)", "365 and 365 days",
          series(365, 0.8), 0.0, short(0.90), LONG, effort=10),
]  # fmt: skip
