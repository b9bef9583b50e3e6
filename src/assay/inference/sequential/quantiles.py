"""A confidence sequence for a quantile: exact, from order statistics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from assay.inference.interval import Interval
from assay.inference.quantiles import between_ranks
from assay.inference.sequential.proportions import EARLY, concentration

if TYPE_CHECKING:
    from assay.states import QuantilesState


def log_ratio(count: int, n: int, share: float, *, pseudo_rows: float) -> float:
    """Logarithm of the evidence that fewer than ``share`` of all values are at or below a point.

    ``count`` of ``n`` are. The one-sided beta-binomial mixture of Howard, Ramdas, McAuliffe &
    Sekhon (2021), Ann Stat 49:1055, with alternatives from the prior of
    :func:`~assay.inference.sequential.proportions.log_ratio` cut off at ``share``: an e-process
    while at least ``share`` are. It falls as ``count`` grows.
    """
    from scipy.special import betainc, betaln

    a, b = pseudo_rows * share + 0.5, pseudo_rows * (1 - share) + 0.5
    s, f = count, n - count
    cut, whole = float(betainc(a + s, b + f, share)), float(betainc(a, b, share))
    if cut == 0:  # the count is far above: there is no evidence at all
        return -math.inf
    mixed = float(betaln(a + s, b + f) - betaln(a, b)) + math.log(cut / whole)
    return mixed - s * math.log(share) - f * math.log1p(-share)


def ranks(n: int, q: float, level: float, *, tuned_for: float) -> tuple[int, int]:
    """Ranks (from 1) of the order statistics that hold the ``q`` quantile at every look.

    Howard & Ramdas (2022), Bernoulli 28:1704: of all values, at least q lie at or below the
    quantile, and at least 1 - q at or above. Each of the two is tested by a mixture at half of
    alpha, so ties and discrete values are allowed. A lower rank of 0, or an upper one of n + 1,
    means that no order statistic bounds it on that side.

    Raises:
        ValueError: q or the level outside (0, 1), ``n < 1``, or ``tuned_for`` not above 0.
    """
    if not (0 < q < 1 and 0 < level < 1) or n < 1:
        raise ValueError(f"there is no interval at {level} for the quantile {q} of {n} values")
    pseudo, threshold = concentration(level, tuned_for), math.log(2 / (1 - level))

    def too_few(share: float) -> int:
        """The greatest count that speaks against ``share``, or -1."""
        low, high = -1, n + 1
        while high - low > 1:
            middle = (low + high) // 2
            tuned = log_ratio(middle, n, share, pseudo_rows=pseudo)
            early = log_ratio(middle, n, share, pseudo_rows=0.0)
            evidence = np.logaddexp(math.log1p(-EARLY) + tuned, math.log(EARLY) + early)
            if evidence >= threshold:
                low = middle
            else:
                high = middle
        return low

    # P(X <= Q) >= q: if r at or below a point are too few for that, Q is at least the order
    # statistic of rank r + 1. P(X >= Q) >= 1 - q: likewise from above.
    return too_few(q) + 1, n - too_few(1 - q)


def quantile(state: QuantilesState, q: float, level: float, *, tuned_for: float) -> Interval:
    """Confidence sequence for the ``q`` quantile from a state folded over its grid.

    Rounded outward like :func:`assay.inference.quantiles.order_statistics`.

    Raises:
        ValueError: as :func:`ranks`.
    """
    lower, upper = ranks(state.n, q, level, tuned_for=tuned_for)
    low, high = between_ranks(state, q, lower, upper)
    return Interval(low, high, "quantile-sequence")
