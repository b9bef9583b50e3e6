"""The rows themselves, for statistics that need them (ranks, curves)."""

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


LONGEST = 5_000
"""Characters of a text that are kept."""


class SampleState(msgspec.Struct, frozen=True, tag="sample", tag_field="kind"):
    """Columns of doubles, little-endian bytes, all of length ``n``; NaN stands for null.

    Attributes:
        most: the most rows that are kept, those of the smallest lots; None keeps all.
        lots: where rows are drawn, the lot of each, ascending: unsigned 64-bit little-endian bytes.
        beyond: how many more rows there are than those kept.
        texts: columns of texts beside those of doubles, likewise; None stands for null.
    """

    n: int = 0
    columns: tuple[bytes, ...] = ()
    most: int | None = None
    lots: bytes = b""
    beyond: int = 0
    texts: tuple[tuple[str | None, ...], ...] = ()

    @classmethod
    def of(cls, *arrays: NDArray[np.float64]) -> SampleState:
        """From arrays of shape (n,)."""
        import numpy as np

        return cls(
            len(arrays[0]) if arrays else 0,
            tuple(np.ascontiguousarray(a, dtype="<f8").tobytes() for a in arrays),
        )

    @classmethod
    def drawn(
        cls,
        arrays: Sequence[NDArray[np.float64]],
        lots: NDArray[np.uint64],
        most: int,
        rows: int,
        texts: Sequence[Sequence[str | None]] = (),
    ) -> SampleState:
        """The rows of the smallest lots, at most so many.

        Args:
            arrays: shape (n,) each; rows of equal lots are put in order by their values.
            lots: shape (n,).
            rows: how many rows they were drawn from: n, or more.
            texts: columns of n texts each.
        """
        import numpy as np

        order = np.lexsort([*(np.asarray(a, dtype="<f8").view("<u8") for a in arrays), lots])
        order = order[:most]
        columns = (np.ascontiguousarray(a[order], dtype="<f8").tobytes() for a in arrays)
        kept = np.ascontiguousarray(lots[order], dtype="<u8").tobytes()
        written = tuple(tuple(column[i] for i in order.tolist()) for column in texts)
        return cls(len(order), tuple(columns), most, kept, rows - len(order), written)

    @property
    def rows(self) -> int:
        """Rows in all, of which ``n`` are kept."""
        return self.n + self.beyond

    def arrays(self) -> tuple[NDArray[np.float64], ...]:
        """Read-only arrays of shape (n,), in the order of the aggregate's expressions."""
        import numpy as np

        return tuple(np.frombuffer(c, dtype="<f8") for c in self.columns)

    def merge(self, other: SampleState) -> SampleState:
        """Rows of both parts, these first; where rows are drawn, those of the smallest lots."""
        if self.n == 0:
            return other
        if other.n == 0:
            return self
        if self.most is not None:
            return self._smallest(other, self.most)
        return SampleState(
            self.n + other.n,
            tuple(a + b for a, b in zip(self.columns, other.columns, strict=True)),
        )

    def _smallest(self, other: SampleState, most: int) -> SampleState:
        """Of both parts the rows of the smallest lots: a part keeps all that can be among them."""
        import numpy as np

        pairs = zip(self.arrays(), other.arrays(), strict=True)
        lots = np.frombuffer(self.lots + other.lots, dtype="<u8")
        arrays = [np.concatenate(pair) for pair in pairs]
        texts = [a + b for a, b in zip(self.texts, other.texts, strict=True)]
        return SampleState.drawn(arrays, lots, most, self.rows + other.rows, texts)


@dataclass(frozen=True, kw_only=True)
class Sample(Aggregate[SampleState]):
    """The values of ``number(e)`` for each expression ``e`` of ``of``, row by row.

    This loads the rows into memory: meant for a few columns of observations, not for raw tables;
    unless ``most`` says how many to draw by lot, without replacement, of those that there are. The
    engine must then have lots. The order of rows does not matter, and of equal rows each has a lot
    of its own. Two tables, and two parts of one, are drawn from without regard to each other.

    Attributes:
        texts: expressions whose values are wanted as text: of each its first :data:`LONGEST`
            characters. Of rows that are drawn only.
    """

    of: tuple[Expr, ...]
    most: int | None = None
    texts: tuple[Expr, ...] = ()

    def __post_init__(self) -> None:
        if self.texts and self.most is None:
            raise ValueError("texts are of rows that are drawn: say how many, as `most`")
