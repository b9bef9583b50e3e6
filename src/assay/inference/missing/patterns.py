"""Which values lack together: rows by pattern, with what the patterns' rows add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Patterns(NamedTuple):
    """The distinct patterns of missing values, those of most rows first.

    Attributes:
        missing: shape (p, k), true where the column lacks in the pattern.
        counts: shape (p,), rows of each pattern.
        of_row: shape (n,), the pattern of each row.
    """

    missing: NDArray[np.bool_]
    counts: NDArray[np.int64]
    of_row: NDArray[np.intp]


def patterns(values: NDArray[np.float64]) -> Patterns:
    """Patterns of a matrix of shape (n, k) in which NaN stands for a missing value.

    In O(n log n): a row's pattern is compared as the bits that make it. Patterns with equally many
    rows come in the order of their columns.
    """
    lacking = np.isnan(values)
    n, k = lacking.shape
    if n == 0:
        return Patterns(np.empty((0, k), bool), np.empty(0, np.int64), np.empty(0, np.intp))
    packed = np.ascontiguousarray(np.packbits(lacking, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, of_row, counts = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(-counts, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return Patterns(lacking[first][order], counts[order].astype(np.int64), place[of_row.ravel()])


class Sums(NamedTuple):
    """What an estimate under normality needs of each pattern's rows; zero where a column lacks.

    Attributes:
        counts: shape (p,), rows.
        means: shape (p, k).
        cross: shape (p, k, k), sums of products of deviations from the pattern's own means.
    """

    counts: NDArray[np.float64]
    means: NDArray[np.float64]
    cross: NDArray[np.float64]


def sums(values: NDArray[np.float64], found: Patterns) -> Sums:
    """Sufficient statistics by pattern, of values of shape (n, k)."""
    p, k = found.missing.shape
    order = np.argsort(found.of_row, kind="stable")
    filled = np.nan_to_num(values[order], nan=0.0)
    ends = np.cumsum(found.counts)
    means, cross = np.empty((p, k)), np.zeros((p, k, k))
    for i, (start, end) in enumerate(zip(ends - found.counts, ends, strict=True)):
        rows = filled[start:end]
        means[i] = rows.mean(axis=0)
        if end - start > 1:
            deviation = rows - means[i]
            cross[i] = deviation.T @ deviation
    return Sums(found.counts.astype(np.float64), means, cross)
