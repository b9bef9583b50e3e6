"""Error rates of a decision, and solving for what gives them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 10**12
"""An n above which none is sought: no table has as many rows."""

_STEPS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """How often a decision may go wrong.

    Attributes:
        alpha: probability of deciding against the truth, where the truth lies on the bound.
        power: probability of deciding rightly, where the truth lies the stated effect away.
        sides: 2 splits ``alpha`` on both directions, as a two-sided interval at level ``1 - alpha``
            does; 1 spends it on one. Power counts decisions in the right direction only.

    Raises:
        ValueError: the rates are not probabilities, or the power is no more than luck gives.
    """

    alpha: float = 0.05
    power: float = 0.8
    sides: Literal[1, 2] = 2

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise ValueError(f"an error rate lies between 0 and 1, not {self.alpha}")
        if self.sides not in (1, 2):
            raise ValueError(f"a test has one side or two, not {self.sides}")
        if not self.tail < self.power < 1:
            raise ValueError(
                f"the power must lie between {self.tail:g}, which is reached without any effect, "
                f"and 1; not {self.power}"
            )

    @property
    def tail(self) -> float:
        """The error rate in one direction."""
        return self.alpha / self.sides

    @property
    def z_alpha(self) -> float:
        """Standard normal quantile of the error rate: 1.96 for 5 % on two sides."""
        return -NormalDist().inv_cdf(self.tail)

    @property
    def z_power(self) -> float:
        """Standard normal quantile of the power: 0.84 for 80 %."""
        return NormalDist().inv_cdf(self.power)


def normal_power(effect: float, null_error: float, true_error: float, rates: Rates) -> float:
    """P(an estimate clears its bound), from standard errors under the bound and under the truth.

    Args:
        effect: distance of the truth from the bound; its sign does not matter.
    """
    if true_error <= 0:
        return 1.0 if abs(effect) > rates.z_alpha * null_error else 0.0
    return NormalDist().cdf((abs(effect) - rates.z_alpha * null_error) / true_error)


def least(power_at: Callable[[float], float], power: float, *, start: float) -> float:
    """The least n from ``start`` on at which a power that grows with n is reached.

    Infinite where :data:`MOST` does not reach it. To a relative accuracy of 1e-12.
    """
    if power_at(start) >= power:
        return start
    low, high = start, start * 2
    while power_at(high) < power:
        if high > MOST:
            return math.inf
        low, high = high, high * 2
    return _bisect(power_at, power, low, high)


def least_effect(power_at: Callable[[float], float], power: float, *, most: float) -> float | None:
    """The least effect in ``(0, most]`` at which a power that grows with it is reached, or None.

    ``most`` may be infinite.
    """
    high = min(most, 1.0)
    while math.isinf(most) and power_at(high) < power:
        high *= 2
        if high > 1e300:
            return None
    if power_at(high) < power:
        return None
    return _bisect(power_at, power, 0.0, high)


def _bisect(power_at: Callable[[float], float], power: float, low: float, high: float) -> float:
    """Where the power is reached, between ``low`` (where it is not) and ``high`` (where it is)."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if high - low <= 1e-12 * high or middle in (low, high):
            break
        low, high = (low, middle) if power_at(middle) >= power else (middle, high)
    return high


def positive(value: float, name: str) -> float:
    """The value, held to be finite and above 0.

    Raises:
        ValueError: it is not.
    """
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be a finite number above 0, not {value}")
    return value


def inside_unit(value: float, name: str, *, ends: bool = False) -> float:
    """The value, held to lie between 0 and 1; ``ends`` lets it be 0 or 1.

    Raises:
        ValueError: it does not.
    """
    if not (0 <= value <= 1 if ends else 0 < value < 1):
        raise ValueError(f"{name} lies between 0 and 1, not {value}")
    return value


def apart(a: float, b: float, what: str) -> None:
    """Hold two values to differ: no n tells a value from itself.

    Raises:
        ValueError: they are equal, or one is not finite.
    """
    if not (math.isfinite(a) and math.isfinite(b)):
        raise ValueError(f"{what} must be finite, not {a} and {b}")
    if a == b:
        raise ValueError(f"{what} are equal ({a}): no number of rows tells them apart")
