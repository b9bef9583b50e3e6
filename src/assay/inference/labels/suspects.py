"""Which labels to look at first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.inference.labels.confident import Confident


class Suspects(NamedTuple):
    """Rows whose label is probably wrong, the worst first.

    Attributes:
        rows: shape (s,), positions of the rows.
        likely: shape (s,), position of the class that the model finds most probable.
        margin: shape (s,), probability of the label less that of the likely class; below 0.
    """

    rows: NDArray[np.intp]
    likely: NDArray[np.intp]
    margin: NDArray[np.float64]


def suspects(found: Confident) -> Suspects:
    """As many of each kind as the joint says, by their margins.

    Pruning by noise rate (Northcutt, Jiang & Chuang 2021, section 3.2): for each label i and other
    class j, the rows labelled i with the greatest ``p(j) - p(i)``, as many as the scaled joint has.
    Rows whose label is the most probable class are left out. Sorted by their margin.
    """
    labels, scores = found.labels, found.scores
    numbers = np.rint(found.joint).astype(np.int64)
    k = len(numbers)
    # a small type is sorted by radix
    order = np.argsort(labels.astype(np.uint16 if k < 1 << 16 else np.int64), kind="stable")
    ends = np.cumsum(found.sizes)
    chosen = np.zeros(len(labels), dtype=np.bool_)
    for i in range(k):
        rows = order[ends[i] - found.sizes[i] : ends[i]]
        wanted = [j for j in range(k) if j != i and numbers[i, j] > 0]
        own = scores[rows, i] if wanted else None
        for j in wanted:
            count = min(int(numbers[i, j]), len(rows))
            gain = scores[rows, j] - own
            first = np.argpartition(-gain, count - 1)[:count]
            chosen[rows[first]] = True
    rows = np.flatnonzero(chosen)
    likely = scores[rows].argmax(axis=1)
    margin = scores[rows, labels[rows]] - scores[rows, likely]
    wrong = np.flatnonzero(margin < 0)
    rows, likely, margin = rows[wrong], likely[wrong], margin[wrong]
    worst = np.argsort(margin, kind="stable")
    return Suspects(rows[worst], likely[worst], margin[worst])
