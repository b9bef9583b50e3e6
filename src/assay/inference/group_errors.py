"""Sampling error of shares whose rows come in groups: whole clusters, or blocks of time.

Rows of one group resemble each other, so the groups take the place of rows: what is drawn anew is
the sign of each group's deviation from the shares over all rows (the wild bootstrap: Liu 1988,
Annals of Statistics 16:1696; over clusters: Cameron, Gelbach & Miller 2008, Review of Economics and
Statistics 90:414). Where two tables of clusters come from one distribution, which cluster is in
which table is as good as a coin, so this is also near to the permutation of whole clusters, and
holds for values that occur in one cluster only.

Deviations are those of leaving a group out (the jackknife CV3: MacKinnon, Nielsen & Webb 2023,
Journal of Applied Econometrics 38:671), and few groups are allowed for as Student did: a draw is
divided by the root of a chi-square over its degrees of freedom, the effective number of groups less
one (Carter, Schnepel & Steigerwald 2017, Review of Economics and Statistics 99:698).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BLOCKS = (8, 40)
"""Least and greatest number of blocks that a span of time is cut into."""


def deviations(counts: Array, sizes: Array | None = None) -> Array | None:
    """How far leaving out each group moves the shares; the squares sum to their variance.

    Args:
        counts: rows by group and cell, shape (G, cells); every group has rows.
        sizes: rows by group, shape (G,), where a row may be in several cells or in none.

    Returns:
        Shape (G, cells); None where there are fewer than two groups: nothing is then known of how
        they differ.
    """
    groups = len(counts)
    if groups < 2:
        return None
    sizes = counts.sum(axis=1, keepdims=True) if sizes is None else sizes[:, None]
    n = sizes.sum()
    shares = counts.sum(axis=0) / n
    return np.asarray((counts - sizes * shares) / (n - sizes) * np.sqrt((groups - 1) / groups))


def degrees_of_freedom(counts: Array, sizes: Array | None = None) -> float:
    """Effective number of groups, n² / sum of squared sizes, less one; at least 1."""
    sizes = counts.sum(axis=1) if sizes is None else sizes
    weights = sizes / sizes.sum()
    return max(1.0, 1 / float((weights**2).sum()) - 1)


def group_errors(
    counts: Array, draws: int, rng: np.random.Generator, *, sizes: Array | None = None
) -> Array | None:
    """Draws of the sampling error of the shares of each cell, shape (draws, cells).

    None where there are fewer than two groups.

    Args:
        counts, sizes: as of :func:`deviations`.
    """
    moved = deviations(counts, sizes)
    if moved is None:
        return None
    signs = rng.choice(np.array([-1.0, 1.0]), size=(draws, len(moved)))
    df = degrees_of_freedom(counts, sizes)
    signs /= np.sqrt(rng.chisquare(df, size=(draws, 1)) / df)
    return np.asarray(signs @ moved)


def blocks(periods: int) -> int:
    """Into how many blocks of time so many periods (days, say) are cut.

    Blocks of 2.5 n^(1/3) periods that follow each other without overlap (Carlstein 1986, Annals of
    Statistics 14:1171). The rate is that of the best block (Künsch 1989, Annals of Statistics
    17:1217; Hall, Horowitz & Jing 1995, Biometrika 82:561); the factor is what Lazarus, Lewis,
    Stock & Watson (2018, Journal of Business & Economic Statistics 36:541) recommend for intervals
    with Student's t, 0.4 n^(2/3) degrees of freedom: fewer, longer blocks than for the least error
    of a variance, because blocks that are too short make intervals too narrow.
    """
    least, most = BLOCKS
    return max(min(least, periods), min(most, round(0.4 * math.pow(periods, 2 / 3))))
