"""Confident learning: how many labels are wrong, and which, from probabilities out of sample.

Northcutt, Jiang & Chuang (2021), Journal of Artificial Intelligence Research 70:1373. A class's
threshold is the mean probability of that class among the rows labelled so. A row is *confident* of
the most probable class among those whose threshold it reaches. Rows confident of another class than
their label estimate how labels are confused. The estimate is consistent where the model's errors
stay within the thresholds (their theorem 1); a model that mistakes classes at random is robust
there, one that was trained on the very rows it scores is not: it believes their labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assay.inference.interval import Interval
from assay.inference.proportions import wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Positions = NDArray[np.intp]

SLACK = 1e-6
"""How far below its class's threshold a probability may lie and still count as reaching it."""


@dataclass(frozen=True, eq=False)
class Confident:
    """What n labelled rows, with probabilities of k classes, say of their labels.

    Attributes:
        labels: shape (n,), position of each row's label. scores: shape (n, k).
        thresholds: shape (k,); infinite for a class that no row is labelled.
        likely: shape (n,), the class that a row is confident of; -1 where of none.
        counts: shape (k, k), the confident joint: rows by label and confident class. A class that
            has labels counts one right label at least.
    """

    labels: Positions
    scores: Floats
    thresholds: Floats
    likely: Positions
    counts: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Shape (k,), rows by label."""
        return np.bincount(self.labels, minlength=len(self.thresholds))

    @property
    def joint(self) -> Floats:
        """Shape (k, k): the confident joint, scaled so that each label has its number of rows."""
        confident = self.counts.sum(axis=1)
        scale = self.sizes / np.where(confident == 0, 1, confident)
        scaled: Floats = self.counts * scale[:, np.newaxis]
        return scaled

    @property
    def error_share(self) -> float:
        """Estimated share of the rows whose label is wrong."""
        joint = self.joint
        return float(max(0.0, 1 - np.trace(joint) / joint.sum()))

    def interval(self, level: float) -> Interval:
        """Interval of the share, over rows drawn like these and scored by the same model.

        Wilson's, with the effective number of rows that gives the variance of the delta method. It
        counts that the thresholds are means over the same rows.
        """
        share = self.error_share
        effective = float(self.counts.sum())
        variance = float(np.square(self._influence(share)).sum())
        if 0 < share < 1 and variance > 0:
            effective = share * (1 - share) / variance
        low, high, _ = wilson(share * max(effective, 1.0), max(effective, 1.0), level)
        return Interval(low, high, "wilson-effective-n")

    def _influence(self, share: float) -> Floats:
        """Shape (n,): how far the share moves as the weight of a row grows, to first order."""
        n, sizes, confident = len(self.labels), self.sizes, self.counts.sum(axis=1)
        some = np.where(confident == 0, 1, confident)
        wrong = 1 - np.diagonal(self.counts) / some
        own = self.scores[np.arange(n), self.labels]
        of_threshold = self._slopes() / np.where(sizes == 0, 1, sizes)
        thresholds = np.where(np.isfinite(self.thresholds), self.thresholds, 0.0)
        off = (self.likely != self.labels) - wrong[self.labels]
        moved: Floats = (wrong[self.labels] - share) / n
        moved += np.where(self.likely >= 0, off, 0.0) * (sizes / some)[self.labels] / n
        moved += of_threshold[self.labels] * (own - thresholds[self.labels])
        return moved

    def _slopes(self) -> Floats:
        """Shape (k,): how far the share moves as each threshold does, over a kernel's width."""
        k, sizes = len(self.thresholds), self.sizes
        slopes = np.zeros(k)
        for j in np.flatnonzero(sizes > 1):
            spread = float(self.scores[self.labels == j, j].std())
            width = max(1.06 * spread * float(sizes[j]) ** -0.2, 10 * SLACK)
            if spread == 0:
                continue
            near = np.flatnonzero(np.abs(self.scores[:, j] - self.thresholds[j]) <= width + SLACK)
            ends = []
            for side in (-1, 1):
                thresholds = self.thresholds.copy()
                thresholds[j] += side * width
                ends.append(self._share_if(near, confident_class(self.scores[near], thresholds)))
            slopes[j] = (ends[1] - ends[0]) / (2 * width)
        return slopes

    def _share_if(self, rows: Positions, likely: Positions) -> float:
        """The share if some rows were confident of other classes."""
        k = len(self.thresholds)
        counts = self.counts - _table(self.labels[rows], self.likely[rows], k)
        counts = np.maximum(counts + _table(self.labels[rows], likely, k), 0)
        confident = counts.sum(axis=1)
        right = np.where(confident == 0, 1.0, np.diagonal(counts) / np.maximum(confident, 1))
        return float(1 - right @ self.sizes / len(self.labels))


def confident(labels: Positions, scores: Floats) -> Confident:
    """Thresholds and confident joint of labelled rows.

    Args:
        labels: shape (n,), positions from 0 to k - 1.
        scores: shape (n, k), probabilities by a model that was not trained on these rows.

    Raises:
        ValueError: there is no row or fewer than two classes, shapes differ, a label is no
            position, or a score is not finite.
    """
    labels, scores = np.asarray(labels), np.asarray(scores, dtype=np.float64)
    if scores.ndim != 2 or labels.shape != scores.shape[:1] or not len(labels):
        raise ValueError(f"labels {labels.shape} and scores {scores.shape} are not (n,) and (n, k)")
    k = scores.shape[1]
    if k < 2:
        raise ValueError("with one class no label can be wrong")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= k:
        raise ValueError(f"labels must be whole numbers from 0 to {k - 1}")
    if not np.isfinite(scores).all():
        raise ValueError("a score is missing, NaN or infinite")
    sizes = np.bincount(labels, minlength=k)
    own = np.bincount(labels, scores[np.arange(len(labels)), labels], minlength=k)
    thresholds = np.where(sizes > 0, own / np.maximum(sizes, 1), np.inf)
    likely = confident_class(scores, thresholds)
    counts = _table(labels, likely, k)
    right = np.einsum("ii->i", counts)  # a view of the diagonal
    right[(sizes > 0) & (right == 0)] = 1
    return Confident(labels, scores, thresholds, likely, counts)


def confident_class(scores: Floats, thresholds: Floats) -> Positions:
    """Shape (n,): the most probable of the classes whose threshold is reached, or -1."""
    likely = np.full(len(scores), -1, dtype=np.intp)
    best = np.full(len(scores), -np.inf)
    for j, threshold in enumerate(thresholds):
        score = scores[:, j]
        better = (score >= threshold - SLACK) & (score > best)
        np.copyto(likely, j, where=better)
        np.copyto(best, score, where=better)
    return likely


def _table(labels: Positions, likely: Positions, k: int) -> NDArray[np.int64]:
    """Shape (k, k): rows by label and confident class; those without one are left out."""
    held = likely >= 0
    return np.bincount(labels[held] * k + likely[held], minlength=k * k).reshape(k, k)
