"""How far a score moves between wordings of the same questions: paired by question."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.core.measurement import Measurement
from assay.inference.bounded_means import bounded_mean
from assay.inference.cluster_jackknife import cluster_interval
from assay.inference.interval import Interval
from assay.inference.mover import independent_difference
from assay.inference.paired import paired_difference
from assay.inference.proportions import wilson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


class Units(NamedTuple):
    """Which units belong together: shape (n,) each; ``cluster`` numbers them from 0."""

    cluster: NDArray[np.intp]
    clusters: int

    @classmethod
    def of(cls, labels: Sequence[object]) -> Units:
        """From the label of each unit; equal labels are one cluster."""
        known: dict[object, int] = {}
        numbers = [known.setdefault(label, len(known)) for label in labels]
        return cls(np.array(numbers, dtype=np.intp), len(known))

    @property
    def alone(self) -> bool:
        """Whether each unit is a cluster of its own."""
        return self.clusters == len(self.cluster)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Units of each cluster, shape (clusters,)."""
        return np.bincount(self.cluster, minlength=self.clusters)

    def without_each(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mean of the values, shape (n,), without each cluster; shape (clusters,)."""
        totals = np.bincount(self.cluster, weights=values, minlength=self.clusters)
        left = len(values) - self.sizes
        means = np.full(self.clusters, np.nan)
        np.divide(values.sum() - totals, left, out=means, where=left > 0)
        return means


def mean_drop(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    units: Units,
    level: float,
    *,
    low: float = 0.0,
    high: float = 1.0,
) -> Interval:
    """Interval for the mean of ``before - after`` over the same units, values within [low, high].

    That of :func:`~assay.inference.paired.paired_difference`, leaving out whole clusters. Where one
    side is the same for all units, the other side alone varies: its interval is that of
    :func:`~assay.inference.bounded_means.bounded_mean`, and both are put together as independent
    ones (:func:`~assay.inference.mover.independent_difference`), a cluster counting as one unit.

    Args:
        before, after: shape (n,) each.

    Raises:
        ValueError: there is no unit, or lengths differ.
    """
    n = len(before)
    if n == 0 or len(after) != n or len(units.cluster) != n:
        raise ValueError(f"{n} units before and {len(after)} after cannot be paired")
    most = high - low
    if units.clusters < 2:
        return Interval(-most, most, "paired-jackknife")
    found = None
    if np.ptp(before) > 0 and np.ptp(after) > 0:
        found = paired_difference(
            float(after.mean()), float(before.mean()), units.without_each(after),
            units.without_each(before), units.sizes,
            clusters=None if units.alone else units.clusters,
        )  # fmt: skip
    if found is None:
        sides = [_alone(v, units.clusters, level, low, high) for v in (after, before)]
        lower, upper, method = independent_difference(*sides).interval(level)
    else:
        lower, upper, method = found.interval(level)
    return Interval(max(lower, -most), min(upper, most), method)


def _alone(
    values: NDArray[np.float64], n: int, level: float, low: float, high: float
) -> Measurement:
    """The mean of one side, of at most ``n`` units that are independent."""
    mean = min(max(float(values.mean()), low), high)
    found = bounded_mean(mean, float(values.var(ddof=1)), n, level, low=low, high=high)
    return Measurement(
        value=mean, low=min(found.low, mean), high=max(found.high, mean), level=level,
        method=found.method, n=n,
    )  # fmt: skip


def spread(
    wordings: Mapping[str, NDArray[np.float64]],
    units: Units,
    level: float,
    *,
    low: float = 0.0,
    high: float = 1.0,
) -> tuple[float, Interval, tuple[str, str]]:
    """The best mean less the worst one over wordings of the same units, and which these are.

    The performance spread of Sclar et al. (2024), Quantifying Language Models' Sensitivity to
    Spurious Features in Prompt Design, ICLR. The interval is made of those of all differences
    between two wordings, at levels that hold together (Bonferroni): no difference is larger than
    the largest upper end, and one at least is as large as the largest lower end. The value itself
    is pushed upward by chance, the more the fewer the units.

    Args:
        wordings: values of the same units, shape (n,), by wording; two at least.

    Raises:
        ValueError: fewer than two wordings.
    """
    if len(wordings) < 2:
        raise ValueError("a spread needs two wordings at least")
    pairs = list(combinations(wordings.items(), 2))
    each = 1 - (1 - level) / len(pairs)
    ends = [mean_drop(a, b, units, each, low=low, high=high) for (_, a), (_, b) in pairs]
    lower = max(0.0, *(max(e.low, -e.high) for e in ends))
    upper = max(max(e.high, -e.low) for e in ends)
    means = {name: float(values.mean()) for name, values in wordings.items()}
    best, worst = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    value = means[best] - means[worst]
    found = Interval(min(lower, value), max(upper, value), "paired-spread")
    return value, found, (best, worst)


def share_of_units(holds: NDArray[np.float64], units: Units, level: float) -> Interval:
    """Interval for the share of units for which something holds (0 or 1), in clusters.

    Wilson's for units that are independent; else that of leaving out whole clusters.

    Raises:
        ValueError: there is no unit.
    """
    own = wilson(float(holds.sum()), len(holds), level)
    if units.alone:
        return own
    found = cluster_interval(
        float(holds.mean()), units.without_each(holds), units.sizes, own, level=level, share=True
    )
    return Interval(
        0.0 if math.isinf(found.low) else found.low,
        1.0 if math.isinf(found.high) else found.high,
        found.method,
    )
