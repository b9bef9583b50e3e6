"""Joint second moments of two columns."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from assay.core.aggregate import Aggregate
from assay.core.expr import Expr


class ComomentsState(msgspec.Struct, frozen=True, tag="comoments", tag_field="kind"):
    """``n`` complete pairs: means, sums of squared deviations, sum of cross products.

    Merging follows Pébay (2008).
    """

    n: int = 0
    mean_x: float = 0.0
    mean_y: float = 0.0
    m2_x: float = 0.0
    m2_y: float = 0.0
    cross: float = 0.0

    def merge(self, other: ComomentsState) -> ComomentsState:
        """Joint moments over both parts."""
        if self.n == 0:
            return other
        if other.n == 0:
            return self
        n = self.n + other.n
        dx = other.mean_x - self.mean_x
        dy = other.mean_y - self.mean_y
        weight = self.n * other.n / n
        return ComomentsState(
            n,
            self.mean_x + dx * other.n / n,
            self.mean_y + dy * other.n / n,
            self.m2_x + other.m2_x + dx * dx * weight,
            self.m2_y + other.m2_y + dy * dy * weight,
            self.cross + other.cross + dx * dy * weight,
        )


@dataclass(frozen=True, kw_only=True)
class Comoments(Aggregate[ComomentsState]):
    """Joint moments of ``number(x)`` and ``number(y)`` over rows where both are finite."""

    x: Expr
    y: Expr
