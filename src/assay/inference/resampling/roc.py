"""The area under the ROC curve of weighted rows, from one sort for all resamples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from assay.inference.resampling.statistic import Smooth, finite_column

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class _Parts(NamedTuple):
    """What one class of weighted rows says of the other.

    Attributes:
        few: shape (r,), weight of the class with fewer rows.
        many: shape (r, b), weights of the other class's rows.
        below: shape (r, b), weight of the few that each of the many has below it, ties half.
    """

    few: NDArray[np.float64]
    many: NDArray[np.float64]
    below: NDArray[np.float64]


class RocArea(Smooth):
    """Weighted share of (positive, negative) pairs in the right order, ties counted half.

    A resample without one of the classes has no area: draw within classes (``strata=positive``) or
    with exponential weights where one is rare.
    """

    def __init__(self, positive: ArrayLike, score: ArrayLike) -> None:
        """Both of shape (n,): truth values and finite scores; both classes occur.

        Raises:
            ValueError: a class is missing, or scores are.
        """
        scores = finite_column(score, "scores")
        labels = np.asarray(positive, dtype=bool)
        if labels.shape != scores.shape:
            raise ValueError(f"labels of shape {labels.shape} for {len(scores)} scores")
        if labels.all() or not labels.any():
            raise ValueError("an area needs rows of both classes")
        self.n = len(scores)
        self.order = np.argsort(scores, kind="stable")
        labels, scores = labels[self.order], scores[self.order]
        self._positives_are_few = 2 * int(labels.sum()) <= self.n
        is_few = labels if self._positives_are_few else ~labels
        self._few, self._many = np.flatnonzero(is_few), np.flatnonzero(~is_few)
        self._first = np.searchsorted(scores[self._few], scores[self._many], side="left")
        self._last = np.searchsorted(scores[self._few], scores[self._many], side="right")
        self._ties = not np.array_equal(self._first, self._last)

    def values(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        return self._areas(self._parts(weights))

    def influence(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        """The structural components of DeLong, DeLong & Clarke-Pearson (1988), weighted."""
        parts = self._parts(weights)
        area = self._areas(parts)[:, None]
        few, many = parts.few[:, None], parts.many.sum(axis=1, keepdims=True)
        # weight of the many above each of the few, ties half
        upto = np.zeros((len(weights), len(self._many) + 1))
        np.cumsum(parts.many, axis=1, out=upto[:, 1:])
        start, stop = (
            np.searchsorted(bounds, np.arange(len(self._few)), side="right")
            for bounds in (self._last, self._first)
        )
        above = many - (upto[:, start] + upto[:, stop]) / 2
        found = np.empty(weights.shape)
        good_many, good_few = parts.below / few, above / many
        if self._positives_are_few:
            good_many, good_few = 1 - good_many, 1 - good_few
        found[:, self._many] = (good_many - area) / many
        found[:, self._few] = (good_few - area) / few
        return found

    def _areas(self, parts: _Parts) -> NDArray[np.float64]:
        pairs = parts.few * parts.many.sum(axis=1)
        right = np.einsum("ij,ij->i", parts.below, parts.many)
        area = np.divide(right, pairs, out=np.full(len(right), np.nan), where=pairs > 0)
        return np.asarray(1 - area if self._positives_are_few else area)

    def _parts(self, weights: NDArray[Any]) -> _Parts:
        few = np.take(weights, self._few, axis=1)
        many = np.take(weights, self._many, axis=1).astype(np.float64)
        whole = weights.dtype.kind in "ui"  # a running sum of whole numbers is ten times as fast
        upto = np.zeros((len(weights), len(self._few) + 1), np.int32 if whole else np.float64)
        np.cumsum(few, axis=1, out=upto[:, 1:], dtype=upto.dtype)
        below = np.take(upto, self._first, axis=1).astype(np.float64)
        if self._ties:
            below += np.take(upto, self._last, axis=1)
            below /= 2
        return _Parts(upto[:, -1].astype(np.float64), many, below)
