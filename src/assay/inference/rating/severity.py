"""How much higher or lower each rater rates than the others do on the same items."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.interval import Interval
from assay.inference.means import student_t
from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

METHOD = "cluster-robust-t"


class Severity(NamedTuple):
    """Raters ``0 .. k - 1``, each against the mean of the others.

    Attributes:
        value: shape (k,): how much higher the rater rates; NaN where it cannot be compared.
        variance: shape (k,): robust, over items.
        items: shape (k,): items that the rater shares with one of the others.
    """

    value: NDArray[np.float64]
    variance: NDArray[np.float64]
    items: NDArray[np.int64]

    def interval(self, rater: int, level: float) -> Interval:
        """Student t interval, with as many degrees of freedom as shared items less one."""
        n = int(self.items[rater])
        found = student_t(float(self.value[rater]), float(self.variance[rater]) * n, n, level)
        return found._replace(method=METHOD)


def severity(
    item: NDArray[np.int64], rater: NDArray[np.int64], value: NDArray[np.float64]
) -> Severity:
    """Effects of raters in the additive model ``rating = item + rater + error``.

    Least squares over the items that two raters share (two-way layout with missing cells: Scheffé
    1959, The Analysis of Variance, section 4.4), so a rater who was given the harder items is not
    taken for a severe one. Errors of one item may depend on each other and some raters may be
    steadier than others: the variance is robust, clustered by item (Liang & Zeger 1986, Biometrika
    73:13). Raters who cannot be compared with the largest group that can have NaN.

    Args:
        item, rater: numbers from 0 up, shape (N,).
        value: ratings, shape (N,), finite.

    Raises:
        ValueError: lengths differ, or a value is not finite.
        Undefined: no item was rated by two raters.
    """
    if not len(item) == len(rater) == len(value):
        raise ValueError("items, raters and ratings differ in length")
    if not np.isfinite(value).all():
        raise ValueError("a rating is not a finite number")
    raters = int(rater.max(initial=-1)) + 1
    cells = np.unique(item * max(raters, 1) + rater)  # a rater may rate an item again
    shared = np.bincount(cells // max(raters, 1)) > 1
    if not shared.any():
        raise Undefined("no item was rated by two raters")
    cells = cells[shared[cells // raters]]
    group = _comparable(cells // raters, cells % raters, raters)
    kept = shared[item] & np.isin(rater, group)
    effect, variance = _effects(
        np.unique(item[kept], return_inverse=True)[1],
        np.searchsorted(group, rater[kept]),
        value[kept],
    )
    items = np.bincount(cells % raters, minlength=raters)
    found = Severity(np.full(raters, np.nan), np.full(raters, np.nan), items)
    others = len(group) / (len(group) - 1)  # a deviation from the mean of all, from that of others
    found.value[group] = effect * others
    found.variance[group] = variance * others**2
    return found


def _comparable(item: NDArray[np.int64], rater: NDArray[np.int64], raters: int) -> NDArray[np.intp]:
    """The raters whom shared items join to each other: the group with most of them, ascending."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    nodes = raters + int(item.max()) + 1
    graph = coo_array((np.ones(len(item)), (rater, raters + item)), shape=(nodes, nodes))
    label = connected_components(graph, directed=False)[1][:raters]
    return np.flatnonzero(label == np.argmax(np.bincount(label[rater])))


def _effects(
    item: NDArray[np.intp], rater: NDArray[np.intp], value: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Effects of raters that add up to 0, and their robust variances, shape (k,) each."""
    from scipy.sparse import coo_array

    per_item, per_rater = np.bincount(item), np.bincount(rater)
    k = len(per_rater)
    given = coo_array((1 / np.sqrt(per_item[item]), (item, rater)), shape=(len(per_item), k))
    normal = np.diag(per_rater.astype(np.float64)) - (given.T @ given).toarray()
    inverse = np.linalg.inv(normal + 1 / k) - 1 / k  # its null space is the constants

    def within(x: NDArray[np.float64]) -> NDArray[np.float64]:
        means: NDArray[np.float64] = np.bincount(item, x) / per_item
        return x - means[item]

    deviation = within(value)
    effect = inverse @ np.bincount(rater, deviation)
    left = deviation - within(effect[rater])
    scores = coo_array((left, (item, rater)), shape=(len(per_item), k))
    free = len(np.unique(item * k + rater)) - len(per_item)
    robust = inverse @ (scores.T @ scores).toarray() @ inverse * free / max(free - k + 1, 1)
    return effect, np.diag(robust)
