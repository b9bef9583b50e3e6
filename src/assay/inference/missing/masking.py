"""Take known values away, fill them in, and see how far off that is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from assay.inference.interval import Interval, t_value
from assay.inference.means import root_mean
from assay.inference.missing.imputers import IMPUTERS
from assay.inference.threads import one_thread
from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from assay.inference.missing.imputers import Method

Mechanism = Literal["mcar", "mar", "mnar"]

REPEATS = 5
MOST_SCORED = 5_000
"""Rows that are filled in and scored; more are drawn by lot."""

LEAST = 10
"""Values of a column that must be known before and after masking."""


class Errors(NamedTuple):
    """Squared errors of one method in column variances, added up by row over all repeats.

    Attributes:
        squares: shape (n,).
        cells: shape (n,), how many values were taken away and filled in.
    """

    squares: NDArray[np.float64]
    cells: NDArray[np.float64]

    @property
    def mean_square(self) -> float:
        """Mean squared error, in column variances: 1 is what the column's mean does."""
        return float(self.squares.sum() / self.cells.sum())

    @property
    def value(self) -> float:
        """Root mean square error, in column standard deviations."""
        return math.sqrt(self.mean_square)

    def interval(self, level: float) -> Interval:
        """Over rows, whose errors belong together (ratio of sums, delta method, log scale)."""
        used = self.cells > 0
        n = int(used.sum())
        influence = _influence(self)[used]
        variance = float(influence @ influence) / max(n - 1, 1)
        return root_mean(self.mean_square, variance, n, level)


def _influence(errors: Errors) -> NDArray[np.float64]:
    """What each row adds to the mean square, times the rows with a masked cell; shape (n,)."""
    rows = int((errors.cells > 0).sum())
    centred = errors.squares - errors.mean_square * errors.cells
    return np.asarray(centred * rows / errors.cells.sum(), dtype=np.float64)


def excess(a: Errors, b: Errors, level: float) -> tuple[float, Interval]:
    """How much greater the mean square of ``b`` is than that of ``a``, on the same masked cells.

    A paired t interval over rows: what makes a row hard for both cancels.
    """
    used = a.cells > 0
    n = int(used.sum())
    value = b.mean_square - a.mean_square
    difference = (_influence(b) - _influence(a))[used]
    error = math.sqrt(float(difference @ difference) / max(n - 1, 1) / n)
    half = t_value(level, max(n - 1, 1)) * error
    return value, Interval(value - half, value + half, "paired-t")


def mask(
    values: NDArray[np.float64],
    mechanism: Mechanism,
    share: float,
    *,
    round_: int,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Which known values of a table (n, k) to take away, about ``share`` of them.

    * ``mcar``: each with the same probability.
    * ``mnar``: with a probability that rises with the value's own rank from 0 to ``2 share``.
    * ``mar``: likewise with the rank in another column, which is itself left whole; each column
      has its turn (``round_``).
    """
    n, k = values.shape
    there = ~np.isnan(values)
    chance = np.full((n, k), share)
    if mechanism == "mnar":
        chance = 2 * share * _ranks(values)
    elif mechanism == "mar":
        driver = round_ % k
        chance = np.repeat(2 * share * _ranks(values[:, [driver]]), k, axis=1)
        chance[:, driver] = 0.0
    return np.asarray(there & (rng.random((n, k)) < chance))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks of each column from 0 to 1, ties alike; the middle where a value lacks."""
    found = np.full(values.shape, 0.5)
    for j, column in enumerate(values.T):
        there = ~np.isnan(column)
        _, inverse, counts = np.unique(column[there], return_inverse=True, return_counts=True)
        if len(counts) > 1:
            middle = np.cumsum(counts) - (counts + 1) / 2
            found[there, j] = (middle / (there.sum() - 1))[inverse]
    return found


def masked_errors(
    values: NDArray[np.float64],
    methods: Sequence[Method],
    mechanism: Mechanism,
    share: float,
    *,
    seed: int,
    repeats: int = REPEATS,
    most: int = MOST_SCORED,
) -> dict[Method, Errors | str]:
    """Errors of each method, or why it has none; all on the same masked values.

    Args:
        values: shape (n, k), NaN where a value lacks, rows in their order (for ``forward_fill``).
        share: of the known values to take away, in (0, 0.5].
        most: rows that are scored; more are drawn by lot, and only ``forward_fill`` sees the rest.

    Raises:
        Undefined: a column has too few known values, or does not vary.
    """
    rng = np.random.default_rng(seed)
    n = len(values)
    drawn = np.sort(rng.permutation(n)[:most])
    spread = _spread(values)
    scaled = (values - np.nanmean(values, axis=0)) / spread
    cells = np.zeros(len(drawn))
    squares: dict[Method, NDArray[np.float64] | str] = {m: np.zeros(len(drawn)) for m in methods}
    for round_ in range(repeats):
        away = mask(scaled, mechanism, share, round_=round_, rng=rng)
        left = np.where(away, np.nan, scaled)
        scored, truth = away[drawn], scaled[drawn]
        if (~np.isnan(left[drawn])).sum(axis=0).min() < LEAST:
            raise Undefined(f"fewer than {LEAST} values of a column would be left to learn from")
        cells += scored.sum(axis=1)
        for method in methods:
            so_far = squares[method]
            if isinstance(so_far, str):
                continue
            try:
                with one_thread():
                    guessed = _impute(method, left, drawn)
            except Undefined as undefined:
                squares[method] = str(undefined)
                continue
            so_far += np.where(scored, (guessed - truth) ** 2, 0.0).sum(axis=1)
    if not cells.any():
        raise Undefined("no value was taken away: too few are known")
    return {m: s if isinstance(s, str) else Errors(s, cells) for m, s in squares.items()}


def _impute(
    method: Method, left: NDArray[np.float64], drawn: NDArray[np.intp]
) -> NDArray[np.float64]:
    """The drawn rows, filled in from what is left of them (of all rows, by ``forward_fill``)."""
    if method == "forward_fill":
        return IMPUTERS[method](left)[drawn]
    part = left[drawn]
    centre, spread = np.nanmean(part, axis=0), np.nanstd(part, axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    filled = IMPUTERS[method]((part - centre) / spread)
    return np.asarray(filled * spread + centre, dtype=np.float64)


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviations of the known values."""
    known = (~np.isnan(values)).sum(axis=0)
    if not len(values) or known.min() < LEAST:
        raise Undefined(f"a column has fewer than {LEAST} known values")
    spread = np.nanstd(values, axis=0)
    if spread.min() <= 0:
        raise Undefined("all values of a column are the same")
    return np.asarray(spread, dtype=np.float64)
