"""Pearson's correlation of each two columns of numbers, over the rows that have both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.core.profile import Correlations

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assay.profiling.drawing import Drawn

MOST = 40
"""Columns that are held against each other."""
STRONG = 0.95
"""Correlation from which one column is said to follow another."""
_BLOCK = 10_000
_ROUNDING = 1e-13
"""A variance that is no greater a share of the squares is nothing but rounding."""


def correlations(
    drawn: Drawn, names: Sequence[str], left_out: Sequence[str]
) -> Correlations | None:
    """Correlations of columns among drawn rows; None for fewer than two."""
    if len(names) < 2 or drawn.n < 2:
        return None
    r = _pearson([drawn.numbers[name] for name in names])
    return Correlations(
        columns=list(names),
        values=[[value if math.isfinite(value) else None for value in row] for row in r],
        n=drawn.n,
        left_out=list(left_out),
    )


def _pearson(columns: Sequence[NDArray[np.float64]]) -> list[list[float]]:
    """Row by row; NaN where a column does not vary over the rows that have both.

    Values are centred and scaled first, so that sums of squares neither cancel nor overflow; and
    taken some rows at a time, so that no copy of them all is made.
    """
    import numpy as np

    with np.errstate(all="ignore"):
        centre, scale = np.array([_scale(column) for column in columns]).T
        shape = (len(columns), len(columns))
        n, sums, squares, cross = (np.zeros(shape) for _ in range(4))
        for start in range(0, len(columns[0]), _BLOCK):
            x = np.column_stack([column[start : start + _BLOCK] for column in columns])
            there = np.isfinite(x)
            x = np.where(there, (x - centre) / scale, 0.0)
            w = there.astype(float)
            n += w.T @ w
            sums += x.T @ w
            squares += (x**2).T @ w
            cross += x.T @ x
        covariance = cross - sums * sums.T / n
        variance = squares - sums**2 / n
        variance[variance <= _ROUNDING * squares] = np.nan
        r: list[list[float]] = np.clip(covariance / np.sqrt(variance * variance.T), -1, 1).tolist()
    return r


def _scale(column: NDArray[np.float64]) -> tuple[float, float]:
    """The middle of a column's finite values, and their greatest distance from it."""
    import numpy as np

    finite = column[np.isfinite(column)]
    if not len(finite):
        return 0.0, 1.0
    centre = float(finite.mean())
    return centre, max(float(np.abs(finite - centre).max()), 1e-300)


def strong(found: Correlations) -> dict[str, list[tuple[str, float]]]:
    """For each column, the earlier ones that it follows (or opposes) closely, closest first."""
    pairs: dict[str, list[tuple[str, float]]] = {}
    for i, name in enumerate(found.columns):
        near = [
            (other, r)
            for other, r in zip(found.columns[:i], found.values[i], strict=False)
            if r is not None and abs(r) >= STRONG
        ]
        if near:
            pairs[name] = sorted(near, key=lambda pair: -abs(pair[1]))
    return pairs
