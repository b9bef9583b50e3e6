"""Scores of the same templates for several groups of people: the gap between those farthest apart.

Each template is a unit in which all groups meet; how hard it is moves all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from tests.calibration.worlds.world import LEVEL, Run, Simulate, World, cautious

from assay.inference.group_gaps import greatest_gap
from assay.inference.wordings import Units

F = "Scores of language models"
SIMULTANEOUS = "the interval holds over all pairs of groups together"


def refused(rates: tuple[float, ...], templates: int, *, shared: float) -> Simulate:
    """Yes or no for each group at its rate; a share of the templates gives all groups one lot."""

    def simulate(rng: np.random.Generator, runs: int) -> Iterator[Run]:
        size = (runs, len(rates), templates)
        lots = np.where(
            rng.random((runs, 1, templates)) < shared, rng.random((runs, 1, templates)),
            rng.random(size),
        )  # fmt: skip
        scores = (lots < np.array(rates)[None, :, None]).astype(float)
        yield from _gaps(scores, low=0.0, high=1.0)

    return simulate


def lengths(shifts: tuple[float, ...], templates: int) -> Simulate:
    """Lengths of answers: templates differ ten times as much as answers to one of them."""

    def simulate(rng: np.random.Generator, runs: int) -> Iterator[Run]:
        means = np.array(shifts)[None, :, None] + rng.normal(100, 50, (runs, 1, templates))
        yield from _gaps(
            means + rng.normal(0, 5, (runs, len(shifts), templates)), low=0, high=np.inf
        )

    return simulate


def _gaps(scores: np.ndarray, *, low: float, high: float) -> Iterator[Run]:
    """The gap of each run's scores, shape (runs, groups, templates)."""
    _, groups, templates = scores.shape
    units = Units.of(range(templates))
    for run in scores:
        named = {str(g): run[g] for g in range(groups)}
        yield greatest_gap(named, units, LEVEL, low=low, high=high)[:2]


WORLDS = [
    World(F, "paired-gap", "five groups, one is refused more often", "24",
          refused((0.2, 0.2, 0.2, 0.2, 0.5), 24, shared=0.5), 0.3, cautious(), SIMULTANEOUS, 6),
    World(F, "paired-gap", "two groups, refused alike", "24",
          refused((0.3, 0.3), 24, shared=0.8), 0.0, cautious(), SIMULTANEOUS),
    World(F, "paired-gap", "five groups, lengths of answers", "24",
          lengths((0, 0, 1, 2, 4), 24), 4.0, cautious(), SIMULTANEOUS, 6),
]  # fmt: skip
