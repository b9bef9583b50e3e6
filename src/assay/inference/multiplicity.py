"""Many tests at once: adjusted p-values, families in an order, and intervals after selection.

Rejecting where an adjusted p-value is at most alpha controls

- the probability of any false rejection, with :func:`holm`, however the tests depend;
- the expected share of false ones among the rejections (the false discovery rate), with
  :func:`benjamini_hochberg` where tests are independent or positively dependent, and with
  :func:`benjamini_yekutieli` however they depend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for all of them together (Holm 1979, Scand J Stat 6:65), in their order.

    Rejecting where the adjusted value is at most alpha makes any false rejection at most alpha
    probable, however the tests depend on each other.

    Raises:
        ValueError: a p-value outside [0, 1].
    """
    order = _ascending(p_values)
    adjusted = [0.0] * len(p_values)
    greatest = 0.0
    for rank, i in enumerate(order):
        greatest = max(greatest, (len(p_values) - rank) * p_values[i])
        adjusted[i] = min(1.0, greatest)
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values for the false discovery rate, in their order.

    Benjamini & Hochberg (1995), J R Stat Soc B 57:289; under positive dependence: Benjamini &
    Yekutieli (2001), Ann Stat 29:1165.

    Raises:
        ValueError: a p-value outside [0, 1].
    """
    return _step_up(p_values, 1.0)


def benjamini_yekutieli(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values for the false discovery rate under any dependence, in their order.

    Benjamini & Yekutieli (2001), Ann Stat 29:1165: those of Benjamini-Hochberg times
    :func:`harmonic`.

    Raises:
        ValueError: a p-value outside [0, 1].
    """
    return _step_up(p_values, harmonic(len(p_values)))


def gatekeeping(
    families: Sequence[Sequence[float]],
    adjust: Callable[[Sequence[float]], list[float]] = holm,
) -> list[list[float]]:
    """Adjusted p-values of families in an order that was fixed before: primary before secondary.

    Serial gatekeeping (Westfall & Krishen 2001, J Stat Plan Inference 99:25; with one test in each
    family, the fixed sequence of Maurer, Hothorn & Lehmacher 1995): a family is looked at only once
    all tests of those before it are rejected, and then at the whole alpha. With :func:`holm` in
    each, the probability of any false rejection in any family is at most alpha: the first family
    with a true null has to err for any later one to.

    Args:
        families: p-values by family, in the order; an empty family opens the way to the next.
        adjust: a procedure that controls the family-wise rate within one family.

    Raises:
        ValueError: a p-value outside [0, 1].
    """
    gate = 0.0
    found = []
    for family in families:
        adjusted = [max(gate, p) for p in adjust(family)]
        gate = max([gate, *adjusted])
        found.append(adjusted)
    return found


def harmonic(count: int) -> float:
    """``1 + 1/2 + … + 1/count``, what any dependence costs; 1 where there is nothing to correct."""
    return sum(1 / i for i in range(1, count + 1)) or 1.0


def selected_level(selected: int, count: int, alpha: float, *, dependent: bool = False) -> float:
    """Level of the intervals of those selected, so that false coverage is at most alpha.

    Benjamini & Yekutieli (2005), JASA 100:71: where ``selected`` of ``count`` parameters are
    reported because of what was seen, ordinary intervals cover them less often than they say. At
    level ``1 - alpha selected / count`` the expected share of those reported whose interval misses
    (the false coverage rate) is at most alpha, for independent estimates, and for positively
    dependent ones when the Benjamini-Hochberg procedure selects. ``dependent`` divides alpha by
    :func:`harmonic`, which any dependence allows.

    Raises:
        ValueError: not ``1 <= selected <= count``, or alpha outside (0, 1).
    """
    if not 1 <= selected <= count:
        raise ValueError(f"{selected} of {count} cannot be selected")
    if not 0 < alpha < 1:
        raise ValueError(f"an error rate lies between 0 and 1, not {alpha}")
    return 1 - alpha * selected / count / (harmonic(count) if dependent else 1.0)


def _step_up(p_values: Sequence[float], factor: float) -> list[float]:
    order = _ascending(p_values)
    adjusted = [0.0] * len(p_values)
    least = 1.0
    for rank in range(len(order), 0, -1):
        i = order[rank - 1]
        least = min(least, factor * len(p_values) / rank * p_values[i])
        adjusted[i] = least
    return adjusted


def _ascending(p_values: Sequence[float]) -> list[int]:
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError("p-values lie between 0 and 1")
    return sorted(range(len(p_values)), key=lambda i: p_values[i])
