"""How many different values, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from assay.core.aggregate import Aggregate
from assay.core.expr import Expr


class DistinctState(msgspec.Struct, frozen=True, tag="distinct", tag_field="kind"):
    """``n`` rows without a null in the key, and how many different keys they hold.

    ``hashes`` (sorted 64-bit hashes of the keys) is kept only where the fold was asked for
    mergeable states: it costs eight bytes a key. Two keys share a hash with probability below
    1e-7 among a million.
    """

    n: int = 0
    distinct: int = 0
    hashes: tuple[int, ...] | None = ()

    def merge(self, other: DistinctState) -> DistinctState:
        """Distinct keys over both parts.

        Raises:
            ValueError: a part was folded without ``mergeable``.
        """
        if self.hashes is None or other.hashes is None:
            raise ValueError("this count of distinct values was folded without its hashes")
        union = tuple(sorted({*self.hashes, *other.hashes}))
        return DistinctState(self.n + other.n, len(union), union)


@dataclass(frozen=True, kw_only=True)
class Distinct(Aggregate[DistinctState]):
    """Distinct tuples of ``of``; rows with a null in any of them are left out."""

    of: tuple[Expr, ...]
