"""A quantile held against a bound, without assuming how the values are distributed.

The interval between order statistics clears a bound exactly where the count of values below it is
far enough from its expectation. So this is one proportion: the share of values at or below the
bound, held against the quantile's probability (Conover 1999, Practical Nonparametric Statistics,
3.2; the exact binomial test).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.inference.power import one_proportion
from assay.inference.power.rates import inside_unit

if TYPE_CHECKING:
    from assay.inference.power.rates import Rates


def needed(q: float, below: float, rates: Rates) -> float:
    """Rows at which the interval for the ``q`` quantile clears a bound.

    Args:
        below: share of values at or below the bound that is assumed: above ``q`` where the
            quantile lies below the bound.

    Raises:
        ValueError: the share equals ``q``, or one is not a probability.
    """
    return one_proportion.needed(q, below, rates, method="exact")


def power(q: float, below: float, n: int, rates: Rates) -> float:
    """Probability that the interval of ``n`` rows clears the bound; see :func:`needed`."""
    return one_proportion.power(q, below, n, rates, method="exact")


def detectable(q: float, n: int, rates: Rates, *, upwards: bool) -> float | None:
    """The least distance of the share below the bound from ``q`` that ``n`` rows decide."""
    return one_proportion.detectable(q, n, rates, upwards=upwards, method="exact")


def bounded_from(q: float, level: float) -> int:
    """Rows from which on order statistics bound the ``q`` quantile on both sides at that level.

    With fewer, the greatest value (or the least) may itself lie on the wrong side of the quantile
    too often (Wilks 1941, Ann. Math. Stat. 12:91; each tail holds half of what the level leaves).
    """
    inside_unit(q, "a quantile's probability")
    tail = (1 - inside_unit(level, "a confidence level")) / 2
    return math.ceil(math.log(tail) / math.log(max(q, 1 - q)) - 1e-12)
