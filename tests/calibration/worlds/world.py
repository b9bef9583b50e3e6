"""Worlds: processes whose true value is known, and how often an interval must hold it there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from scipy import stats

from assay.inference.interval import Interval

LEVEL = 0.95
COVERS = (0.935, 0.965)
"""Where the coverage of a 95 % interval must lie."""
RARE = 1e-4
"""Chance of a false alarm of a test."""

Run: TypeAlias = "tuple[float, Interval] | tuple[float, Interval, float]"
"""A value, its interval, and the true value where that differs from run to run."""
Simulate: TypeAlias = Callable[[np.random.Generator, int], Iterable[Run]]


class Seen(NamedTuple):
    """What a simulation found.

    Attributes:
        runs: those in which there was something to measure.
        low, high: of them, those in which the true value lay below, or above, the interval.
        width: median width of the interval, over that of the range of the middle 95 % of the
            values; NaN where either is not a positive number.
    """

    runs: int
    low: int
    high: int
    width: float

    @property
    def held(self) -> int:
        """Runs in which the interval held the true value."""
        return self.runs - self.low - self.high

    @property
    def coverage(self) -> float:
        """The share of them."""
        return self.held / self.runs


@dataclass(frozen=True)
class World:
    """One process, one method, and the coverage that is declared for it.

    Attributes:
        family: the table of the documentation that it stands in.
        method: name of the interval.
        name: what is drawn, in words.
        n: rows (or units, looks ...) of a run, in words.
        simulate: gives runs.
        true: the true value, or how to find it; None where each run has its own.
        bounds: least and greatest coverage.
        why: why they are not the usual ones; empty where they are.
        effort: how much slower it is than most: it is run so many times fewer.
    """

    family: str
    method: str
    name: str
    n: str
    simulate: Simulate
    true: float | Callable[[], float] | None = None
    bounds: tuple[float, float] = COVERS
    why: str = ""
    effort: float = 1.0

    def __post_init__(self) -> None:
        assert bool(self.why) == (self.bounds != COVERS), f"{self}: say why, and only then"

    def __str__(self) -> str:
        return f"{self.method}: {self.name}, n = {self.n}"

    @property
    def covered(self) -> bool:
        """Whether the usual coverage, or more, is declared."""
        return self.bounds[0] >= COVERS[0]

    def runs(self, usual: int) -> int:
        """How often it is run where most are run ``usual`` times."""
        return max(40, round(usual / self.effort))

    def seed(self) -> list[int]:
        """A seed of its own, the same in every process."""
        return list(f"{self}".encode())

    def see(self, usual: int) -> Seen:
        """Simulate it."""
        fixed = self.true() if callable(self.true) else self.true
        runs = self.runs(usual)
        values, lows, highs, trues = [], [], [], []
        for value, interval, *own in self.simulate(np.random.default_rng(self.seed()), runs):
            values.append(value)
            lows.append(interval.low)
            highs.append(interval.high)
            trues.append(own[0] if own else fixed)
        low, high, true = np.array(lows), np.array(highs), np.array(trues, dtype=float)
        slack = 1e-9 * (1 + np.abs(true))
        return Seen(
            len(values),
            int((true < low - slack).sum()),
            int((true > high + slack).sum()),
            _width(np.array(values) - true, high - low),
        )

    def as_declared(self, seen: Seen) -> bool:
        """Whether the coverage seen is one that the declared one gives, but once in 10,000."""
        least = stats.binom.ppf(RARE, seen.runs, self.bounds[0])
        most = stats.binom.ppf(1 - RARE, seen.runs, self.bounds[1])
        return bool(least <= seen.held <= most)


def _width(errors: np.ndarray, widths: np.ndarray) -> float:
    ideal = float(np.diff(np.quantile(errors, [0.025, 0.975]))[0])
    median = float(np.median(widths))
    return median / ideal if ideal > 0 and np.isfinite(median) else float("nan")


def short(least: float) -> tuple[float, float]:
    """Bounds of a world that is not covered: it must not become worse."""
    return least, COVERS[1]


def cautious(most: float = 1.0) -> tuple[float, float]:
    """Bounds of a method that covers more than it says."""
    return COVERS[0], most


def over_looks(intervals: Iterable[Interval]) -> Interval:
    """What all looks leave: it holds the true value where each of them does."""
    lows, highs, methods = zip(*intervals, strict=True)
    return Interval(max(lows), min(highs), methods[-1])


def rows(draw: Callable[[np.random.Generator, tuple[int, int]], np.ndarray], n: int) -> Callable[
    [np.random.Generator, int], Iterator[np.ndarray]
]:  # fmt: skip
    """Samples of ``n`` values, one a run, drawn in blocks of a bounded size."""

    def samples(rng: np.random.Generator, runs: int) -> Iterator[np.ndarray]:
        block = max(1, 2_000_000 // n)
        for start in range(0, runs, block):
            yield from draw(rng, (min(block, runs - start), n))

    return samples
