"""The rows themselves, for statistics that need them (ranks, curves)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from assay.core.aggregate import Aggregate
from assay.core.expr import Expr

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class SampleState(msgspec.Struct, frozen=True, tag="sample", tag_field="kind"):
    """Columns of doubles, little-endian bytes, all of length ``n``; NaN stands for null."""

    n: int = 0
    columns: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, *arrays: NDArray[np.float64]) -> SampleState:
        """From arrays of shape (n,)."""
        import numpy as np

        return cls(
            len(arrays[0]) if arrays else 0,
            tuple(np.ascontiguousarray(a, dtype="<f8").tobytes() for a in arrays),
        )

    def arrays(self) -> tuple[NDArray[np.float64], ...]:
        """Read-only arrays of shape (n,), in the order of the aggregate's expressions."""
        import numpy as np

        return tuple(np.frombuffer(c, dtype="<f8") for c in self.columns)

    def merge(self, other: SampleState) -> SampleState:
        """Rows of both parts, these first."""
        if self.n == 0:
            return other
        if other.n == 0:
            return self
        return SampleState(
            self.n + other.n,
            tuple(a + b for a, b in zip(self.columns, other.columns, strict=True)),
        )


@dataclass(frozen=True, kw_only=True)
class Sample(Aggregate[SampleState]):
    """The values of ``number(e)`` for each expression ``e`` of ``of``, row by row.

    This loads the rows into memory: meant for a few columns of observations, not for raw tables.
    """

    of: tuple[Expr, ...]
