"""Ratings as data: which item, which value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Ratings(NamedTuple):
    """Ratings of the items that have at least two, item by item.

    Attributes:
        item: shape (N,), ascending, from 0 to U - 1.
        value: shape (N,): the rating, or the number of its category.
        sizes: shape (U,): ratings of each item, at least two.
        single: items left out because one rating is nothing to agree with.
    """

    item: NDArray[np.int64]
    value: NDArray[np.float64]
    sizes: NDArray[np.int64]
    single: int

    @classmethod
    def of(
        cls,
        item: NDArray[np.int64],
        rater: NDArray[np.int64],
        value: NDArray[np.float64],
    ) -> Ratings:
        """From one row per rating, shape (N,) each: numbers of items and raters, and the value.

        Ratings that are NaN are missing. The order of rows does not matter.

        Raises:
            ValueError: lengths differ, or a value is infinite.
            Undefined: a rater rated an item more than once, or no item has two ratings.
        """
        if not len(item) == len(rater) == len(value):
            raise ValueError("items, raters and ratings differ in length")
        if np.isinf(value).any():
            raise ValueError("a rating is infinite")
        given = ~np.isnan(value)
        item, rater, value = item[given], rater[given], value[given]
        pairs = np.unique(np.stack([item, rater]), axis=1, return_counts=True)[1]
        if (pairs > 1).any():
            raise Undefined(
                f"{int((pairs > 1).sum()):,} items were rated more than once by the same rater: "
                "one rating of each item by each rater is needed"
            )
        codes, sizes = np.unique(item, return_inverse=True, return_counts=True)[1:]
        kept = sizes[codes] > 1
        if not kept.any():
            raise Undefined("no item was rated by two raters")
        order = np.lexsort((value[kept], codes[kept]))
        dense = np.cumsum(sizes > 1) - 1
        return cls(
            dense[codes[kept]][order], value[kept][order], sizes[sizes > 1],
            int((sizes == 1).sum()),
        )  # fmt: skip

    @classmethod
    def from_table(cls, table: NDArray[np.float64]) -> Ratings:
        """From a table with a row for each rater and a column for each item; NaN is missing."""
        rater, item = np.indices(table.shape).reshape(2, -1)
        return cls.of(item, rater, np.asarray(table, dtype=np.float64).ravel())

    def added(self, of: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shape (U,): the sum of a quantity of ratings, shape (N,), over each item."""
        return np.bincount(self.item, of, minlength=len(self.sizes)).astype(np.float64)
