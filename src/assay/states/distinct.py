"""How many different values, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from assay.core.aggregate import Aggregate
from assay.core.expr import Expr

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


class DistinctState(msgspec.Struct, frozen=True, tag="distinct", tag_field="kind"):
    """``n`` rows without a null in the key, and how many different keys they hold.

    ``hashes`` (64-bit hashes of the keys, ascending, little-endian bytes) is kept only where the
    fold was asked for mergeable states: it costs eight bytes a key. Two keys share a hash with
    probability below 1e-7 among a million.
    """

    n: int = 0
    distinct: int = 0
    hashes: bytes | None = b""

    @classmethod
    def of(cls, n: int, hashes: Sequence[int] | NDArray[np.uint64]) -> DistinctState:
        """From the hashes of ``n`` rows' keys, in any order; one may occur several times."""
        import numpy as np

        found = np.sort(np.asarray(hashes, dtype="<u8"))
        found = found[np.concatenate([[True], found[1:] != found[:-1]])] if len(found) else found
        return cls(n, len(found), found.tobytes())

    def merge(self, other: DistinctState) -> DistinctState:
        """Distinct keys over both parts.

        Raises:
            ValueError: a part was folded without ``mergeable``.
        """
        if self.hashes is None or other.hashes is None:
            raise ValueError("this count of distinct values was folded without its hashes")
        union = _union(self.hashes, other.hashes)
        return DistinctState(self.n + other.n, len(union) // 8, union)


def _union(a: bytes, b: bytes) -> bytes:
    """Both ascending sequences as one: the shorter is put in its places in the longer."""
    if not a or not b:
        return a or b
    import numpy as np

    short, long = (np.frombuffer(part, dtype="<u8") for part in sorted((a, b), key=len))
    at = np.searchsorted(long, short)
    new = long[np.minimum(at, len(long) - 1)] != short
    if not new.any():
        return long.tobytes()
    return np.insert(long, at[new], short[new]).tobytes()


@dataclass(frozen=True, kw_only=True)
class Distinct(Aggregate[DistinctState]):
    """Distinct tuples of ``of``; rows with a null in any of them are left out."""

    of: tuple[Expr, ...]
