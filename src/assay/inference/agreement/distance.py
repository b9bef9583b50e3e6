"""How far two ratings are apart on their scale, summed within items and against all ratings.

Krippendorff's difference functions (2019, Content Analysis, 4th ed., chapter 12): nominal, ordinal,
interval and ratio. An ordinal difference is the interval difference of midranks, so no table of
coincidences is needed and the work is O(N log N); only the ratio scale compares values pairwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.inference.agreement.ratings import Ratings

Scale = Literal["nominal", "ordinal", "interval", "ratio"]

_CHUNK = 4_000_000
"""Pairs of values compared at a time: 32 MB."""


class Distances(NamedTuple):
    """Squared differences of ratings.

    Attributes:
        within: shape (U,): over all ordered pairs of an item's ratings, added up and divided by the
            number of its ratings less one.
        against: shape (N,): mean difference of a rating to all ratings, itself included.
        square: mean squared difference of two ratings drawn at random.
        moved_within, moved_against: shape (U,): what an item adds to ``within`` of all items and to
            ``against`` of all ratings by shifting the scale itself (midranks); 0 on other scales.
    """

    within: NDArray[np.float64]
    against: NDArray[np.float64]
    square: float
    moved_within: NDArray[np.float64]
    moved_against: NDArray[np.float64]


def distances(ratings: Ratings, scale: Scale) -> Distances:
    """The differences of ratings on a scale.

    Raises:
        Undefined: a negative rating on the ratio scale.
    """
    match scale:
        case "nominal":
            return _nominal(ratings)
        case "ordinal":
            return _ordinal(ratings)
        case "interval":
            return _interval(ratings, ratings.value - ratings.value.mean())
        case "ratio":
            return _ratio(ratings)


def _nominal(r: Ratings) -> Distances:
    value, count = np.unique(r.value, return_inverse=True, return_counts=True)[1:]
    cells, times = np.unique(r.item * len(count) + value, return_counts=True)
    same = np.bincount(cells // len(count), times.astype(np.float64) ** 2, minlength=len(r.sizes))
    against = 1 - count[value] / len(value)
    none = np.zeros(len(r.sizes))
    return Distances(
        (r.sizes**2 - same) / (r.sizes - 1), against, float(against.mean()), none, none
    )


def _interval(r: Ratings, centred: NDArray[np.float64]) -> Distances:
    """``(x - y)²``, from values less their mean."""
    first = centred[r.sizes.cumsum() - r.sizes]  # so that equal ratings differ by exactly 0
    apart = centred - first[r.item]
    total, square = r.added(apart), r.added(apart**2)
    second, fourth = (centred**2).mean(), (centred**4).mean()
    none = np.zeros(len(r.sizes))
    return Distances(
        np.maximum(2 * (r.sizes * square - total**2), 0) / (r.sizes - 1),
        centred**2 + second,
        float(2 * fourth + 6 * second**2),
        none,
        none,
    )


def _ordinal(r: Ratings) -> Distances:
    """``(rank of x - rank of y)²``, with midranks over all ratings."""
    n = len(r.value)
    value, count = np.unique(r.value, return_inverse=True, return_counts=True)[1:]
    rank = count.cumsum() - count / 2 - n / 2  # of a value; their mean over ratings is 0
    x = rank[value]
    plain = _interval(r, x)
    # of an item's other ratings: the sum of ranks over their number
    others = ((r.added(x)[r.item] - x) / (r.sizes - 1)[r.item])[:, None]
    pull = count * rank - np.bincount(value, others.ravel(), minlength=len(count))
    return plain._replace(
        moved_within=r.added(_above(pull)[value]),
        moved_against=r.added(_above(count * rank * n)[value]),
    )


def _above(pull: NDArray[np.float64]) -> NDArray[np.float64]:
    """What one more rating of a value moves: all midranks above by 1, its own by a half."""
    return 4 * (pull[::-1].cumsum()[::-1] - pull / 2)


def _ratio(r: Ratings) -> Distances:
    """``((x - y) / (x + y))²``; 0 for two zeros."""
    if (r.value < 0).any():
        raise Undefined("a ratio scale has no negative ratings")
    within = np.zeros(len(r.sizes))
    for shift in range(1, int(r.sizes.max())):
        same = r.item[shift:] == r.item[:-shift]
        pairs = _relative(r.value[shift:][same], r.value[:-shift][same])
        within += 2 * np.bincount(r.item[shift:][same], pairs, minlength=len(within))
    values, position, count = np.unique(r.value, return_inverse=True, return_counts=True)
    mean, square = np.empty(len(values)), np.empty(len(values))
    step = max(1, _CHUNK // len(values))
    for start in range(0, len(values), step):
        rows = slice(start, start + step)
        pairs = _relative(values[rows, None], values[None, :])
        mean[rows] = pairs @ count / len(r.value)
        square[rows] = pairs**2 @ count / len(r.value)
    none = np.zeros(len(r.sizes))
    return Distances(
        within / (r.sizes - 1), mean[position], float(square[position].mean()), none, none
    )


def _relative(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    total = x + y
    return np.square((x - y) / np.where(total > 0, total, 1.0))
