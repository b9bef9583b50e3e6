"""Least and greatest value."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from assay.core.aggregate import Aggregate
from assay.core.expr import Expr


class ExtremesState(msgspec.Struct, frozen=True, tag="extremes", tag_field="kind"):
    """Least and greatest of ``n`` finite values; both None where ``n`` is 0."""

    n: int = 0
    least: float | None = None
    greatest: float | None = None

    def merge(self, other: ExtremesState) -> ExtremesState:
        """Extremes over both parts."""
        if self.least is None or self.greatest is None:
            return other
        if other.least is None or other.greatest is None:
            return self
        return ExtremesState(
            self.n + other.n, min(self.least, other.least), max(self.greatest, other.greatest)
        )


@dataclass(frozen=True, kw_only=True)
class Extremes(Aggregate[ExtremesState]):
    """Extremes of ``number(of)``; nulls, NaN and infinities are left out."""

    of: Expr
