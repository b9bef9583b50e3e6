"""What was folded of a reference table and of the current one, as distributions to compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.distribution import Distribution, Piece, cell_counts
from assay.inference.drift import Groups, Sides
from assay.metrics.data.distributions.groups import Rare, by_cell, rare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from assay.core.expr import Scalar
    from assay.metrics.data.distributions.groups import Counts
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
        groups: that the rows of a side come in; None where they are independent.
    """

    rows: Pair
    values: Pair
    missing: tuple[float, float]
    distributions: tuple[Distribution | None, Distribution | None]
    groups: tuple[tuple[Piece, ...] | None, tuple[Piece, ...] | None] = (None, None)

    @property
    def whole(self) -> tuple[Piece, Piece]:
        """All rows of each side."""
        one, two = map(Piece, self.rows, self.values, self.distributions)
        return one, two


@dataclass(frozen=True)
class Categories:
    """Two tables of counts; each pair is (reference, current); None is the missing value.

    Attributes:
        unlisted: rows of values that a side does not list (those beyond its most frequent ones).
        bounds: greatest count of a value that a side does not list: 0 where it lists all.
        groups: rows by value of each group that a side's rows come in; None where they are
            independent.
        short: rows that a value which a side lists may have there beside its count.
    """

    rows: Pair
    counts: dict[Scalar, Pair]
    unlisted: Pair = (0, 0)
    bounds: Pair = (0, 0)
    groups: tuple[Counts | None, Counts | None] = (None, None)
    short: Pair = (0, 0)


def values(
    states: Sequence[QuantilesState],
    rows: Sequence[int],
    groups: tuple[tuple[Piece, ...] | None, ...] = (None, None),
) -> Values:
    """From quantiles at the grid of ``assay.inference.distribution`` and row counts."""
    reference, current = states
    return Values(
        (rows[0], rows[1]),
        (reference.n, current.n),
        (_missing(reference.n, rows[0]), _missing(current.n, rows[1])),
        (Distribution.of(reference), Distribution.of(current)),
        (groups[0], groups[1]),
    )


def _missing(values: int, rows: int) -> float:
    return 1 - values / rows if rows else 0.0


def categories(
    states: Sequence[FrequenciesState], groups: tuple[Counts | None, ...] = (None, None)
) -> Categories:
    """From frequencies of one column."""
    reference, current = ({key[0]: n for key, n in state.counts} for state in states)
    counts = {
        value: (reference.get(value, 0), current.get(value, 0)) for value in reference | current
    }
    one, two = states
    return Categories(
        (one.n, two.n),
        counts,
        (one.rest, two.rest),
        (one.bound, two.bound),
        (groups[0], groups[1]),
        (one.short, two.short),
    )


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


class Cells(NamedTuple):
    """The same cells on both sides: shares, and rows by group where rows come in groups."""

    shares: Sides
    groups: Groups


def cells(sides: Values | Categories, bins: int, *, unknown: float = 0.0) -> Cells:
    """The same cells on both sides, the missing values among them; empty cells left out.

    Ordered values: ``bins`` cells between quantiles of the reference (fewer where values repeat so
    often that quantiles coincide).

    Args:
        unknown: share of the rows that a value may have on a side beside those counted with it
            there which is taken for it. 0 and 1 are the ends between which the shares lie.
    """
    if isinstance(sides, Categories):
        counts, groups = _counted(sides, unknown)
        shares = counts / np.array(sides.rows)
    else:
        edges = _edges(sides, bins)
        counts = np.column_stack([cell_counts([side], edges)[0] for side in sides.whole])
        shares = counts / np.array(sides.rows)
        groups = Groups(*(None if g is None else cell_counts(g, edges) for g in sides.groups))
    used = shares.any(axis=1)
    shares = shares[used]
    return Cells(
        Sides(shares[:, 0], shares[:, 1], *sides.rows),
        Groups(*(None if g is None else g[:, used] for g in groups)),
    )


def _counted(sides: Categories, unknown: float) -> tuple[NDArray[np.float64], Groups]:
    """Rows of shape (cells, 2): the most frequent values, then all others; and rows by group.

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
        more = unknown * np.where(absent, sides.bounds[side], float(sides.short[side]))
        if more.any():
            more *= min(1.0, rest[side] / more.sum())
            counts[:, side] += more
            rest[side] -= more.sum()
    new, apart = _news(sides, others)
    groups = Groups(
        *(
            None if side is None else by_cell(side, kept, mine)
            for side, mine in zip(sides.groups, apart, strict=True)
        )
    )
    return np.vstack([counts, rest - new, new]), groups


def _news(sides: Categories, others: Sequence[Scalar]) -> tuple[NDArray[np.float64], Rare]:
    """Rows of rare values that have a cell of their own, because they are new; and the values."""
    none = Rare(frozenset(), frozenset())
    if any(sides.bounds):  # what is absent from a list is not known to be new
        return np.zeros(2), none
    counts = {value: sides.counts[value] for value in others}
    if sides.groups == (None, None):
        return _new(np.array(list(counts.values())).reshape(-1, 2), sides.rows), none
    found = rare(counts, sides.rows, sides.groups) or none
    rows = [sum(counts[value][side] for value in found[side]) for side in (0, 1)]
    return np.array(rows, dtype=np.float64), found


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


def _edges(sides: Values, bins: int) -> NDArray[np.float64]:
    """Quantiles of the reference (of the current table, where that has no values)."""
    ruler = next((d for d in sides.distributions if d is not None), None)
    return np.array([]) if ruler is None else np.unique(ruler.quantile(np.arange(1, bins) / bins))
