"""Rows that come in clusters: what whole clusters add to the error of a score under weights.

The linearised contributions of a cluster's rows are summed, and the clusters take the place of rows
(Binder 1983, International Statistical Review 51:279; Liang & Zeger 1986, Biometrika 73:13), with
the factor G / (G - 1) and Student's t for an effective number of clusters less one (Carter,
Schnepel & Steigerwald 2017, Review of Economics and Statistics 99:698).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.interval import t_value, z_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Labels = NDArray[np.intp]


class Groups(NamedTuple):
    """The group of each row of both sides, from 0 on; None where rows are independent."""

    reference: Labels | None = None
    current: Labels | None = None

    def effective_reference(self, weights: Array | None = None) -> float:
        """Groups of equal weight that would tell as much; infinite for rows.

        Args:
            weights: of the reference's rows; None for equal ones.
        """
        return math.inf if self.reference is None else _effective(self.reference, weights)

    def effective_current(self) -> float:
        """Likewise, of the current rows."""
        return math.inf if self.current is None else _effective(self.current)


ROWS = Groups()
"""Rows that are independent."""


def settled(labels: Labels | None, what: str) -> Labels | None:
    """Groups that occur, numbered from 0 on.

    Raises:
        ValueError: there is one alone.
    """
    if labels is None:
        return None
    found = np.unique(labels, return_inverse=True)[1]
    if len(found) and found.max() == 0:
        raise ValueError(
            f"all rows of {what} are of one cluster: nothing is known of how they differ"
        )
    return np.asarray(found, dtype=np.intp)


def summed(parts: Array, labels: Labels | None) -> Array:
    """Contributions of rows, or of groups where they come in these; squares sum to a variance."""
    if labels is None:
        return parts
    found = np.bincount(labels, weights=parts)
    return np.asarray(found * math.sqrt(len(found) / (len(found) - 1)))


def _effective(labels: Labels, weights: Array | None = None) -> float:
    """1 / sum of squared shares of the weight."""
    shares = np.bincount(labels, weights=weights).astype(np.float64)
    shares /= shares.sum()
    return float(1 / (shares @ shares))


def widening(groups: float, level: float) -> float:
    """How much longer Student's t makes a normal interval, for so many groups."""
    return t_value(level, max(groups - 1, 1.0)) / z_value(level)


def drawn_groups(table: Array, draws: int, rng: np.random.Generator) -> Array:
    """Tables of as many groups drawn with replacement: shape (draws, cells).

    Each is moved away from the whole by sqrt(G / (G - 1)), as so few groups vary too little.

    Args:
        table: rows by group and cell, shape (G, cells).
    """
    g = len(table)
    times = rng.multinomial(g, np.full(g, 1 / g), size=draws) - 1.0
    moved = table.sum(axis=0) + times @ table * math.sqrt(g / (g - 1))
    return np.asarray(np.maximum(moved, 0.0))
