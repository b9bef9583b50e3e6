"""One proportion held against a bound.

The power of the score (Wilson) and of the Clopper-Pearson interval is exact: a sum of binomial
probabilities. It is a saw: with one more row it may drop, as the critical count grows by one. So
:func:`needed` gives the n from which on the power is never missed (Chernick & Liu 2002, The
American Statistician 56:149).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from assay.inference.power.rates import (
    MOST,
    Rates,
    apart,
    inside_unit,
    least_effect,
    normal_power,
    positive,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Method = Literal["wilson", "exact", "normal"]
"""Which interval decides: Wilson's, Clopper & Pearson's, or the normal approximation of the score
test, of which the power has a closed form (Fleiss, Levin & Paik 2003, section 2.5)."""


def needed(bound: float, truth: float, rates: Rates, *, method: Method = "wilson") -> float:
    """The n from which on the interval clears the bound with the stated power.

    Args:
        bound: the proportion it is held against.
        truth: the proportion that is assumed; 0 and 1 are allowed.

    Returns:
        A whole number, but for ``normal``; infinite above 1e12.

    Raises:
        ValueError: the proportions are equal, or not between 0 and 1.
    """
    bound, truth = _upwards(bound, truth)
    if method == "normal":
        null, true = math.sqrt(bound * (1 - bound)), math.sqrt(truth * (1 - truth))
        return ((rates.z_alpha * null + rates.z_power * true) / (truth - bound)) ** 2
    return _from_then_on(bound, truth, rates.power, _clears(bound, rates, method))


def power(bound: float, truth: float, n: int, rates: Rates, *, method: Method = "wilson") -> float:
    """Probability that the interval of ``n`` rows clears the bound; see :func:`needed`."""
    positive(n, "n")
    bound, truth = _upwards(bound, truth)
    if method == "normal":
        null, true = math.sqrt(bound * (1 - bound) / n), math.sqrt(truth * (1 - truth) / n)
        return normal_power(truth - bound, null, true, rates)
    return _reached(_critical(n, _clears(bound, rates, method)), n, truth)


def detectable(
    bound: float, n: int, rates: Rates, *, upwards: bool, method: Method = "wilson"
) -> float | None:
    """The least distance from the bound that ``n`` rows decide, or None where none does.

    Args:
        upwards: whether the truth lies above the bound.
    """
    positive(n, "n")
    inside_unit(bound, "a bound")
    sign, most = (1, 1 - bound) if upwards else (-1, bound)

    def power_at(effect: float) -> float:
        truth = min(1.0, max(0.0, bound + sign * effect))
        return power(bound, truth, n, rates, method=method) if truth != bound else 0.0

    return least_effect(power_at, rates.power, most=most)


def _upwards(bound: float, truth: float) -> tuple[float, float]:
    """Both, mirrored where the truth lies below the bound: failures are then counted."""
    apart(bound, truth, "the bound and the assumed proportion")
    inside_unit(bound, "a bound that a sample can decide about")
    inside_unit(truth, "a proportion", ends=True)
    return (bound, truth) if truth > bound else (1 - bound, 1 - truth)


def _clears(bound: float, rates: Rates, method: Method) -> Callable[[int, int], bool]:
    """Whether so many successes of n put the interval above the bound."""
    if method == "wilson":
        z, spread = rates.z_alpha, bound * (1 - bound)
        # as Wilson's interval is met: at the end itself, but for rounding
        return lambda successes, n: successes - n * bound >= z * math.sqrt(n * spread) - 1e-12

    from scipy.special import bdtrc

    def exact(successes: int, n: int) -> bool:
        return successes > 0 and float(bdtrc(successes - 1, n, bound)) <= rates.tail

    return exact


def _critical(n: int, clears: Callable[[int, int], bool]) -> int:
    """The least count of successes that clears the bound; n + 1 where none does."""
    return _first(lambda successes: clears(successes, n), 0, n + 1)


def _reached(successes: int, n: int, truth: float) -> float:
    """P(at least as many successes of n)."""
    from scipy.special import bdtrc

    if successes > n:
        return 0.0
    if successes <= 0 or truth == 1:
        return 1.0
    return float(bdtrc(successes - 1, n, truth))


def _from_then_on(
    bound: float, truth: float, power: float, clears: Callable[[int, int], bool]
) -> float:
    """The least n from which on the power is reached.

    Of a bound up to one half, the critical count of successes is looked at: while it stays, the
    power grows with n, and it is least right after a jump. Of a higher bound, the failures that
    are still allowed: while their number stays, the power falls, and it is least right before the
    next one is allowed. Those least powers grow but for small waves.
    """

    def at(n: int) -> float:
        return _reached(_critical(n, clears), n, truth)

    if bound <= 0.5:

        def lowest(count: int) -> int:
            """The first n of which that many successes are no longer enough."""
            return _first(lambda n: not clears(count, n), count, MOST)
    else:

        def lowest(count: int) -> int:
            """The last n of which that many failures are still too many."""
            return _first(lambda n: clears(n - count, n), count, MOST) - 1

    def holds(count: int) -> bool:
        return at(lowest(count)) >= power

    count = 1
    while not holds(count):
        count *= 2
        if lowest(count) >= MOST - 1:
            return math.inf
    good = _first(holds, count // 2, count)
    missed = max((c for c in range(good, good + _WAVES) if not holds(c)), default=good - 1)
    start = max(1, lowest(missed)) if missed >= 0 else 1
    return float(_first(lambda n: at(n) >= power, start, lowest(missed + 1)))


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The first number from ``low`` on that holds, or ``high``; once it holds, it goes on so."""
    low -= 1
    step = 1
    while low + step < high and not holds(low + step):
        low, step = low + step, step * 2
    high = min(high, low + step)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


_WAVES = 20
"""Counts above the first good one that are looked at for one that misses the power."""
