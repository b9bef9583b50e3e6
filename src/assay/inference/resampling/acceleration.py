"""How fast a statistic's standard error changes with its value: the a of BCa."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from assay.inference.resampling.statistic import Smooth, Statistic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.inference.resampling.design import Design

GROUPS = 500
"""Groups that a jackknife leaves out, at most (but no fewer than two in a stratum)."""


def acceleration(statistic: Statistic, design: Design) -> float:
    """A sixth of the skewness of the units' influences, over all strata.

    Efron (1987, JASA 82:171), equation 6.6; in strata as Davison & Hinkley (1997, Bootstrap Methods
    and their Application), 5.3.2. The influences come in closed form from a smooth statistic, and
    else from the jackknife: each unit left out in turn, or groups of units where there are more
    than :data:`GROUPS` (third powers of sums of independent influences add up, as squares do).

    Raises:
        ValueError: all influences are 0: the statistic does not vary with the rows.
    """
    z = _closed_form(statistic, design) if isinstance(statistic, Smooth) else None
    if z is None:
        z = _jackknife(statistic, design)
    squares = float((z**2).sum())
    if not squares > 0:
        raise ValueError("the statistic does not vary with the rows: it has no BCa interval")
    cubes = float((z**3).sum())
    return cubes / (6 * math.sqrt(squares) ** 3)


def _closed_form(statistic: Smooth, design: Design) -> NDArray[np.float64]:
    ordered = design if statistic.order is None else design.take(statistic.order)
    z = ordered.totals(statistic.influence(np.ones((1, design.n))))[0]
    means = np.bincount(ordered.strata, weights=z) / ordered.sizes
    return np.asarray(z - means[ordered.strata])


def _jackknife(statistic: Statistic, design: Design) -> NDArray[np.float64]:
    """Influences of groups, shape (groups,), each centred within its stratum."""
    ordered = design if statistic.order is None else design.take(statistic.order)
    group, stratum = _groups(ordered)
    left = np.bincount(group)  # units in each group
    size = ordered.sizes[stratum]
    found = np.empty(len(left))
    step = max(1, 1_000_000 // design.n)
    for start in range(0, len(left), step):
        these = np.arange(start, min(start + step, len(left)))
        units = np.ones((len(these), ordered.units))
        # the stratum keeps its weight: the others in it stand for those left out
        others = ordered.strata == stratum[these, None]
        scale = (size[these] / (size[these] - left[these]))[:, None]
        units = np.where(others, scale, units)
        units[group == these[:, None]] = 0
        found[these] = statistic.values(ordered.of_rows(units))
    if not np.isfinite(found).all():
        raise ValueError("the statistic has no value without some of the rows: no BCa interval")
    # a group's share of its stratum makes influences of unequal groups comparable
    share = (size - left) / size
    means = np.bincount(stratum, weights=found * left) / ordered.sizes
    return np.asarray((means[stratum] - found) * share)


def _groups(design: Design) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The group of each unit, shape (units,), and the stratum of each group."""
    sizes = design.sizes
    groups = np.clip(np.ceil(GROUPS * sizes / design.units).astype(np.intp), 2, sizes)
    order = np.argsort(design.strata, kind="stable")
    place = np.empty(design.units, dtype=np.intp)
    place[order] = np.arange(design.units) - np.repeat(sizes.cumsum() - sizes, sizes)
    first = groups.cumsum() - groups
    group = first[design.strata] + place % groups[design.strata]
    return group, np.repeat(np.arange(len(sizes)), groups)
