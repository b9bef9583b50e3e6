"""A statistic in many resamples, block by block."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from assay.inference.resampling.draws import Weights, draw
from assay.inference.resampling.statistic import Smooth, Statistic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from assay.inference.resampling.design import Design

_CELLS = 1_000_000
"""Weights in memory at a time; temporary arrays of a statistic make it about 30 MB in all."""


class Replicates(NamedTuple):
    """The statistic of the sample, and those of its resamples, shape (r,)."""

    value: float
    draws: NDArray[np.float64]


class Studentised(NamedTuple):
    """The statistic of the sample, its standard error, and what the resamples say of both.

    ``t``: shape (r,), how many of its own standard errors each resample's value is from the
    sample's; infinite where a resample's values do not vary.
    """

    value: float
    error: float
    t: NDArray[np.float64]


def resamples_for(level: float, n: int) -> int:
    """How many resamples of ``n`` rows: 100 beyond each end of the interval, if time allows.

    4,000 for a level of 0.95; never fewer than 1,000, nor than 10 beyond each end, and at most 40
    million weights otherwise. Ten leave a relative error of a third in the tail's probability.
    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    affordable = min(math.ceil(200 / (1 - level)), 40_000_000 // max(n, 1))
    return max(1_000, math.ceil(20 / (1 - level) - 1e-6), affordable)


def resample(
    statistic: Statistic,
    design: Design,
    *,
    rng: np.random.Generator,
    resamples: int = 1_000,
    weights: Weights = "multinomial",
) -> Replicates:
    """Values of a statistic in resamples.

    Memory is bounded whatever the number of resamples; the result depends on the generator's state
    only.

    Raises:
        ValueError: statistic and design speak of different rows, or the statistic has no value in
            the sample or in a resample (no positive row was drawn, a denominator is 0 …).
    """
    value = _of_sample(statistic, design)
    draws = np.empty(resamples)
    for at, (rows, _) in _blocks(statistic, design, rng, resamples, weights):
        draws[at] = statistic.values(rows)
    _all_defined(draws)
    return Replicates(value, draws)


def standard_error(statistic: Smooth, design: Design) -> float:
    """That of the linearised statistic: from the spread of the units' influences within strata."""
    ones = np.ones((1, design.units))
    return float(_errors(statistic, design, ones, design.of_rows(ones))[0])


def studentise(
    statistic: Smooth, design: Design, *, rng: np.random.Generator, resamples: int = 1_000
) -> Studentised:
    """Studentised values of a smooth statistic in resamples of counts.

    The error, of the sample and of each resample, is :func:`standard_error`.

    Raises:
        ValueError: as :func:`resample`; or the influences of all rows are the same, so that the
            standard error is 0.
    """
    value = _of_sample(statistic, design)
    error = standard_error(statistic, design)
    if not error > 1e-12 * abs(value):
        raise ValueError("the values do not vary: there is no standard error to studentise with")
    t = np.empty(resamples)
    for at, (rows, units) in _blocks(statistic, design, rng, resamples, "multinomial"):
        values = statistic.values(rows)
        _all_defined(values)
        distance, errors = values - value, _errors(statistic, design, units, rows)
        flat = errors <= 1e-9 * error
        beyond = np.where(np.abs(distance) <= 1e-9 * error, 0.0, np.copysign(np.inf, distance))
        t[at] = np.where(flat, beyond, distance / np.where(flat, 1.0, errors))
    return Studentised(value, error, t)


def _of_sample(statistic: Statistic, design: Design) -> float:
    if statistic.n != design.n:
        raise ValueError(f"a statistic of {statistic.n} rows with a design of {design.n}")
    value = float(statistic.values(np.ones((1, design.n)))[0])
    if not math.isfinite(value):
        raise ValueError("the statistic has no value in the sample")
    return value


def _all_defined(values: NDArray[np.float64]) -> None:
    lacking = int((~np.isfinite(values)).sum())
    if lacking:
        raise ValueError(
            f"the statistic has no value in {lacking} of {len(values)} resamples: draw within "
            "strata, or with exponential weights"
        )


def _blocks(
    statistic: Statistic, design: Design, rng: np.random.Generator, resamples: int, kind: Weights
) -> Iterator[tuple[slice, tuple[NDArray[Any], NDArray[Any]]]]:
    """Slices of the resamples, with weights of rows (in the statistic's order) and of units."""
    if resamples < 1:
        raise ValueError(f"{resamples} resamples say nothing")
    ordered = design if statistic.order is None else design.take(statistic.order)
    step = max(1, _CELLS // design.n)
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        units = draw(rng, count, ordered, kind)
        yield slice(start, start + count), (ordered.of_rows(units), units)


def _errors(
    statistic: Smooth, design: Design, units: NDArray[Any], rows: NDArray[Any]
) -> NDArray[np.float64]:
    """Standard errors, shape (r,), with the weights of units and rows given."""
    ordered = design if statistic.order is None else design.take(statistic.order)
    z = ordered.totals(statistic.influence(rows))
    if ordered.stratum is None:
        n = ordered.units
        spread = np.einsum("ij,ij->i", units, z**2) - np.einsum("ij,ij->i", units, z) ** 2 / n
        return np.asarray(np.sqrt(np.maximum(spread, 0.0) * n / (n - 1)))
    sizes = ordered.sizes
    by = np.argsort(ordered.stratum, kind="stable")
    starts = sizes.cumsum() - sizes
    w, z = np.take(units, by, axis=1), np.take(z, by, axis=1)
    means = np.add.reduceat(w * z, starts, axis=1) / sizes
    spread = np.add.reduceat(w * (z - np.repeat(means, sizes, axis=1)) ** 2, starts, axis=1)
    return np.asarray(np.sqrt(spread @ (sizes / (sizes - 1))))
