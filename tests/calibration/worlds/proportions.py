"""Shares, and differences and ratios of shares."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtr
from tests.calibration.worlds.world import LEVEL, World, cautious, short

from assay.inference.differences import (
    Share,
    greatest_difference,
    least_ratio,
    mover_ratio,
    newcombe,
)
from assay.inference.fences import fences, outlier_share
from assay.inference.paired_proportions import Pairs, bonett_price, newcombe_paired
from assay.inference.proportions import clopper_pearson, wilson


def share(p: float, n: int, between: Any = wilson) -> Any:
    def simulate(rng, runs):
        for k in rng.binomial(n, p, runs).tolist():
            yield k / n, between(k, n, LEVEL)

    return simulate


def shares(p: float, n: int) -> Any:
    """Of shares near p: a single one has a coverage that jumps from n to n."""

    def simulate(rng, runs):
        for true in rng.uniform(0.5 * p, 1.5 * p, runs).tolist():
            k = int(rng.binomial(n, true))
            yield k / n, wilson(k, n, LEVEL), true

    return simulate


def two(p: tuple[float, float], n: tuple[int, int], between: Any) -> Any:
    def simulate(rng, runs):
        for a, b in rng.binomial(n, p, (runs, 2)).tolist():
            if between is mover_ratio and b == 0:
                continue
            value = a / n[0] - b / n[1] if between is newcombe else a / n[0] / (b / n[1])
            yield value, between(Share(a, n[0]), Share(b, n[1]), LEVEL)

    return simulate


def paired(cells: tuple[float, ...], n: int, between: Any) -> Any:
    def simulate(rng, runs):
        for counts in rng.multinomial(n, cells, runs).tolist():
            pairs = Pairs(*counts)
            yield pairs.difference, between(pairs, LEVEL)

    return simulate


def groups(sizes: tuple[int, ...], rates: tuple[float, ...], *, ratio: bool) -> Any:
    def simulate(rng, runs):
        for counts in rng.binomial(sizes, rates, (runs, len(sizes))).tolist():
            found = [Share(c, n) for c, n in zip(counts, sizes, strict=True)]
            seen = [c / n for c, n in zip(counts, sizes, strict=True)]
            if not ratio:
                yield max(seen) - min(seen), greatest_difference([found], LEVEL)
            elif max(seen) > 0:
                yield min(seen) / max(seen), least_ratio(found, LEVEL)

    return simulate


def outliers(n: int) -> Any:
    def simulate(rng, runs):
        for x in np.sort(rng.normal(size=(runs, n)), axis=1):
            found = fences(x, "iqr", 1.5)
            yield found.count(x) / n, outlier_share(x, found, "iqr", 1.5, LEVEL)

    return simulate


S, D = "Shares", "Differences of shares"
QUARTILE = 0.6744897501960817
WORLDS = [
    World(S, "wilson", "share about 0.3", "50", shares(0.3, 50)),
    World(S, "wilson", "small n, share about 0.5", "10", shares(0.5, 10)),
    World(S, "wilson", "rare events, about 1 %", "500", shares(0.01, 500)),
    World(S, "wilson", "rare events, exactly 0.2 %", "100", share(0.002, 100), 0.002,
          (0.97, 1.0), "no event in 82 of 100 runs: it covers almost always"),
    World(S, "clopper-pearson", "share 0.3", "50", share(0.3, 50, clopper_pearson), 0.3,
          cautious(), "exact: at least the stated level at every share"),
    World(S, "wilson-effective-n", "normal, beyond 1.5 interquartile ranges", "1,000",
          outliers(1_000), float(2 * ndtr(-4 * QUARTILE)), short(0.925),
          "the fences move with the sample"),
    World(D, "newcombe", "0.3 and 0.2", "100 + 100", two((0.3, 0.2), (100, 100), newcombe), 0.1),
    World(D, "newcombe", "small n, 0.9 and 0.6", "20 + 20",
          two((0.9, 0.6), (20, 20), newcombe), 0.3),
    World(D, "newcombe", "rare events, 1 % each", "400 + 400",
          two((0.01, 0.01), (400, 400), newcombe), 0.0, cautious(0.985),
          "four events an arm: whole counts"),
    World(D, "mover-ratio", "0.3 over 0.2", "100 + 100",
          two((0.3, 0.2), (100, 100), mover_ratio), 1.5),
    World(D, "newcombe-paired", "accuracies 0.85 and 0.88", "200",
          paired((0.8, 0.05, 0.08, 0.07), 200, newcombe_paired), 0.03),
    World(D, "newcombe-paired", "few discordant pairs, 1 % each", "300",
          paired((0.9, 0.01, 0.01, 0.08), 300, newcombe_paired), 0.0, cautious(0.995),
          "six discordant pairs: corrected for continuity"),
    World(D, "bonett-price", "accuracies 0.85 and 0.88", "200",
          paired((0.8, 0.05, 0.08, 0.07), 200, bonett_price), 0.03),
    World(D, "newcombe-pairs", "greatest of the differences of three groups", "200 + 100 + 50",
          groups((200, 100, 50), (0.3, 0.25, 0.1), ratio=False), 0.2, cautious(0.985),
          "it allows for the greatest being the greatest by chance"),
    World(D, "newcombe-pairs", "eight groups, all alike", "8 × 100",
          groups((100,) * 8, (0.4,) * 8, ratio=False), 0.0, cautious(),
          "it allows for the greatest being the greatest by chance"),
    World(D, "mover-ratio-pairs", "least of the ratios of three groups", "200 + 100 + 50",
          groups((200, 100, 50), (0.3, 0.25, 0.1), ratio=True), 1 / 3, cautious(0.985),
          "it allows for the least being the least by chance"),
]  # fmt: skip
