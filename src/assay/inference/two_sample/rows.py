"""Rows drawn by lot from a table, the same ones in whatever order the rows came."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Bits that look drawn by lot, the same for equal ones.

    SplitMix64 (Steele, Lea & Flood 2014, OOPSLA, doi:10.1145/2660193.2660195).
    """
    x = x + _GOLDEN
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


def row_keys(columns: Sequence[NDArray[np.float64]]) -> NDArray[np.uint64]:
    """One number for each row, equal for equal rows (NaN equals NaN, -0 equals 0).

    Different rows share one with a probability of 2^-64 for each pair.

    Args:
        columns: one or more, shape (n,) each.
    """
    keys = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        plain = column + 0.0  # -0 becomes 0
        plain[np.isnan(plain)] = np.nan  # NaN has many forms
        keys = mixed(keys ^ plain.view(np.uint64))
    return keys


def occurrences(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """For each row, how many rows before it are equal to it."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    starts = np.maximum.accumulate(np.where(first, np.arange(len(keys)), 0))
    counted = np.empty(len(keys), dtype=np.int64)
    counted[order] = np.arange(len(keys)) - starts
    return counted


def lots(keys: NDArray[np.uint64], *, salt: int) -> NDArray[np.uint64]:
    """A lot for each row, decided by what it holds and by how many equal rows there were before it.

    So the same rows have the smallest lots however they are ordered, and each of many equal rows
    has a lot of its own.

    Args:
        keys: equal for equal rows only, shape (n,).
        salt: of 64 bits; with another, all lots are others.
    """
    return mixed(mixed(keys + np.uint64(salt)) ^ occurrences(keys).astype(np.uint64))


def drawn(keys: NDArray[np.uint64], most: int, *, salt: int) -> NDArray[np.intp]:
    """Rows drawn by lot without replacement, at most so many; all of them where there are fewer.

    Args:
        keys: of :func:`row_keys`, shape (n,) with n >= 1.
        salt: other rows are drawn with another.

    Returns:
        Positions, in ascending order of the lots: an order drawn by lot as well.
    """
    by_row = lots(keys, salt=salt)
    if len(by_row) > most:
        few = np.argpartition(by_row, most)[:most]
        return few[np.argsort(by_row[few])]
    return np.argsort(by_row)


class Overlap(NamedTuple):
    """Rows that occur in both tables.

    Attributes:
        rows: in both, each counted as often as it occurs in the table that has fewer of it.
        beyond_chance: more pairs of equal rows lie across the tables than the pairs within each
            would bring: the tables share rows, and not only values that repeat.
    """

    rows: int
    beyond_chance: bool


def overlap(one: NDArray[np.uint64], two: NDArray[np.uint64]) -> Overlap:
    """What two tables share, from the keys of their rows; both have rows.

    Of tables that come from one distribution, a pair of rows is equal with one probability, be it
    within a table or across them. Twice that, and ten pairs, are taken for copies.
    """
    (a, n), (b, m) = (np.unique(keys, return_counts=True) for keys in (one, two))
    _, at, to = np.intersect1d(a, b, assume_unique=True, return_indices=True)
    across = float(n[at].astype(np.float64) @ m[to])
    shares = [
        float(c.astype(np.float64) @ (c - 1)) / (size * (size - 1))
        for c, size in ((n, len(one)), (m, len(two)))
        if size > 1
    ]
    expected = max(shares, default=0.0) * len(one) * len(two)
    return Overlap(int(np.minimum(n[at], m[to]).sum()), across > 2 * expected + 10)
