"""Means: one against a bound (or of paired differences), and two of independent groups.

Student's t, with its power from the noncentral t distribution (Johnson & Welch 1940, Biometrika
31:362); n is found by solving for it, as its degrees of freedom depend on n.
"""

from __future__ import annotations

import math

from assay.inference.power.rates import Rates, least, least_effect, positive


def needed_one(effect: float, sd: float, rates: Rates) -> float:
    """Rows (or pairs) at which the mean's t interval clears a bound ``effect`` away.

    Args:
        effect: distance of the true mean from the bound; its sign does not matter.
        sd: standard deviation of the values; of the differences, where they are paired.

    Raises:
        ValueError: the effect is 0, or the standard deviation is not above 0.
    """
    size = _size(effect, sd)
    start = 2.0
    return least(lambda n: _t_power(size * math.sqrt(n), n - 1, rates), rates.power, start=start)


def power_one(effect: float, sd: float, n: float, rates: Rates) -> float:
    """Probability that the interval of ``n >= 2`` rows clears the bound; see :func:`needed_one`."""
    _at_least_two(n)
    return _t_power(_size(effect, sd) * math.sqrt(n), n - 1, rates)


def detectable_one(sd: float, n: float, rates: Rates) -> float:
    """The least distance from the bound that ``n >= 2`` rows decide."""
    _at_least_two(n)
    positive(sd, "a standard deviation")
    return sd * _noncentrality(n - 1, rates) / math.sqrt(n)


def needed_two(
    effect: float, sd: float, rates: Rates, *, ratio: float = 1.0, sd_b: float | None = None
) -> float:
    """Rows of the first group at which the difference of two means is told from 0.

    Args:
        effect: the true difference of the means. For a claim of no more than a margin worse,
            the difference plus the margin, with one side (Julious 2004, Stat. Med. 23:1921).
        sd: standard deviation within the first group.
        ratio: rows of the second group for each of the first.
        sd_b: standard deviation within the second group; None takes the same. Degrees of freedom
            are Welch's (1938, Biometrika 29:350), which are the usual ones where both are equal
            and the groups are of one size.

    Raises:
        ValueError: the effect is 0, a standard deviation or the ratio is not above 0.
    """
    _size(effect, sd)
    start = max(2.0, 2.0 / positive(ratio, "the ratio"))
    return least(
        lambda n: power_two(effect, sd, n, rates, ratio=ratio, sd_b=sd_b), rates.power, start=start
    )


def power_two(
    effect: float,
    sd: float,
    n: float,
    rates: Rates,
    *,
    ratio: float = 1.0,
    sd_b: float | None = None,
) -> float:
    """Probability of telling the means apart with ``n`` rows of the first group."""
    _size(effect, sd)
    error, df = _two(sd, n, ratio, sd_b)
    return _t_power(abs(effect) / error, df, rates)


def detectable_two(
    sd: float, n: float, rates: Rates, *, ratio: float = 1.0, sd_b: float | None = None
) -> float:
    """The least difference of means that ``n`` rows of the first group decide."""
    error, df = _two(sd, n, ratio, sd_b)
    return error * _noncentrality(df, rates)


def _two(sd: float, n: float, ratio: float, sd_b: float | None) -> tuple[float, float]:
    """Standard error of the difference, and its degrees of freedom."""
    m = n * positive(ratio, "the ratio")
    _at_least_two(min(n, m))
    a = positive(sd, "a standard deviation") ** 2 / n
    if sd_b is None:
        b = sd**2 / m
        return math.sqrt(a + b), n + m - 2
    b = positive(sd_b, "a standard deviation") ** 2 / m
    return math.sqrt(a + b), (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))


def _t_power(noncentrality: float, df: float, rates: Rates) -> float:
    """P(T > critical value) for a noncentral t."""
    from scipy.special import nctdtr, stdtrit

    critical = float(stdtrit(df, 1 - rates.tail))
    if noncentrality > critical + _FAR:  # the series would underflow
        return 1.0
    return 1 - float(nctdtr(df, noncentrality, critical))


_FAR = 37.0
"""Standard deviations beyond which a normal tail is 0 in double precision."""


def _noncentrality(df: float, rates: Rates) -> float:
    found = least_effect(lambda d: _t_power(d, df, rates), rates.power, most=math.inf)
    assert found is not None  # the power goes to 1 as the noncentrality grows
    return found


def _size(effect: float, sd: float) -> float:
    if effect == 0 or not math.isfinite(effect):
        raise ValueError(f"the effect must be finite and not 0, not {effect}")
    return abs(effect) / positive(sd, "a standard deviation")


def _at_least_two(n: float) -> None:
    if not n >= 2:
        raise ValueError(f"a spread needs at least 2 rows, not {n}")
