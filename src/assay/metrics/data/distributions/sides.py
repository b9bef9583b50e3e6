"""What was folded of a reference table and of the current one, as distributions to compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assay.inference.distribution import Distribution
from assay.inference.drift import Sides

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from assay.core.expr import Scalar
    from assay.states import FrequenciesState, QuantilesState

MOST = 100
"""Values of a text column that have a cell of their own."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class Values:
    """Two distributions of ordered values; each pair is (reference, current).

    Attributes:
        rows: all rows. values: finite values among them. missing: share of the other rows.
        distributions: of the finite values; None where there are none.
    """

    rows: Pair
    values: Pair
    missing: tuple[float, float]
    distributions: tuple[Distribution | None, Distribution | None]


@dataclass(frozen=True)
class Categories:
    """Two tables of counts; each pair is (reference, current); None is the missing value."""

    rows: Pair
    counts: dict[Scalar, Pair]


def values(states: Sequence[QuantilesState], rows: Sequence[int]) -> Values:
    """From quantiles at the grid of ``assay.inference.distribution`` and row counts."""
    reference, current = states
    return Values(
        (rows[0], rows[1]),
        (reference.n, current.n),
        (_missing(reference.n, rows[0]), _missing(current.n, rows[1])),
        (Distribution.of(reference), Distribution.of(current)),
    )


def _missing(values: int, rows: int) -> float:
    return 1 - values / rows if rows else 0.0


def categories(states: Sequence[FrequenciesState]) -> Categories:
    """From frequencies of one column."""
    reference, current = ({key[0]: n for key, n in state.counts} for state in states)
    counts = {
        value: (reference.get(value, 0), current.get(value, 0)) for value in reference | current
    }
    return Categories((sum(reference.values()), sum(current.values())), counts)


def most_frequent(sides: Categories, limit: int) -> tuple[list[Scalar], Pair]:
    """Values by descending share in both tables together, up to a limit; counts of the others.

    The missing value is always listed.
    """
    n, m = sides.rows

    def rank(value: Scalar) -> tuple[bool, float, str]:
        reference, current = sides.counts[value]
        return value is not None, -(reference / n + current / m), str(value)

    ordered = sorted(sides.counts, key=rank)
    rest = [sides.counts[value] for value in ordered[limit:]]
    return ordered[:limit], (sum(r for r, _ in rest), sum(c for _, c in rest))


def cells(sides: Values | Categories, bins: int) -> Sides:
    """Shares of the same cells on both sides, the missing values among them; empty cells left out.

    Ordered values: ``bins`` cells between quantiles of the reference (fewer where values repeat so
    often that quantiles coincide).
    """
    if isinstance(sides, Categories):
        kept, rest = most_frequent(sides, MOST + (None in sides.counts))
        counts = np.array([sides.counts[value] for value in kept] + [rest], dtype=np.float64)
        shares = counts / np.array(sides.rows)
    else:
        shares = _binned(sides, bins)
    shares = shares[shares.any(axis=1)]
    return Sides(shares[:, 0], shares[:, 1], *sides.rows)


def _binned(sides: Values, bins: int) -> NDArray[np.float64]:
    """Shares of shape (cells, 2); the last cell holds the missing values."""
    ruler = next((d for d in sides.distributions if d is not None), None)
    edges = np.array([]) if ruler is None else np.unique(ruler.quantile(np.arange(1, bins) / bins))
    columns = []
    for distribution, missing in zip(sides.distributions, sides.missing, strict=True):
        inside = np.zeros(len(edges) + 1)
        if distribution is not None:
            inside = np.diff(distribution.share_upto(edges), prepend=0.0, append=1.0)
        columns.append(np.append(np.maximum(inside, 0.0) * (1 - missing), missing))
    return np.column_stack(columns)
