"""The interquartile mean: the mean of the middle half, of runs over several tasks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from assay.inference.interval import Interval, t_value
from assay.inference.resampling.averages import TrimmedMean
from assay.inference.resampling.design import Design, codes
from assay.inference.resampling.intervals import percentile
from assay.inference.resampling.replicate import resample, resamples_for, standard_error
from assay.inference.resampling.statistic import finite_column

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MANY = 20_000
"""Values from which the interval is computed and not resampled: both then agree to three digits."""


def interquartile_mean(
    values: ArrayLike,
    *,
    level: float,
    rng: np.random.Generator,
    strata: ArrayLike | None = None,
    resamples: int | None = None,
) -> tuple[float, Interval]:
    """The mean without the lowest and the highest quarter, and its stratified bootstrap interval.

    As Agarwal et al. (2021, NeurIPS 34, "Deep RL at the edge of the statistical precipice") and
    their ``rliable``: all values are pooled and ``floor(n / 4)`` cut at each end; resamples are
    drawn within the strata (tasks), and the interval is the percentile interval. For 95 % it covers
    93 % with 8 normal values, and 94 with 16 or more. From :data:`MANY` values on the interval is
    Student's t from the winsorised variance (Tukey & McLaughlin 1963, Sankhya A 25:331). The order
    of the rows does not matter.

    Args:
        values: shape (n,), finite.
        level: confidence level.
        rng: generator of the resamples.
        strata: shape (n,), labels of the tasks; None where all values come from one.
        resamples: how many; :func:`resamples_for` if None.

    Raises:
        ValueError: fewer than two values (in a stratum), values that are NaN or infinite, or a
            middle half without spread.
    """
    x = finite_column(values, "values")
    stratum = np.zeros(len(x), np.intp) if strata is None else codes(strata, len(x), "stratum")
    order = np.lexsort((x, stratum))
    design = Design.of(len(x), strata=None if strata is None else stratum[order])
    statistic = TrimmedMean(x[order])
    if len(x) >= MANY:
        return _winsorised(statistic, design, level)
    count = resamples_for(level, len(x)) if resamples is None else resamples
    found = resample(statistic, design, rng=rng, resamples=count)
    return found.value, percentile(found, level)


def _winsorised(statistic: TrimmedMean, design: Design, level: float) -> tuple[float, Interval]:
    ones = np.ones((1, design.n))
    value, error = float(statistic.values(ones)[0]), standard_error(statistic, design)
    if not error > 0:
        raise ValueError("the middle half has no spread: nothing is known of the error")
    kept = design.n - 2 * math.floor(design.n / 4)
    half = t_value(level, kept - 1) * error
    return value, Interval(value - half, value + half, "winsorised-t")
