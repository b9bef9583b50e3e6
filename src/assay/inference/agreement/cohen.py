"""Cohen's kappa: two raters, each with habits of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from assay.inference.agreement.coefficient import Agreement
from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

Weights = Literal["none", "linear", "quadratic"]


def cohen(
    table: NDArray[np.int64],
    weights: Weights = "none",
    *,
    at: NDArray[np.float64] | None = None,
) -> Agreement:
    """Cohen's kappa from the table of pairs of ratings, shape (k, k), first rater by row.

    Cohen (1960, Educational and Psychological Measurement 20:37); weighted (1968, Psychological
    Bulletin 70:213) by the distance of categories or by its square. The variance is that of Fleiss,
    Cohen & Everitt (1969, Psychological Bulletin 72:323), with divisor n - 1.

    Args:
        table: counts of items.
        weights: how the distance of two categories counts against agreement.
        at: shape (k,): where the categories lie; 0, 1, 2 … in their order unless given.

    Raises:
        ValueError: the table is not square, or counts are negative.
        Undefined: there is no item, or both raters gave all items one and the same category.
    """
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise ValueError(f"a table of two raters is square, not {table.shape}")
    if (table < 0).any():
        raise ValueError("a count is negative")
    n = int(table.sum())
    if n == 0:
        raise Undefined("no item was rated by both raters")
    share = table / n
    apart = _apart(np.arange(len(table), dtype=np.float64) if at is None else at, weights)
    first, second = share.sum(axis=1), share.sum(axis=0)
    observed, chance = float((apart * share).sum()), float(first @ apart @ second)
    if chance <= 0:
        raise Undefined("both raters gave every item the same category: kappa is not defined")
    # mean distance of a category of one rater to the ratings of the other
    to_second, to_first = apart @ second, first @ apart
    of_chance = to_second[:, None] + to_first[None, :] - 2 * chance
    influence = (observed / chance * of_chance - (apart - observed)) / chance
    variance = float((share * influence**2).sum()) / max(n - 1, 1)
    spread = float(first @ apart**2 @ second) / chance**2
    return Agreement(1 - observed / chance, variance, n, max(spread, 1.0))


def _apart(at: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """How far categories are apart, shape (k, k)."""
    if weights == "none":
        return 1 - np.eye(len(at))
    steps = np.abs(at[:, None] - at[None, :])
    return steps**2 if weights == "quadratic" else steps
