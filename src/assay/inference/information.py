"""Entropy, mutual information, divergence: plug-in estimates, with intervals that know their bias.

Simulated coverage of 95 % intervals is 93 % or more, but for: mutual information near its greatest
value in a hundred rows (83 to 92 %), and entropy where most values occur once (see there).
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from assay.inference.effect import Effect
from assay.inference.interval import Interval, z_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.inference.contingency import Contingency


def mutual_information(table: Contingency, *, normalized: bool) -> tuple[float, Effect]:
    """Mutual information in nats; its effect.

    ``normalized`` divides by the mean of both entropies (as scikit-learn does), which must not be
    0. The effect is free of bias to first order: that is at least what the cells that occur make it
    (Miller 1955; Roulston 1999, Physica D 125:285), at most what chance alone gives a table with
    these margins.
    """
    n, p, told = table.n, table.shares, np.log(table.ratios)
    k, r = len(table.rows), len(table.columns)
    value = max(0.0, float((p * told).sum()))
    own = [-np.log(margin / n) for margin in (table.rows, table.columns)]
    mean = float(table.rows @ own[0] + table.columns @ own[1]) / n / 2
    unit = mean if normalized else 1.0
    influence = told - value
    if normalized:
        influence -= value / unit * ((own[0][table.row] + own[1][table.column]) / 2 - mean)
    variance = float((p * influence**2).sum()) / n / unit**2
    seen = (len(p) - k - r + 1) / 2
    chance = max(seen, _chance_of(table))
    null = (k - 1) * (r - 1) / (2 * (n * unit) ** 2)
    slope = variance / (value / unit) if value > 0 else 2 / n / unit
    least, greatest = ((value - bias / n) / unit for bias in (chance, seen))
    return value / unit, Effect(least, greatest, null, slope, 1.0 if normalized else math.inf)


def _chance_of(table: Contingency) -> float:
    """What chance adds to n times the information of a table with these margins."""
    # Margins that are alike are taken together: their products are few.
    (a, times), (b, by) = (np.unique(m, return_counts=True) for m in (table.rows, table.columns))
    cells = float(times @ _chance(np.outer(a, b) / table.n) @ by)
    margins = float(times @ _chance(a) + by @ _chance(b))
    return cells - margins + float(_chance(np.array(table.n)))


def divergence(counts: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, Effect]:
    """Kullback-Leibler divergence of shares (k,) from weights that sum to 1, in nats; its effect.

    Kullback & Leibler (1951). A weight of 0 must have a count of 0.
    """
    held = weights > 0
    counts, weights = counts[held], weights[held]
    n = float(counts.sum())
    p = counts / n
    told = np.log(np.where(p > 0, p / weights, 1.0))
    value = max(0.0, float((p * told).sum()))
    chance = (float(_chance(n * weights).sum()) - float(_chance(np.array([n])).sum())) / n
    seen = (int((counts > 0).sum()) - 1) / (2 * n)
    variance = float((p * (told - value) ** 2).sum()) / n
    slope = variance / value if value > 0 else 2 / n
    effect = Effect(value - max(chance, seen), value - seen, (len(p) - 1) / (2 * n * n), slope)
    return value, effect


def entropy_interval(
    value: float, variance: float, n: int, values: int, unseen: float, level: float
) -> Interval:
    """Interval of the entropy behind a sample, in nats.

    The plug-in estimate is too low by about (values - 1) / 2n (Miller 1955; Madow); the values that
    did not occur, of which ``unseen`` is an estimate from below (Chao 1984), may add to that. Where
    most of the rows hold a value of their own, no sample tells the entropy.

    Args:
        value: plug-in entropy of ``n`` rows. variance: of ``-ln p`` over the rows.
        values: how many different values occur.
    """
    half = z_value(level) * math.sqrt(variance / n + (values - 1) / (2 * n * n))
    least = value + (values - 1) / (2 * n)
    greatest = value + (values + unseen - 1) / (2 * n)
    return Interval(max(0.0, least - half), greatest + half, "miller-madow-delta")


@cache
def _few() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logarithms of expected counts up to 20, and :func:`_chance` there."""
    from scipy.special import gammaln

    log = np.linspace(math.log(1e-12), math.log(20.0), 4_000)
    x = np.arange(1.0, 81.0)[:, None]
    return log, (np.exp(x * log - np.exp(log) - gammaln(x + 1)) * x * (np.log(x) - log)).sum(axis=0)


def _chance(expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of ``x ln(x / expected)`` over Poisson counts x: what a cell adds to n times the
    information where there is none to tell. 1/2, as in chi-square, but where few are expected."""
    far = 0.5 + 1 / (12 * expected) + 1 / (12 * expected**2)
    return np.where(expected < 20, np.interp(np.log(expected), *_few()), far)
