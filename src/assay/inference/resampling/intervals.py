"""Intervals from resamples: percentile, BCa, bootstrap-t."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from assay.inference.interval import Interval, z_value
from assay.inference.resampling.acceleration import acceleration
from assay.inference.resampling.replicate import (
    Replicates,
    Studentised,
    resample,
    resamples_for,
    studentise,
)
from assay.inference.resampling.statistic import Smooth, Statistic

if TYPE_CHECKING:
    from assay.inference.resampling.design import Design
    from assay.inference.resampling.draws import Weights

Method = Literal["percentile", "bca", "bootstrap-t"]


def resampled_interval(
    statistic: Statistic,
    design: Design,
    *,
    method: Method,
    level: float,
    rng: np.random.Generator,
    resamples: int | None = None,
    weights: Weights = "multinomial",
) -> Interval:
    """Draw, compute and take the interval; :func:`resamples_for` says how often if nobody does.

    Raises:
        ValueError: of the statistic, the design or the interval; or bootstrap-t was asked of a
            statistic that is not smooth, or with weights other than counts.
    """
    count = resamples_for(level, design.n) if resamples is None else resamples
    if method == "bootstrap-t":
        if not isinstance(statistic, Smooth) or weights != "multinomial":
            raise ValueError("bootstrap-t needs a smooth statistic and counts as weights")
        return bootstrap_t(studentise(statistic, design, rng=rng, resamples=count), level)
    found = resample(statistic, design, rng=rng, resamples=count, weights=weights)
    if method == "percentile":
        return percentile(found, level)
    return bca(found, acceleration(statistic, design), level)


def percentile(replicates: Replicates, level: float) -> Interval:
    """Quantiles of the resampled values (Efron 1981, Canadian Journal of Statistics 9:139).

    For symmetric, hardly biased statistics of many rows; of few it is too narrow by about a factor
    sqrt((n - 1) / n), and it ignores skewness.

    Raises:
        ValueError: too few resamples for the level, or the same value in all of them.
    """
    low, high = _quantiles(replicates, (1 - level) / 2, (1 + level) / 2, level)
    return Interval(low, high, "bootstrap-percentile")


def bca(replicates: Replicates, acceleration: float, level: float) -> Interval:
    """Quantiles corrected for bias and acceleration (Efron 1987, JASA 82:171).

    Args:
        replicates: the sample's value and those of its resamples.
        acceleration: from :func:`~assay.inference.resampling.acceleration.acceleration`.
        level: confidence level.

    Raises:
        ValueError: too few resamples for the level, the same value in all of them, or so large a
            bias that the correction breaks down.
    """
    from scipy.special import ndtr, ndtri

    draws, value = replicates.draws, replicates.value
    # equal values up to rounding count half
    close = np.abs(draws - value) <= 1e-12 * max(abs(value), float(np.ptp(draws)))
    below = float(((draws < value) & ~close).mean() + close.mean() / 2)
    bias, z = float(ndtri(below)), z_value(level)
    if not 0 < below < 1 or acceleration * (bias + z) >= 1 or acceleration * (bias - z) >= 1:
        raise ValueError(
            f"{below:.1%} of the resampled values lie below the sample's (acceleration "
            f"{acceleration:.3f}): BCa cannot correct that"
        )
    ends = tuple(
        float(ndtr(bias + (bias + side) / (1 - acceleration * (bias + side)))) for side in (-z, z)
    )
    lower, upper = ends
    low, high = _quantiles(replicates, lower, upper, level)
    return Interval(low, high, "bca")


def bootstrap_t(studentised: Studentised, level: float) -> Interval:
    """Student's interval with the t distribution that the resamples have (Efron 1982, 10.9).

    Of the three it has the smallest error of coverage for means and ratios of skewed values (Hall
    1988, Annals of Statistics 16:927), at the price of length. An end is infinite where so many
    resamples do not vary that their t is.

    Raises:
        ValueError: too few resamples for the level.
    """
    _enough(len(studentised.t), level)
    tail = (1 - level) / 2
    # order statistics, outward: between a finite and an infinite t there is no quantile
    upper = float(np.quantile(studentised.t, 1 - tail, method="higher"))
    lower = float(np.quantile(studentised.t, tail, method="lower"))
    value, error = studentised.value, studentised.error
    return Interval(value - upper * error, value - lower * error, "bootstrap-t")


def _quantiles(
    replicates: Replicates, lower: float, upper: float, level: float
) -> tuple[float, float]:
    draws = replicates.draws
    _enough(len(draws), level)
    if np.ptp(draws) <= 1e-12 * abs(replicates.value):
        raise ValueError("all resamples have the same value: nothing is known of the spread")
    low, high = np.quantile(draws, [lower, upper])
    return float(low), float(high)


def _enough(resamples: int, level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    if resamples * (1 - level) < 2 - 1e-9:
        raise ValueError(
            f"{resamples} resamples have no quantiles for a level of {level:g}: "
            f"at least {2 / (1 - level):,.0f} have"
        )
