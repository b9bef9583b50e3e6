"""An arm held against the control: difference, lift and p-value, at any level."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.inference.differences import Share, mover_ratio, newcombe
from assay.inference.interval import Interval, t_value, z_value
from assay.inference.ratios import MeanPair, ratio_by_delta, ratio_by_fieller

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.inference.variance_reduction import Estimated

FAR = 10.0
"""Standard errors from 0 at which the delta method does for a lift; nearer, Fieller's set."""


class Contrast(ABC):
    """What all kinds of metrics answer.

    Attributes:
        control_value, value: of the metric in the control, and in the arm.
        control_n, n: units.
    """

    control_value: float
    value: float
    control_n: int
    n: int

    @abstractmethod
    def difference(self, level: float) -> Interval:
        """Interval for ``value - control_value``."""

    @abstractmethod
    def lift(self, level: float) -> Interval | None:
        """Interval for the difference relative to the control's value, where that is above 0."""

    @property
    @abstractmethod
    def variance(self) -> float:
        """Of the difference, if it were normal."""

    @property
    def p_value(self) -> float:
        """Two-sided, of no difference: 1 - level of the interval that just reaches 0."""
        return reaching_zero(self.difference, self.value - self.control_value)


@dataclass(frozen=True, slots=True)
class MeanContrast(Contrast):
    """Means (or ratios of means) with their variances: Welch (1947, Biometrika 34:28)."""

    control: Estimated
    arm: Estimated

    @property
    def control_value(self) -> float:  # type: ignore[override]
        """The control's mean."""
        return self.control.value

    @property
    def value(self) -> float:  # type: ignore[override]
        """The arm's mean."""
        return self.arm.value

    @property
    def control_n(self) -> int:  # type: ignore[override]
        """Units in the control."""
        return self.control.n

    @property
    def n(self) -> int:  # type: ignore[override]
        """Units in the arm."""
        return self.arm.n

    @property
    def variance(self) -> float:
        return self.control.variance + self.arm.variance

    @property
    def df(self) -> float:
        """Satterthwaite's degrees of freedom."""
        parts = [(e.variance, e.df) for e in (self.control, self.arm)]
        return self.variance**2 / sum(v**2 / df for v, df in parts)

    def difference(self, level: float) -> Interval:
        value = self.arm.value - self.control.value
        half = t_value(level, self.df) * math.sqrt(self.variance)
        return Interval(value - half, value + half, "welch")

    def lift(self, level: float) -> Interval | None:
        a, b = self.control, self.arm
        if a.value <= 0:
            return None
        pair = MeanPair(b.value, a.value, b.variance, a.variance, 0.0, self.df)
        far = a.value >= FAR * math.sqrt(a.variance)
        found = (ratio_by_delta if far else ratio_by_fieller)(pair, level)
        return Interval(found.low - 1, found.high - 1, f"lift-{found.method}")

    @property
    def p_value(self) -> float:
        from scipy.special import stdtr

        t = abs(self.arm.value - self.control.value) / math.sqrt(self.variance)
        return float(2 * stdtr(self.df, -t))


@dataclass(frozen=True, slots=True)
class ShareContrast(Contrast):
    """Proportions: Newcombe's interval for the difference, MOVER's for the ratio."""

    control: Share
    arm: Share

    @property
    def control_value(self) -> float:  # type: ignore[override]
        """The control's proportion."""
        return self.control.successes / self.control.n

    @property
    def value(self) -> float:  # type: ignore[override]
        """The arm's proportion."""
        return self.arm.successes / self.arm.n

    @property
    def control_n(self) -> int:  # type: ignore[override]
        """Units in the control."""
        return self.control.n

    @property
    def n(self) -> int:  # type: ignore[override]
        """Units in the arm."""
        return self.arm.n

    @property
    def variance(self) -> float:
        return sum(
            p * (1 - p) / n for p, n in ((self.control_value, self.control_n), (self.value, self.n))
        )

    def difference(self, level: float) -> Interval:
        return newcombe(self.arm, self.control, level)

    def lift(self, level: float) -> Interval | None:
        if self.control.successes == 0:
            return None
        low, high, method = mover_ratio(self.arm, self.control, level)
        return Interval(low - 1, high - 1, f"lift-{method}")


@dataclass(frozen=True, slots=True)
class IntervalContrast(Contrast):
    """Two estimates that are known by their intervals: quantiles, incidences.

    MOVER (Zou & Donner 2008, Stat. Med. 27:1693), and for the lift the same on the log scale.
    """

    control_value: float
    value: float
    control_n: int
    n: int
    control_interval: Callable[[float], Interval]
    interval: Callable[[float], Interval]

    @property
    def variance(self) -> float:
        low, high, _ = self.difference(_ONE_SIGMA)
        return ((high - low) / 2) ** 2

    def difference(self, level: float) -> Interval:
        a, b = self.control_interval(level), self.interval(level)
        value = self.value - self.control_value
        return Interval(
            value - math.hypot(self.value - b.low, a.high - self.control_value),
            value + math.hypot(b.high - self.value, self.control_value - a.low),
            f"mover-{b.method}",
        )

    def lift(self, level: float) -> Interval | None:
        a, b = self.control_interval(level), self.interval(level)
        if not (a.low > 0 and b.low > 0 and math.isfinite(a.high) and math.isfinite(b.high)):
            return None
        log_ratio = math.log(self.value / self.control_value)
        down = math.hypot(math.log(self.value / b.low), math.log(a.high / self.control_value))
        up = math.hypot(math.log(b.high / self.value), math.log(self.control_value / a.low))
        return Interval(
            math.expm1(log_ratio - down), math.expm1(log_ratio + up), f"lift-mover-{b.method}"
        )

    @property
    def p_value(self) -> float:
        """From the distance to 0 in units of the 95 % interval's half on that side.

        Order statistics of values that tie move in steps: asking for the interval that just reaches
        0 would ask for the least steps.
        """
        value = self.value - self.control_value
        low, high, _ = self.difference(_USUAL)
        reach = value - low if value > 0 else high - value
        if value == 0 or math.isinf(reach):
            return 1.0
        if reach == 0:
            return 0.0
        return math.erfc(abs(value) / reach * z_value(_USUAL) / math.sqrt(2))


_USUAL = 0.95
_ONE_SIGMA = math.erf(1 / math.sqrt(2))


def reaching_zero(interval: Callable[[float], Interval], value: float) -> float:
    """1 - level of the interval that just reaches 0, to 1e-12; intervals grow with their level."""
    if value == 0:
        return 1.0
    low, high = -28.0, 0.0  # of ln p: the p-value lies between exp(-28), 7e-13, and 1
    for _ in range(50):
        middle = (low + high) / 2
        found = interval(-math.expm1(middle))
        holds = found.low <= 0 <= found.high
        low, high = (middle, high) if holds else (low, middle)
    return math.exp((low + high) / 2)
