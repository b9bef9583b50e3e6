"""How strongly two columns hang together: Cramér's V of categories, eta of numbers in groups.

Simulated coverage of 95 % intervals is 93 to 96 %, but for: values above 0.9 in a hundred rows (84
to 92 %), Cramér's V of tables in which most cells expect less than one row (84 to 93 %), and eta
with heavy tails or many small unequal groups in a hundred rows (77 to 90 %).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from assay.inference.effect import Effect
from assay.inference.interval import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.inference.contingency import Contingency
    from assay.states import MomentsState


class Association(NamedTuple):
    """A strength from 0 to 1: the root of an effect, in units of ``scale``."""

    value: float
    effect: Effect
    scale: float = 1.0

    def interval(self, level: float) -> Interval:
        """Ends of the strength."""
        low, high, method = self.effect.interval(level)
        ends = [min(1.0, math.sqrt(end / self.scale)) for end in (low, high)]
        return Interval(ends[0], ends[1], method)


def cramers_v(table: Contingency) -> Association:
    """Cramér's V of a table of at least 2 × 2, free of bias.

    Bergsma (2013), Journal of the Korean Statistical Society 42:323. The slope is that of the
    delta method for the mean square contingency (Bishop, Fienberg & Holland 1975, section 11.3).
    """
    import numpy as np

    n, p, ratio = table.n, table.shares, table.ratios
    k, r = len(table.rows), len(table.columns)
    square = max(0.0, float((p * ratio).sum()) - 1)
    by_row = np.bincount(table.row, ratio**2 * table.columns[table.column] / n)
    by_column = np.bincount(table.column, ratio**2 * table.rows[table.row] / n)
    influence = 2 * ratio - by_row[table.row] - by_column[table.column]
    free = square - (k - 1) * (r - 1) / (n - 1)
    most = min(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1)) - 1
    # With about as many categories as rows there is next to nothing left to relate to.
    scale = max(most, 1e-12)
    slope = float((p * influence**2).sum()) / (n * square) if square > 0 else 4 / n
    null = _chi_square_variance(table) / n**2
    value = min(1.0, math.sqrt(max(0.0, free) / scale))
    return Association(value, Effect(free, free, null, slope, min(k, r) - 1.0), scale)


def _chi_square_variance(table: Contingency) -> float:
    """Variance of chi-square over all tables with these margins (Haldane 1940; Dawson 1954).

    Near twice the degrees of freedom where every expected count is large, and far above it where
    margins are small.
    """
    n = table.n
    if n < 4:
        return 2 * n
    parts = []
    for margin in (table.rows, table.columns):
        k = len(margin)
        parts.append(((k - 1) * (n - k) / (n - 1), (float((n / margin).sum()) - k * k) / (n - 2)))
    (v, w), (x, y) = parts
    return 2 * n / (n - 3) * (v - w) * (x - y) + n * n / (n - 1) * w * y


def correlation_ratio(groups: Sequence[MomentsState]) -> Association:
    """Eta of numbers in two groups or more, not all of them equal, free of the bias of chance.

    Its square is the share of the variance that lies between the groups (Pearson 1905), less what
    the sampling error of their means adds. With one variance for all groups that is the adjustment
    of Kelley (1935), PNAS 21:554; here each has its own, since groups of few values with a wide
    spread would pass for an association. The slope is that of the delta method.

    Args:
        groups: moments of order 4, each of one value at least; fewer groups than values.
    """
    n = sum(g.n for g in groups)
    mean = sum(g.n * g.mean for g in groups) / n
    between = sum(g.n * (g.mean - mean) ** 2 for g in groups)
    within = sum(g.m2 for g in groups)
    total, pooled = between + within, within / (n - len(groups))
    share, rest = between / total, within / total
    weights = [g.n / n for g in groups]
    variances = [g.variance if g.n > 1 else pooled for g in groups]
    chance = sum((1 - w) * v for w, v in zip(weights, variances, strict=True))
    square = sum((1 - 2 * w) * v * v for w, v in zip(weights, variances, strict=True))
    square += sum(w * v for w, v in zip(weights, variances, strict=True)) ** 2
    spread = 0.0
    for g in groups:
        # E[(rest (d² + 2 d e) - share e²)²] over the group, with e = value - its mean
        d, s2, s3, s4 = g.mean - mean, g.m2, g.m3 or 0.0, g.m4 or 0.0
        spread += rest**2 * (g.n * d**4 + 4 * d * d * s2)
        spread += share**2 * s4 - 2 * rest * share * (d * d * s2 + 2 * d * s3)
    free = (between - chance) / total
    slope = spread / total**2 / share if share > 0 else 4 / n
    value = math.sqrt(min(1.0, max(0.0, free)))
    return Association(value, Effect(free, free, 2 * square / total**2, slope, 1.0))
