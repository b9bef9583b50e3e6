"""Paired yes-or-no answers: McNemar's test of the units on which two measurements differ."""

from __future__ import annotations

import math

from assay.inference.power.rates import Rates, least_effect, normal_power, positive


def needed(gained: float, lost: float, rates: Rates, *, margin: float = 0.0) -> float:
    """Pairs at which ``gained - lost`` is told from 0 (or from ``-margin``).

    Connor (1987), Biometrics 43:207; with a margin Nam (1997), Biometrics 53:1422, in its
    large-sample form, whose variance is the same under bound and truth.

    Args:
        gained: share of all pairs that the second measurement alone gets right.
        lost: share that the first alone gets right.

    Raises:
        ValueError: the shares are not such, or their difference is 0.
    """
    effect = _effect(gained, lost, margin)
    null, true = _errors(gained, lost, margin)
    return ((rates.z_alpha * null + rates.z_power * true) / effect) ** 2


def power(gained: float, lost: float, n: float, rates: Rates, *, margin: float = 0.0) -> float:
    """Probability of deciding rightly with ``n`` pairs; see :func:`needed`."""
    effect = _effect(gained, lost, margin)
    null, true = _errors(gained, lost, margin)
    root = math.sqrt(positive(n, "n"))
    return normal_power(effect, null / root, true / root, rates)


def exact_power(gained: float, lost: float, n: int, rates: Rates) -> float:
    """Power of the exact test: binomial, given how many pairs differ (Duffy 1984, Biometrics 40).

    A sum over the number of pairs that differ, which is binomial too.
    """
    import numpy as np
    from scipy.special import bdtr, bdtrc, bdtrik, gammaln, xlog1py, xlogy

    _effect(gained, lost, 0.0)
    positive(n, "n")
    differ = gained + lost
    m = np.arange(n + 1)
    log_choose = gammaln(n + 1) - gammaln(m + 1) - gammaln(n - m + 1)
    chance = np.exp(log_choose + xlogy(m, differ) + xlog1py(n - m, -differ))
    # Critical count c: least with P(B >= c) <= tail for B binomial(m, 1/2); by symmetry m - k
    # for the greatest k with P(B <= k) <= tail.
    k = np.floor(bdtrik(rates.tail, np.maximum(m, 1), 0.5))
    k = np.where((k >= 0) & (bdtr(np.maximum(k, 0), m, 0.5) > rates.tail), k - 1, k)
    k = np.where(bdtr(k + 1, np.maximum(m, 1), 0.5) <= rates.tail, k + 1, k)
    share = max(gained, lost) / differ
    reached = np.where(k >= 0, bdtrc(np.maximum(m - k - 1, 0), np.maximum(m, 1), share), 0.0)
    reached = np.where((k >= 0) & (m - k <= 0), 1.0, reached)
    return float((chance * reached).sum())


def detectable(differ: float, n: float, rates: Rates) -> float | None:
    """The least difference of the shares that ``n`` pairs decide, or None where none does.

    Args:
        differ: share of pairs on which the two measurements differ.
    """
    positive(differ, "the share of pairs that differ")

    def power_at(effect: float) -> float:
        return power((differ + effect) / 2, (differ - effect) / 2, n, rates) if effect else 0.0

    return least_effect(power_at, rates.power, most=differ)


def _effect(gained: float, lost: float, margin: float) -> float:
    if not (gained >= 0 and lost >= 0 and 0 < gained + lost <= 1):
        raise ValueError(f"{gained} and {lost} are not shares of pairs that differ")
    if not (math.isfinite(margin) and margin >= 0):
        raise ValueError(f"a margin must be finite and not negative, not {margin}")
    effect = gained - lost + margin
    if margin and effect <= 0:
        raise ValueError(f"it loses {lost - gained:g}, the margin of {margin:g} or more")
    if effect == 0:
        raise ValueError("as many pairs are gained as lost: no number of them tells them apart")
    return effect


def _errors(gained: float, lost: float, margin: float) -> tuple[float, float]:
    differ, difference = gained + lost, gained - lost
    true = math.sqrt(max(differ - difference**2, 0.0))
    return (true if margin else math.sqrt(differ)), true
