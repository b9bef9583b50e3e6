"""How many rows."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from assay.core.aggregate import Aggregate


class CountState(msgspec.Struct, frozen=True, tag="count", tag_field="kind"):
    """Number of rows."""

    n: int = 0

    def merge(self, other: CountState) -> CountState:
        """Rows of both parts."""
        return CountState(self.n + other.n)


@dataclass(frozen=True, kw_only=True)
class Count(Aggregate[CountState]):
    """Count the rows (where ``where`` is true)."""
