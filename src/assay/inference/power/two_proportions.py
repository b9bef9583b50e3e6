"""Two proportions of independent groups: their difference, against none or against a margin."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Literal

from assay.inference.power.rates import (
    Rates,
    apart,
    inside_unit,
    least_effect,
    normal_power,
    positive,
)

Method = Literal["arcsine", "pooled", "unpooled"]
"""``arcsine``: the difference of 2 arcsin sqrt(p), whose variance is 1 / n whatever p is (Cohen
1988, chapter 6); ``pooled``: the score test, whose error under the bound pools both groups (Fleiss,
Levin & Paik 2003, section 4.2); ``unpooled``: Wald's test, with each group's own variance."""


def needed(
    a: float,
    b: float,
    rates: Rates,
    *,
    ratio: float = 1.0,
    margin: float = 0.0,
    method: Method = "arcsine",
) -> float:
    """Rows of group ``a``; group ``b`` has ``ratio`` times as many.

    With equal groups, 0.10 and 0.12 at 5 % on two sides and 80 % power: 3,834.6 per group.

    Args:
        a, b: the proportions that are assumed.
        margin: the difference ``b - a`` is held against ``-margin`` in place of 0 (is ``b`` no
            worse than ``a`` by more than that?); for ``unpooled`` only (Blackwelder 1982,
            Controlled Clinical Trials 3:345). Such a test has one side.

    Raises:
        ValueError: the proportions are equal or not between 0 and 1; the method has no margin.
    """
    effect = _effect(a, b, margin, method)
    null, true = _errors(a, b, ratio, method)
    return ((rates.z_alpha * null + rates.z_power * true) / effect) ** 2


def power(
    a: float,
    b: float,
    n: float,
    rates: Rates,
    *,
    ratio: float = 1.0,
    margin: float = 0.0,
    method: Method = "arcsine",
) -> float:
    """Probability of deciding rightly with ``n`` rows of ``a``; see :func:`needed`."""
    root = math.sqrt(positive(n, "n"))
    effect = _effect(a, b, margin, method)
    null, true = _errors(a, b, ratio, method)
    return normal_power(effect, null / root, true / root, rates)


def detectable(
    a: float,
    n: float,
    rates: Rates,
    *,
    upwards: bool = True,
    ratio: float = 1.0,
    method: Method = "arcsine",
) -> float | None:
    """The least difference ``|b - a|`` that ``n`` rows of ``a`` decide, or None where none does.

    Args:
        upwards: whether ``b`` lies above ``a``.
    """
    inside_unit(a, "a proportion")
    sign, most = (1, 1 - a) if upwards else (-1, a)

    def power_at(effect: float) -> float:
        b = min(1.0, max(0.0, a + sign * effect))
        return power(a, b, n, rates, ratio=ratio, method=method) if b != a else 0.0

    return least_effect(power_at, rates.power, most=most)


def detectable_h(rates: Rates, n: float, *, ratio: float = 1.0) -> float:
    """Cohen's h that ``n`` rows decide: the difference of the arcsines, whatever the proportions.

    Raises:
        ValueError: n or the ratio is not above 0.
    """
    error = math.sqrt((1 + 1 / positive(ratio, "the ratio")) / positive(n, "n"))
    return (rates.z_alpha + NormalDist().inv_cdf(rates.power)) * error


def _effect(a: float, b: float, margin: float, method: Method) -> float:
    inside_unit(a, "a proportion", ends=True)
    inside_unit(b, "a proportion", ends=True)
    if not (math.isfinite(margin) and margin >= 0):
        raise ValueError(f"a margin must be finite and not negative, not {margin}")
    if margin and method != "unpooled":
        raise ValueError(f"a margin needs the method 'unpooled', not {method!r}")
    if margin:
        if b - a <= -margin:
            raise ValueError(f"{b} is worse than {a} by the margin of {margin} or more")
        return b - a + margin
    apart(a, b, "the proportions")
    if method == "arcsine":
        return 2 * (math.asin(math.sqrt(b)) - math.asin(math.sqrt(a)))
    return b - a


def _errors(a: float, b: float, ratio: float, method: Method) -> tuple[float, float]:
    """Standard errors of one row of ``a``: where there is no difference, and as assumed."""
    positive(ratio, "the ratio")
    if method == "arcsine":
        error = math.sqrt(1 + 1 / ratio)
        return error, error
    own = math.sqrt(a * (1 - a) + b * (1 - b) / ratio)
    if method == "unpooled":
        return own, own
    mean = (a + ratio * b) / (1 + ratio)
    return math.sqrt(mean * (1 - mean) * (1 + 1 / ratio)), own
