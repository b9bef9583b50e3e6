"""Means, spreads, quantiles and errors of a column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import ndtri
from tests.calibration.worlds.world import LEVEL, World, cautious, rows, short

from assay.inference.correlation import bonett_wright, fisher
from assay.inference.means import explained_share, root_mean, student_t
from assay.inference.moments import bonett
from assay.inference.quantiles import grid, order_statistics
from assay.states import QuantilesState

Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]

NORMAL: Draw = lambda rng, size: rng.standard_normal(size)  # noqa: E731
EXPONENTIAL: Draw = lambda rng, size: rng.exponential(size=size)  # noqa: E731
UNIFORM: Draw = lambda rng, size: rng.random(size)  # noqa: E731
TIES: Draw = lambda rng, size: rng.poisson(2.0, size).astype(float)  # noqa: E731
HEAVY: Draw = lambda rng, size: rng.standard_t(3, size)  # noqa: E731
LOGNORMAL: Draw = lambda rng, size: rng.lognormal(0, 2, size)  # noqa: E731


def mean_of(draw: Draw, n: int) -> Any:
    def simulate(rng, runs):
        for x in rows(draw, n)(rng, runs):
            yield x.mean(), student_t(x.mean(), x.var(ddof=1), n, LEVEL)

    return simulate


def spread_of(draw: Draw, n: int) -> Any:
    def simulate(rng, runs):
        for x in rows(draw, n)(rng, runs):
            d = x - x.mean()
            m2, m4 = d @ d, (d**2) @ (d**2)
            yield np.sqrt(m2 / (n - 1)), bonett(m2 / (n - 1), n * m4 / m2**2, n, LEVEL)

    return simulate


def quantile_of(draw: Draw, n: int, q: float) -> Any:
    points = grid(q)
    at = np.maximum(1, np.ceil(np.array(points) * n - 1e-9)).astype(int) - 1

    def simulate(rng, runs):
        for x in rows(draw, n)(rng, runs):
            state = QuantilesState(n, points, tuple(np.sort(x)[at].tolist()))
            yield state.value(q), order_statistics(state, q, LEVEL)

    return simulate


def root_mean_square(draw: Draw, n: int) -> Any:
    def simulate(rng, runs):
        for x in rows(draw, n)(rng, runs):
            square = x**2
            yield np.sqrt(square.mean()), root_mean(square.mean(), square.var(ddof=1), n, LEVEL)

    return simulate


def explained(strength: float, n: int) -> Any:
    def simulate(rng, runs):
        for _ in range(runs):
            signal = rng.normal(0, np.sqrt(strength), n)
            error = rng.normal(0, np.sqrt(1 - strength), n)
            yield explained_share(signal + error, -error, LEVEL)

    return simulate


def correlated(rho: float, n: int, method: str) -> Any:
    between = fisher if method == "pearson" else bonett_wright

    def simulate(rng, runs):
        for _ in range(runs):
            x = rng.normal(size=n)
            y = rho * x + np.sqrt(1 - rho * rho) * rng.normal(size=n)
            if method == "spearman":
                x, y = x.argsort().argsort(), y.argsort().argsort()
            found = float(np.corrcoef(x, y)[0, 1])
            yield found, between(found, n, LEVEL)

    return simulate


T, Q = "Means and spreads", "Quantiles and correlations"
SKEWED = "the mean of few skewed values is itself skewed; take bootstrap-t or more rows"
DISCRETE = "whole ranks: at least the stated level, rounded outward to the grid that one scan asks"
WORLDS = [
    World(T, "student-t", "small n, normal", "5", mean_of(NORMAL, 5), 0.0),
    World(T, "student-t", "heavy tails, t with 3 degrees of freedom", "30",
          mean_of(HEAVY, 30), 0.0),
    World(T, "student-t", "ties, Poisson counts of mean 2", "20", mean_of(TIES, 20), 2.0),
    World(T, "student-t", "skew, exponential", "200", mean_of(EXPONENTIAL, 200), 1.0),
    World(T, "student-t", "skew, exponential", "20", mean_of(EXPONENTIAL, 20), 1.0,
          short(0.91), SKEWED),
    World(T, "student-t", "strong skew, lognormal with sigma 2", "100", mean_of(LOGNORMAL, 100),
          float(np.exp(2)), short(0.66), "one value in a thousand carries the mean; winsorise"),
    World(T, "bonett", "normal", "30", spread_of(NORMAL, 30), 1.0),
    World(T, "bonett", "uniform", "30", spread_of(UNIFORM, 30), 12**-0.5),
    World(T, "bonett", "skew, exponential", "500", spread_of(EXPONENTIAL, 500), 1.0,
          short(0.91), "the kurtosis of a sample falls short of the true one"),
    World(T, "bonett", "skew, exponential", "30", spread_of(EXPONENTIAL, 30), 1.0,
          short(0.83), "the kurtosis of a sample falls short of the true one"),
    World(T, "delta-log", "errors of a model, normal (root mean square)", "100",
          root_mean_square(NORMAL, 100), 1.0),
    World(T, "delta-log", "errors, normal (root mean square)", "30",
          root_mean_square(NORMAL, 30), 1.0, short(0.92), "the mean square of few is skewed"),
    World(T, "delta-log", "errors with heavy tails, t with 5 degrees of freedom", "300",
          root_mean_square(lambda rng, size: rng.standard_t(5, size), 300), (5 / 3) ** 0.5,
          short(0.91), "squares of heavy tails hardly have a variance"),
    World(T, "delta-log", "R² of 0.8", "400", explained(0.8, 400), 0.8),
    World(T, "delta-log", "small n, R² of 0.2", "40", explained(0.2, 40), 0.2, short(0.925),
          "the spread of few errors and targets is itself uncertain"),
    World(Q, "order-statistics", "normal, median", "1,000", quantile_of(NORMAL, 1_000, 0.5), 0.0,
          cautious(0.995), DISCRETE),
    World(Q, "order-statistics", "skew, exponential, 0.99 quantile", "3,000",
          quantile_of(EXPONENTIAL, 3_000, 0.99), float(-np.log(0.01)), cautious(0.995), DISCRETE),
    World(Q, "order-statistics", "small n, 0.9 quantile", "30", quantile_of(NORMAL, 30, 0.9),
          float(ndtri(0.9)), cautious(), DISCRETE),
    World(Q, "fisher-z", "normal pair, 0.6", "60", correlated(0.6, 60, "pearson"), 0.6),
    World(Q, "bonett-wright", "normal pair, Spearman's", "60", correlated(0.6, 60, "spearman"),
          float(6 / np.pi * np.arcsin(0.3))),
]  # fmt: skip
