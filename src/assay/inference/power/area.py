"""The area under the ROC curve: one against a bound, or two of independent samples."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Literal

from assay.inference.power.rates import (
    Rates,
    apart,
    inside_unit,
    least,
    least_effect,
    normal_power,
    positive,
)

Method = Literal["hanley-mcneil", "obuchowski"]
"""``hanley-mcneil``: negative exponential scores (Hanley & McNeil 1982, Radiology 143:29);
``obuchowski``: binormal ratings of equal spread (Obuchowski & McClish 1997, Stat. Med. 16:1529),
which asks for more rows than DeLong's variance does at areas above 0.7."""


def variance(
    area: float, n: float, *, ratio: float = 1.0, method: Method = "hanley-mcneil"
) -> float:
    """Variance of an area from ``n`` positives and ``ratio`` times as many negatives.

    Raises:
        ValueError: the area is not inside (0, 1); n or the ratio is not above 0.
    """
    inside_unit(area, "an area")
    m = positive(n, "n") * positive(ratio, "the ratio")
    if method == "hanley-mcneil":
        two_positives, two_negatives = area / (2 - area), 2 * area**2 / (1 + area)
        return (
            area * (1 - area)
            + (n - 1) * (two_positives - area**2)
            + (m - 1) * (two_negatives - area**2)
        ) / (n * m)
    binormal = NormalDist().inv_cdf(area) * 1.414  # as published, not the square root of 2
    density = 0.0099 * math.exp(-(binormal**2) / 2)
    return density * ((5 * binormal**2 + 8) + (binormal**2 + 8) / ratio) / n


def needed(
    bound: float,
    truth: float,
    rates: Rates,
    *,
    ratio: float = 1.0,
    method: Method = "hanley-mcneil",
) -> float:
    """Positives at which the area's interval clears the bound; negatives are ``ratio`` times that.

    Raises:
        ValueError: the areas are equal, or not inside (0, 1).
    """
    apart(bound, truth, "the areas")
    return least(
        lambda n: power(bound, truth, n, rates, ratio=ratio, method=method),
        rates.power,
        start=max(1.0, 1 / positive(ratio, "the ratio")),
    )


def power(
    bound: float,
    truth: float,
    n: float,
    rates: Rates,
    *,
    ratio: float = 1.0,
    method: Method = "hanley-mcneil",
) -> float:
    """Probability that the interval of ``n`` positives clears the bound; see :func:`needed`."""
    apart(bound, truth, "the areas")
    null, true = (
        math.sqrt(variance(area, n, ratio=ratio, method=method)) for area in (bound, truth)
    )
    return normal_power(truth - bound, null, true, rates)


def detectable(
    bound: float,
    n: float,
    rates: Rates,
    *,
    upwards: bool = True,
    ratio: float = 1.0,
    method: Method = "hanley-mcneil",
) -> float | None:
    """The least distance from the bound that ``n`` positives decide, or None where none does."""
    inside_unit(bound, "an area")
    sign, most = (1, 1 - bound) if upwards else (-1, bound)

    def power_at(effect: float) -> float:
        truth = bound + sign * effect
        return power(bound, truth, n, rates, ratio=ratio, method=method) if effect else 0.0

    return least_effect(power_at, rates.power, most=most * (1 - 1e-9))


def needed_for_two(
    a: float,
    b: float,
    rates: Rates,
    *,
    ratio: float = 1.0,
    correlation: float = 0.0,
    method: Method = "hanley-mcneil",
) -> float:
    """Positives of each area at which two areas are told apart.

    Args:
        correlation: of the two areas, where both come from the same rows (Hanley & McNeil 1983,
            Radiology 148:839); 0 where their samples are independent.

    Raises:
        ValueError: the areas are equal or not inside (0, 1); the correlation is not in [0, 1).
    """
    apart(a, b, "the areas")
    if not 0 <= correlation < 1:
        raise ValueError(f"a correlation of areas lies in [0, 1), not {correlation}")

    def power_at(n: float) -> float:
        va, vb = (variance(area, n, ratio=ratio, method=method) for area in (a, b))
        null = math.sqrt(2 * va * (1 - correlation))
        true = math.sqrt(va + vb - 2 * correlation * math.sqrt(va * vb))
        return normal_power(b - a, null, true, rates)

    return least(power_at, rates.power, start=max(1.0, 1 / positive(ratio, "the ratio")))
