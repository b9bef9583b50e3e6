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
    """Two tables of counts; each pair is (reference, current); None is the missing value.

    Attributes:
        unlisted: rows of values that a side does not list (those beyond its most frequent ones).
        bounds: greatest count of a value that a side does not list: 0 where it lists all.
    """

    rows: Pair
    counts: dict[Scalar, Pair]
    unlisted: Pair = (0, 0)
    bounds: Pair = (0, 0)


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
    one, two = states
    return Categories((one.n, two.n), counts, (one.rest, two.rest), (one.bound, two.bound))


def most_frequent(sides: Categories, limit: int) -> tuple[list[Scalar], list[Scalar]]:
    """Values by descending share in both tables together, up to a limit, and the other ones.

    The missing value is always among the first.
    """
    n, m = sides.rows

    def rank(value: Scalar) -> tuple[bool, float, str]:
        reference, current = sides.counts[value]
        return value is not None, -(reference / n + current / m), str(value)

    ordered = sorted(sides.counts, key=rank)
    return ordered[:limit], ordered[limit:]


def total(sides: Categories, values: Sequence[Scalar]) -> Pair:
    """Rows with one of the values, or with one that is not listed."""
    pairs = [sides.counts[value] for value in values]
    reference, current = sides.unlisted
    return reference + sum(r for r, _ in pairs), current + sum(c for _, c in pairs)


def cells(sides: Values | Categories, bins: int, *, unknown: float = 0.0) -> Sides:
    """Shares of the same cells on both sides, the missing values among them; empty cells left out.

    Ordered values: ``bins`` cells between quantiles of the reference (fewer where values repeat so
    often that quantiles coincide).

    Args:
        unknown: share of the greatest count that it may have which is taken for a value that a
            side does not list. 0 and 1 are the ends between which the shares lie.
    """
    if isinstance(sides, Categories):
        shares = _counted(sides, unknown) / np.array(sides.rows)
    else:
        shares = _binned(sides, bins)
    shares = shares[shares.any(axis=1)]
    return Sides(shares[:, 0], shares[:, 1], *sides.rows)


def _counted(sides: Categories, unknown: float) -> NDArray[np.float64]:
    """Rows of shape (cells, 2): the most frequent values, then all others.

    By rows of both tables together, not by shares: given how often a value occurs in both, which
    of its rows lie where is chance alone if nothing drifted, so the choice favours no side.
    """
    listed = sorted(v for v in sides.counts if v is not None)
    ordered = sorted(listed, key=lambda value: -sum(sides.counts[value]))
    kept = [None, *ordered[:MOST]] if None in sides.counts else ordered[:MOST]
    others = ordered[MOST:]
    counts = np.array([sides.counts[value] for value in kept], dtype=np.float64).reshape(-1, 2)
    rest = np.array(total(sides, others), dtype=np.float64)
    for side in (0, 1):
        absent = counts[:, side] == 0
        if unknown and sides.bounds[side] and absent.any():
            each = min(sides.bounds[side] * unknown, rest[side] / absent.sum())
            counts[absent, side] = each
            rest[side] -= each * absent.sum()
    if any(sides.bounds):
        return np.vstack([counts, rest])
    new = _new(np.array([sides.counts[v] for v in others]).reshape(-1, 2), sides.rows)
    return np.vstack([counts, rest - new, new])


def _new(counts: NDArray[np.int64], rows: Pair) -> NDArray[np.float64]:
    """Rows of rare values that the reference lacks, where chance alone does not bring as many.

    Some are only too rare to have been seen there. The share of rows to expect is the number of
    values that the reference has once, by its rows (Good 1953, Biometrika 40:237): that is taken
    for the reference's share. Given the counts in both tables, the difference has mean 0 if nothing
    drifted; its variance follows with a value's rows thrown to the sides by lot. Less than four
    standard errors are no news, and the rare values stay in one cell.
    """
    both, (n, m) = counts.sum(axis=1), rows
    once, new = (counts[:, 0] == 1).sum(), counts[counts[:, 0] == 0, 1].sum()
    absent = (m / (n + m)) ** both
    single = both * (n / m) * absent
    variance = (both**2 * absent).sum() / m**2 + single.sum() / n**2
    if new / m - once / n <= 4 * np.sqrt(variance):
        return np.zeros(2)
    return np.array([once, new], dtype=np.float64)


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
