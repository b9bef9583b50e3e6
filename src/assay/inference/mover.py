"""The difference of two independent measurements, from their intervals alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from assay.inference.interval import Interval, z_value

if TYPE_CHECKING:
    from typing import Self

    from assay.core.measurement import Measurement


class _Arms(NamedTuple):
    """Distances from a value to the ends of its interval, in units of a normal quantile."""

    down: float
    up: float


class IndependentDifference(NamedTuple):
    """``b - a`` and how far it reaches to each side, per unit of a normal quantile."""

    value: float
    down: float
    up: float

    def interval(self, level: float) -> Interval:
        """MOVER interval; infinite on a side where a measurement is unbounded."""
        z = z_value(level)
        return Interval(self.value - z * self.down, self.value + z * self.up, "mover")

    def about(self, null: float) -> Self:
        """The same estimate seen from ``null``: its p-value is that of a difference of null."""
        return self._replace(value=self.value - null)

    @property
    def p_value(self) -> float:
        """Two-sided, of no difference: 1 - level of the interval that just reaches 0."""
        arm = self.down if self.value > 0 else self.up
        if self.value == 0 or math.isinf(arm):
            return 1.0
        return math.erfc(abs(self.value) / (arm * math.sqrt(2))) if arm else 0.0


def independent_difference(a: Measurement, b: Measurement) -> IndependentDifference:
    """``b - a`` by MOVER, the method of variance estimates recovery.

    Zou & Donner (2008), Statistics in Medicine 27:1693. Each interval gives the variance of its
    value on each side; those that matter for an end are added. So asymmetric intervals (Wilson,
    logit) keep their shape. An interval is taken to another level by the ratio of the normal
    quantiles. A census counts as known exactly.
    """
    from_a, from_b = _arms(a), _arms(b)
    return IndependentDifference(
        b.value - a.value,
        math.hypot(from_b.down, from_a.up),
        math.hypot(from_b.up, from_a.down),
    )


def _arms(m: Measurement) -> _Arms:
    if m.level is None:
        return _Arms(0.0, 0.0)
    z = z_value(m.level)
    return _Arms(
        math.inf if m.low is None else (m.value - m.low) / z,
        math.inf if m.high is None else (m.high - m.value) / z,
    )
