"""Many tests at once."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for all of them together (Holm 1979, Scand J Stat 6:65), in their order.

    Rejecting where the adjusted value is at most alpha makes any false rejection at most alpha
    probable, however the tests depend on each other.
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    greatest = 0.0
    for rank, i in enumerate(order):
        greatest = max(greatest, (len(p_values) - rank) * p_values[i])
        adjusted[i] = min(1.0, greatest)
    return adjusted
