"""Tables of counts of two columns, by their cells that occur."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contingency:
    """Counts of (row, column) pairs; empty cells are not held, nor are empty rows and columns.

    Attributes:
        row, column: shape (c,), position of each cell. counts: shape (c,), at least 1 each.
        rows, columns: shapes (k,) and (r,), the margins.
    """

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    counts: Array
    rows: Array
    columns: Array

    @classmethod
    def of(
        cls, row: NDArray[np.intp], column: NDArray[np.intp], counts: NDArray[np.float64]
    ) -> Contingency:
        """From cells, shape (c,) each, with a count of at least 1, in any numbering."""
        _, row = np.unique(row, return_inverse=True)
        _, column = np.unique(column, return_inverse=True)
        counts = np.asarray(counts, dtype=np.float64)
        rows, columns = (np.bincount(at, counts).astype(np.float64) for at in (row, column))
        return cls(row, column, counts, rows, columns)

    @classmethod
    def dense(cls, table: NDArray[np.float64]) -> Contingency:
        """From a table of shape (k, r)."""
        row, column = np.nonzero(table)
        return cls.of(row, column, table[row, column])

    @property
    def n(self) -> float:
        """Rows counted."""
        return float(self.counts.sum())

    @property
    def shares(self) -> Array:
        """Share of each cell, shape (c,)."""
        return self.counts / self.n

    @property
    def ratios(self) -> Array:
        """Share of each cell in units of what it would be without association, shape (c,)."""
        return self.counts * self.n / self.rows[self.row] / self.columns[self.column]
