"""Greatest change of the probability of any of many events, between two tables.

Each row has some of the events: a text has each of its words, say. The distance is the greatest
absolute difference of the events' shares of the rows, and its interval goes by rows, because the
events of one row hang together.

The greatest difference is a norm, so as in :mod:`assay.inference.drift` its error is at most the
norm of the difference of both sides' sampling errors. These are drawn by
:func:`~assay.inference.group_errors.group_errors` over groups of rows: whole clusters, or rows put
together by lot, each group in the place of a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.group_errors import group_errors
from assay.inference.interval import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

GROUPS = 400
"""Groups that independent rows are put into at most: Student's t for so many is nearly normal."""

BY_ROWS, BY_CLUSTERS = "wild-bootstrap", "wild-cluster-bootstrap"


class Events(NamedTuple):
    """How often each event occurs in one table.

    Attributes:
        counts: rows with each event, by group; shape (groups, events).
        sizes: rows of each group, shape (groups,).
        units: rows, or groups of clusters, that are independent.
        clustered: the groups are of clusters, and not of rows by lot.
    """

    counts: Array
    sizes: Array
    units: int
    clustered: bool = False

    @property
    def shares(self) -> Array:
        """Share of the rows with each event, shape (events,)."""
        return np.asarray(self.counts.sum(axis=0) / self.sizes.sum())


def greatest_change(reference: Events, current: Events) -> float:
    """The greatest absolute difference of a share, in [0, 1]."""
    return min(1.0, float(np.abs(current.shares - reference.shares).max()))


def interval(reference: Events, current: Events, *, level: float, seed: int) -> Interval:
    """Interval of :func:`greatest_change`.

    It is never shorter than what events may add that a side has in all or none of its rows: with
    the confidence ``level`` their share is at most 1 - (1 - level)^(1 / n) from there (Clopper &
    Pearson 1934, Biometrika 26:404). Where a side has one group, it runs from 0 to 1.
    """
    name = BY_CLUSTERS if reference.clustered or current.clustered else BY_ROWS
    draws = int(min(20_000, max(2_000, 20 / (1 - level))))
    rng = np.random.default_rng(seed)
    one, two = (
        group_errors(side.counts, draws, rng, sizes=side.sizes) for side in (reference, current)
    )
    if one is None or two is None:
        return Interval(0.0, 1.0, name)
    error = float(np.quantile(np.abs(two - one).max(axis=1), level, method="higher"))
    error = max(error, *(1 - (1 - level) ** (1 / side.units) for side in (reference, current)))
    value = greatest_change(reference, current)
    return Interval(max(0.0, value - error), min(1.0, value + error), name)
