"""From independent draws to rows as they come: in clusters, and from a population that ends."""

from __future__ import annotations

import math

from assay.inference.power.rates import positive


def design_effect(size: float, correlation: float, *, spread: float = 0.0) -> float:
    """By how much clusters multiply the variance of a mean, and so the n that is needed.

    Kish (1965), Survey Sampling, 5.4; for clusters of unequal size Eldridge, Ashby & Kerry (2006),
    International Journal of Epidemiology 35:1292.

    Args:
        size: mean number of rows in a cluster, at least 1.
        correlation: of two rows of one cluster (intraclass), from 0 to 1.
        spread: coefficient of variation of the clusters' sizes.

    Raises:
        ValueError: one is out of range.
    """
    if not (math.isfinite(size) and size >= 1):
        raise ValueError(f"a cluster has at least one row, not {size}")
    if not 0 <= correlation <= 1:
        raise ValueError(f"a correlation within clusters lies between 0 and 1, not {correlation}")
    if not (math.isfinite(spread) and spread >= 0):
        raise ValueError(f"a coefficient of variation is not negative, and not {spread}")
    return 1 + ((1 + spread**2) * size - 1) * correlation


def of_finite(n: float, population: float) -> float:
    """Rows to draw without replacement from a population, for what ``n`` independent rows tell.

    Cochran (1977), Sampling Techniques, 3rd edition, equation 4.2: ``n / (1 + (n - 1) / N)``. Never
    more than there are.

    Raises:
        ValueError: n or the population is below 1.
    """
    if not n >= 1 or not population >= 1:
        raise ValueError(f"{n} rows of {population} is not a sample")
    if math.isinf(n):
        return population
    return min(n / (1 + (n - 1) / population), population)


def decidable(n: float, rows: float) -> bool:
    """Whether as many rows as there are can decide what needs ``n``, rounded up."""
    return math.isfinite(n) and math.ceil(n - 1e-9) <= positive(rows, "rows")
