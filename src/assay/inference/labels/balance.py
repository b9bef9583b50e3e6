"""How evenly rows fall on classes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.inference.interval import Interval, z_value

if TYPE_CHECKING:
    from collections.abc import Sequence


def imbalance_ratio(counts: Sequence[int], level: float) -> tuple[float, Interval]:
    """Rows of the largest class over those of the smallest, and its interval.

    The logarithm of the ratio of two multinomial counts a and b has variance 1/a + 1/b (delta
    method; Agresti 2013, Categorical Data Analysis, section 3.1). Which class is largest and
    which smallest is itself seen in the sample, so the interval holds for all ratios of two classes
    at once (Bonferroni), and it is not below 1.

    Raises:
        ValueError: there are fewer than two classes, or one without a row.
    """
    if len(counts) < 2 or min(counts) < 1:
        raise ValueError(f"{list(counts)} are not the counts of two classes or more")
    most, least = max(counts), min(counts)
    pairs = math.comb(len(counts), 2)
    half = z_value(1 - (1 - level) / pairs) * math.sqrt(1 / most + 1 / least)
    ratio = most / least
    low, high = max(1.0, ratio * math.exp(-half)), ratio * math.exp(half)
    return ratio, Interval(low, high, "log-delta-bonferroni")
