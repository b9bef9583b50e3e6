"""Mean and central moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from assay.core.aggregate import Aggregate
from assay.core.expr import Expr


class MomentsState(msgspec.Struct, frozen=True, tag="moments", tag_field="kind"):
    """``n`` values, their mean, and sums of powers of deviations from it.

    ``m2`` is the sum of squared deviations; ``m3`` and ``m4`` (third and fourth powers) are None
    where only two moments were asked for. Merging follows Chan, Golub & LeVeque (1983) and
    Pébay (2008), which do not cancel as sums of squares do.
    """

    n: int = 0
    mean: float = 0.0
    m2: float = 0.0
    m3: float | None = None
    m4: float | None = None

    def merge(self, other: MomentsState) -> MomentsState:
        """Moments over both parts."""
        if self.n == 0:
            return other
        if other.n == 0:
            return self
        na, nb = self.n, other.n
        n = na + nb
        d = other.mean - self.mean
        mean = self.mean + d * nb / n
        m2 = self.m2 + other.m2 + d * d * na * nb / n
        if self.m3 is None or self.m4 is None or other.m3 is None or other.m4 is None:
            return MomentsState(n, mean, m2)
        m3 = (
            self.m3
            + other.m3
            + d**3 * na * nb * (na - nb) / n**2
            + 3 * d * (na * other.m2 - nb * self.m2) / n
        )
        m4 = (
            self.m4
            + other.m4
            + d**4 * na * nb * (na**2 - na * nb + nb**2) / n**3
            + 6 * d**2 * (na**2 * other.m2 + nb**2 * self.m2) / n**2
            + 4 * d * (na * other.m3 - nb * self.m3) / n
        )
        return MomentsState(n, mean, m2, m3, m4)

    @property
    def variance(self) -> float:
        """Sample variance (divisor ``n - 1``); 0 for fewer than two values."""
        return self.m2 / (self.n - 1) if self.n > 1 else 0.0


@dataclass(frozen=True, kw_only=True)
class Moments(Aggregate[MomentsState]):
    """Moments of ``number(of)``; nulls, NaN and infinities are left out."""

    of: Expr
    order: Literal[2, 4] = 2
