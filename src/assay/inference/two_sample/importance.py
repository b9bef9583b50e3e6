"""Which columns tell the rows of two tables apart, together with the others and alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.delong import area_difference
from assay.inference.interval import z_value
from assay.inference.missing.logistic import FOLDS
from assay.inference.two_sample.classifier import OVERLAP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.inference.two_sample.classifier import Separated


class Importance(NamedTuple):
    """How far the area falls when one column's values are exchanged between rows, by fold mean."""

    column: int
    value: float
    low: float
    high: float


def importances(
    found: Separated, features: NDArray[np.float64], second: NDArray[np.bool_], *, level: float
) -> list[Importance]:
    """What each column adds: the fall of the area as its values are exchanged between rows.

    Breiman (2001, Machine Learning 45:5), on rows that the fold's model has not seen. The interval
    is DeLong's of two areas over the same rows, with the folds' overlap. Columns that tell the same
    share what they tell: each seems to matter less than both together. Highest first.
    """
    rng = np.random.default_rng(0)
    result = []
    for column in range(features.shape[1]):
        value, variance = 0.0, 0.0
        for model, rows in found.models:
            exchanged = features[rows].copy()
            exchanged[:, column] = rng.permutation(exchanged[:, column])
            without = model(exchanged)
            one = area_difference(second[rows], without, found.scores[rows])
            value += float(one.value) / FOLDS
            variance += one.variance * OVERLAP / FOLDS**2
        half = z_value(level) * math.sqrt(variance)
        result.append(Importance(column, value, value - half, value + half))
    return sorted(result, key=lambda i: (-i.value, i.column))


def alone(values: NDArray[np.float64], second: NDArray[np.bool_], *, category: bool) -> float:
    """How far one column differs by itself: the greatest change of a probability, from 0 to 1.

    Total variation of categories, Kolmogorov-Smirnov distance of numbers; a missing value is a
    category, and smaller than all numbers. Chance alone makes it larger than 0.

    Args:
        values: shape (n,), NaN where a value lacks. second: shape (n,), rows of both tables.
    """
    filled = np.where(np.isnan(values), -np.inf, values)
    _, place = np.unique(filled, return_inverse=True)
    cells = int(place.max()) + 1
    shares = [np.bincount(place[rows], minlength=cells) / rows.sum() for rows in (second, ~second)]
    change = shares[0] - shares[1]
    if category:
        return float(np.abs(change).sum() / 2)
    return float(np.abs(np.cumsum(change)).max())
