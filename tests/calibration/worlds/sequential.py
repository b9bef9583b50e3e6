"""Looking again and again: the intervals of all looks must hold the true value together.

The interval of a run is what its looks leave: it holds the true value where each of them does.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from tests.calibration.worlds.world import LEVEL, World, cautious, over_looks, short

from assay.core.measurement import Estimation
from assay.inference.differences import Share
from assay.inference.interval import Interval
from assay.inference.means import mean as mean_measurement
from assay.inference.means import student_t
from assay.inference.proportions import wilson
from assay.inference.quantiles import grid
from assay.inference.sequential.anytime import anytime
from assay.inference.sequential.betting import betting
from assay.inference.sequential.bounded import limits as bounded_limits
from assay.inference.sequential.means import (
    Summary,
    mean,
    mean_difference,
    proportion_difference,
    t_mixture,
)
from assay.inference.sequential.mixture import msprt_interval
from assay.inference.sequential.proportions import limits
from assay.inference.sequential.quantiles import quantile
from assay.inference.sequential.spending import boundaries, levels
from assay.states import QuantilesState

PLANNED = 1_000
LOOKS = np.unique(np.geomspace(20, 2 * PLANNED, 40).astype(int))
FIFTY = np.arange(1, 51) * 40


def summaries(x: np.ndarray, looks: np.ndarray) -> list[Summary]:
    """Moments at each look."""
    n = looks.astype(float)
    total, square = np.cumsum(x)[looks - 1], np.cumsum(x**2)[looks - 1]
    variance = np.maximum(square - total**2 / n, 0) / np.maximum(n - 1, 1)
    return [
        Summary(int(k), float(m), float(v)) for k, m, v in zip(n, total / n, variance, strict=True)
    ]


def means(draw: Any, between: Any, looks: np.ndarray = LOOKS) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            found = summaries(draw(rng, int(looks[-1])), looks)
            yield found[-1].mean, over_looks(between(of) for of in found)

    return simulate


def asymptotic(of: Summary) -> Interval:
    return mean(of, LEVEL, tuned_for=PLANNED)


def exact(of: Summary) -> Interval:
    return t_mixture(of, LEVEL, tuned_for=PLANNED)


def naive(of: Summary) -> Interval:
    return student_t(of.mean, of.variance, of.n, LEVEL)


def mixed(of: Summary) -> Interval:
    return msprt_interval(of.mean, 1 / of.n, LEVEL, mixing_variance=0.01)


def any_metric(of: Summary) -> Interval:
    """The mean's own interval, asked at the level that this look needs."""

    def at(level: float) -> Any:
        how = Estimation(level=level)
        return (mean_measurement(of.mean, of.variance, of.n, how),)

    (found,) = anytime(at, LEVEL, fraction=of.n / PLANNED)
    return Interval(found.low, found.high, found.method)


def any_shares(p: float) -> Any:
    def simulate(rng, runs):
        for hits in np.cumsum(rng.random((runs, int(LOOKS[-1]))) < p, axis=1)[:, LOOKS - 1]:
            low, high = limits(hits, LOOKS, LEVEL, tuned_for=PLANNED)
            yield hits[-1] / LOOKS[-1], Interval(low.max(), high.min(), "beta-binomial-mixture")

    return simulate


def naive_shares(p: float) -> Any:
    def simulate(rng, runs):
        for hits in np.cumsum(rng.random((runs, int(FIFTY[-1]))) < p, axis=1)[:, FIFTY - 1]:
            found = (wilson(int(k), int(n), LEVEL) for k, n in zip(hits, FIFTY, strict=True))
            yield hits[-1] / FIFTY[-1], over_looks(found)

    return simulate


def within_bounds(rng: np.random.Generator, runs: int) -> Any:
    """The ends at all looks at once, as ``bounded_mean`` finds them at one."""
    for _ in range(runs):
        n, centre, variance = np.array(summaries(rng.beta(0.5, 1.5, int(LOOKS[-1])), LOOKS)).T
        low, high = bounded_limits(n, centre, variance * (n - 1) / n, LEVEL, tuned_for=PLANNED)
        yield centre[-1], Interval(float(low.max()), float(high.min()), "bounded-sequence")


def bets(rng: np.random.Generator, runs: int) -> Any:
    looks = [10, 20, 40, 80, 160]
    for _ in range(runs):
        x = rng.beta(0.5, 1.5, looks[-1])
        low, high = betting(x, LEVEL, bounds=(0.0, 1.0), looks=looks)
        yield x.mean(), Interval(float(low.max()), float(high.min()), "betting")


def differences(what: str) -> Any:
    """A/A: two arms that are alike, looked at after every 2 % of the data."""

    def simulate(rng, runs):
        for _ in range(runs):
            a, b = (
                rng.random((2, 2_000)) < 0.1
                if what == "shares"
                else rng.exponential(size=(2, 2_000))
            )
            if what == "shares":
                arms = zip(np.cumsum(a)[FIFTY - 1], np.cumsum(b)[FIFTY - 1], FIFTY, strict=True)
                found = [
                    proportion_difference(
                        Share(int(x), int(n)), Share(int(y), int(n)), LEVEL, tuned_for=2_000
                    )
                    for x, y, n in arms
                ]
            else:
                found = [
                    mean_difference(x, y, LEVEL, tuned_for=2_000)
                    for x, y in zip(summaries(a, FIFTY), summaries(b, FIFTY), strict=True)
                ]
            yield float(b.mean() - a.mean()), over_looks(found)

    return simulate


def medians(rng: np.random.Generator, runs: int) -> Any:
    looks, points = np.array([30, 60, 125, 250, 500, 1_000, 2_000]), grid(0.5)
    for x in rng.exponential(size=(runs, int(looks[-1]))):
        found = []
        for n in looks.tolist():
            at = np.maximum(1, np.ceil(np.array(points) * n - 1e-9)).astype(int) - 1
            state = QuantilesState(n, points, tuple(np.sort(x[:n])[at].tolist()))
            found.append(quantile(state, 0.5, LEVEL, tuned_for=PLANNED))
        yield float(np.median(x)), over_looks(found)


def planned_looks(rng: np.random.Generator, runs: int) -> Any:
    """Five looks that were planned, O'Brien and Fleming's boundaries."""
    asked = levels(boundaries([0.2, 0.4, 0.6, 0.8, 1.0], LEVEL))
    looks = np.array([60, 120, 180, 240, 300])
    for _ in range(runs):
        found = summaries(rng.exponential(size=300), looks)
        each = (
            student_t(of.mean, of.variance, of.n, level)
            for of, level in zip(found, asked, strict=True)
        )
        yield found[-1].mean, over_looks(each)._replace(method="group-sequential")


def normal(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(size=n)


def skewed(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.exponential(size=n)


F = "Peeking"
ALWAYS = "it holds at every look there could be, and these are some"
BET = "exact for any distribution within the bounds"
EARLY = "the first looks come with few and skewed values; take bounds where there are any"
WORLDS = [
    World(F, "asymptotic-sequence", "peeking 40 times, normal", "20 to 2,000",
          means(normal, asymptotic), 0.0, cautious(), ALWAYS, effort=2),
    World(F, "asymptotic-sequence", "peeking 40 times, skew, exponential", "20 to 2,000",
          means(skewed, asymptotic), 1.0, (0.92, 1.0), EARLY, effort=2),
    World(F, "asymptotic-sequence", "A/A, peeking 50 times, skewed means", "40 to 2,000 an arm",
          differences("means"), 0.0, cautious(), ALWAYS, effort=4),
    World(F, "asymptotic-sequence", "A/A, peeking 50 times, shares of 0.1", "40 to 2,000 an arm",
          differences("shares"), 0.0, cautious(), ALWAYS, effort=4),
    World(F, "t-mixture", "peeking 40 times, normal", "20 to 2,000", means(normal, exact), 0.0,
          cautious(), ALWAYS, effort=2),
    World(F, "bounded-sequence", "peeking 40 times, skewed, within bounds", "20 to 2,000",
          within_bounds, 0.25, cautious(), BET, effort=4),
    World(F, "betting", "peeking 5 times, skewed, within bounds", "10 to 160", bets, 0.25,
          cautious(), BET, effort=10),
    World(F, "beta-binomial-mixture", "peeking 40 times, share of 0.3", "20 to 2,000",
          any_shares(0.3), 0.3, cautious(), ALWAYS, effort=10),
    World(F, "beta-binomial-mixture", "peeking 40 times, rare events of 1 %", "20 to 2,000",
          any_shares(0.01), 0.01, cautious(), ALWAYS, effort=10),
    World(F, "msprt", "peeking 40 times, normal, variance known", "20 to 2,000",
          means(normal, mixed), 0.0, cautious(), ALWAYS, effort=2),
    World(F, "quantile-sequence", "peeking 7 times, median of skewed values", "30 to 2,000",
          medians, math.log(2), cautious(), ALWAYS, effort=10),
    World(F, "student-t-anytime", "peeking 40 times: any metric's own interval, a mean",
          "20 to 2,000", means(normal, any_metric), 0.0, (0.92, 1.0),
          "the level is asymptotic, as the metric's interval is", effort=4),
    World(F, "group-sequential", "five planned looks, skew", "60 to 300", planned_looks, 1.0),
    World(F, "student-t", "peeking 50 times with the interval of one look", "40 to 2,000",
          means(normal, naive, FIFTY), 0.0, short(0.6),
          "what peeking does: use a sequence, or draw_more", effort=2),
    World(F, "wilson", "peeking 50 times with the interval of one look", "40 to 2,000",
          naive_shares(0.3), 0.3, short(0.6), "what peeking does: use a sequence, or draw_more",
          effort=4),
]  # fmt: skip
