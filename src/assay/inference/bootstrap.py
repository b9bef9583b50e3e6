"""Intervals for any statistic of a table of counts, by drawing tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assay.inference.interval import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
    """From tables of shape (r, k, k) to values of shape (r,)."""

_CELLS = 2_000_000
"""Cells drawn at a time: 16 MB."""


def draws_for(level: float, cells: int) -> int:
    """How many draws: 100 beyond each end of the interval, within what time allows.

    4,000 for a level of 0.95; never fewer than 1,000, never more than 40 million cells in all.
    """
    wanted = int(np.ceil(200 / (1 - level)))
    return max(1_000, min(wanted, 40_000_000 // max(cells, 1), 200_000))


def dirichlet(
    counts: NDArray[np.int64], statistic: Statistic, *, level: float, seed: int
) -> Interval:
    """Interval for a statistic of a confusion matrix ``counts`` of shape (k, k).

    Cell probabilities are drawn from their Dirichlet posterior and the ends are quantiles of the
    statistic over the draws (Goutte & Gaussier 2005 for precision, recall and F; Caelen 2017 in
    general). The prior is worth two rows however many classes there are, one right (spread over
    the diagonal) and one wrong: for two classes that is Jeffreys', 1/2 in each cell. Jeffreys' own
    prior for k classes is worth k²/2 rows and covers badly. Unlike resampled counts, draws do not
    collapse where a cell is empty.
    """
    k = len(counts)
    prior = np.full((k, k), 1 / max(k * (k - 1), 1))
    np.fill_diagonal(prior, 1 / k)
    shape = counts + prior
    rng = np.random.default_rng(seed)
    remaining = draws_for(level, k * k)
    step = max(1, _CELLS // (k * k))
    values = []
    while remaining > 0:
        tables = rng.standard_gamma(shape, size=(min(step, remaining), k, k))
        values.append(statistic(tables))
        remaining -= step
    tail = (1 - level) / 2
    low, high = np.quantile(np.concatenate(values), [tail, 1 - tail])
    return Interval(float(low), float(high), "dirichlet")
