"""The distance of two distributions, by the method asked for, with its interval."""

from __future__ import annotations

import math

from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.inference.drift import MULTINOMIAL, WILD, CellMethod, distance, interval
from assay.inference.interval import Interval, census, measured
from assay.inference.ordered_drift import (
    clustered_ks_error,
    kolmogorov_smirnov,
    share_error,
    smirnov,
    wasserstein,
    wasserstein_error,
)
from assay.metrics.data.distributions.sides import Categories, Values, cells

_CELL_METHODS: dict[str, CellMethod] = {
    "psi": "psi",
    "kl": "kl",
    "hellinger": "hellinger",
    "jensen_shannon": "jensen_shannon",
    "chi_square": "chi_square",
    "total_variation": "total_variation",
}


def drift(
    sides: Values | Categories, method: str, how: Estimation, *, bins: int, sd: float
) -> Estimate:
    """The measurement; ``sd`` of the reference is the unit of ``wasserstein``."""
    if not all(sides.rows):
        empty = "the reference table" if sides.rows[1] else "the table"
        return Unmeasured(reason=f"{empty} has no rows", n=sides.rows[1])
    if isinstance(sides, Values) and method in ("auto", "ks"):
        return _ks(sides, how)
    if isinstance(sides, Values) and method == "wasserstein":
        return _wasserstein(sides, sd, how)
    known, by_cells = cells(sides, bins), _CELL_METHODS.get(method, "total_variation")
    value, n = distance(known.shares, by_cells), sides.rows[1]
    if how.census:
        return census(value, n=n)
    ends = interval(known.shares, by_cells, level=how.level, seed=how.seed, groups=known.groups)
    if isinstance(sides, Categories) and any(sides.bounds):
        # a value that one side does not list has there between no row and as many as the last that
        # it lists: the interval holds both ends
        least = cells(sides, bins, unknown=1.0)
        most = interval(least.shares, by_cells, level=how.level, seed=how.seed, groups=least.groups)
        ends = Interval(min(ends.low, most.low), max(ends.high, most.high), ends.method)
    return measured(value, ends, n=n, how=how)


def _ks(sides: Values, how: Estimation) -> Estimate:
    (n_reference, n), missing = sides.rows, sides.missing
    value = kolmogorov_smirnov(
        *sides.distributions, reference_missing=missing[0], current_missing=missing[1]
    )
    if how.census:
        return census(value, n=n)
    resolution = max((d.resolution for d in sides.distributions if d is not None), default=0.0)
    if sides.groups == (None, None):
        ends = smirnov(value, n_reference, n, how.level, resolution=resolution)
    else:
        error = resolution + clustered_ks_error(
            sides.whole, sides.groups, level=how.level, seed=how.seed
        )
        ends = Interval(max(0.0, value - error), min(1.0, value + error), WILD)
    return measured(value, ends, n=n, how=how)


def _wasserstein(sides: Values, sd: float, how: Estimation) -> Estimate:
    (n_reference, n), missing = sides.rows, sides.missing
    reference, current = sides.distributions
    value = abs(missing[1] - missing[0])
    error = share_error(
        missing[0],
        missing[1],
        n_reference,
        n,
        how.level,
        pieces=sides.groups,
        seed=how.seed,
    )
    if reference is not None and current is not None:
        area = wasserstein(reference, current)
        if not math.isfinite(area) or not math.isfinite(sd):
            return Unmeasured(reason="the values are too large to measure their distance", n=n)
        if sd == 0 and area > 0:
            return Unmeasured(reason="all values of the reference are equal: no unit of drift", n=n)
        unit = sd or 1.0
        value += area / unit
        if not how.census:
            sizes = {"reference_n": sides.values[0], "current_n": sides.values[1]}
            error += (
                wasserstein_error(
                    reference, current, **sizes, level=how.level, seed=how.seed, pieces=sides.groups
                )
                / unit
            )
    if how.census:
        return census(value, n=n)
    name = MULTINOMIAL if sides.groups == (None, None) else WILD
    ends = Interval(max(0.0, value - error), value + error, name)
    return measured(value, ends, n=n, how=how)
