"""Little's test of data missing completely at random, and how far they are from that.

Little (1988, JASA 83:1198). Under MCAR the means of each pattern's rows differ from those of all
rows by chance alone; ``d2`` adds up how far they do, in units of the covariance, and has a
chi-square distribution. With enough rows any departure is significant, so the size of it is
estimated too: ``d2`` is then noncentral, and the root of its noncentrality for each row is Cohen's
f of the patterns (Cohen 1988, Statistical Power Analysis, section 8.2), with the interval of
Steiger & Fouladi (1997, in Harlow et al., What If There Were No Significance Tests?).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.interval import Interval
from assay.inference.missing.normal import (
    conditional,
    expectation_maximization,
    groups,
    precision,
)
from assay.inference.missing.patterns import patterns, sums
from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_PATTERNS = 60_000
MOST_CELLS = 25_000_000
"""Patterns times columns squared, the doubles that EM works on: 200 MB."""


class Little(NamedTuple):
    """The test's figures.

    Attributes:
        d2, df: the statistic and its degrees of freedom.
        n: rows with a value at least.
        patterns: distinct patterns among them.
        steps: EM steps until the estimates stood still.
    """

    d2: float
    df: int
    n: int
    patterns: int
    steps: int

    @property
    def p_value(self) -> float:
        """Probability of such a ``d2`` or a greater one if values lack completely at random."""
        from scipy.special import chdtrc

        return float(chdtrc(self.df, self.d2))

    @property
    def effect(self) -> float:
        """Cohen's f: root mean square distance of the patterns' means, in standard deviations.

        What chance adds to it is taken off; never below 0.
        """
        return math.sqrt(max(0.0, self.d2 - self.df) / self.n)

    def interval(self, level: float) -> Interval:
        """Interval for the effect, by inverting the noncentral chi-square distribution.

        A ``d2`` below its mean is taken for its mean at the upper end: patterns that lie closer
        together than chance has them do not make the answer surer.
        """
        tail = (1 - level) / 2
        low = _noncentrality(self.d2, self.df, 1 - tail)
        high = _noncentrality(max(self.d2, float(self.df)), self.df, tail)
        return Interval(math.sqrt(low / self.n), math.sqrt(high / self.n), "noncentral-chi-square")


def little(values: NDArray[np.float64], names: Sequence[str] = ()) -> Little:
    """Test whether values lack completely at random.

    Rows without any value tell nothing and are left out.

    Args:
        values: shape (n, k), NaN where a value lacks; each column varies.
        names: of the columns, for messages.

    Raises:
        Undefined: nothing lacks, a column has no two different values, two columns are never there
            together, the covariance is singular, EM does not converge, or there are too many
            patterns.
        ValueError: a value is infinite.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] < 2:
        raise ValueError(f"values of shape {values.shape} are not a table of two columns or more")
    if np.isinf(values).any():
        raise ValueError("a value is infinite")
    values = values[~np.isnan(values).all(axis=1)]
    called = list(names) or [str(i) for i in range(values.shape[1])]
    _check(values, called)
    found = patterns(values)
    p, k = found.missing.shape
    if p == 1:
        raise Undefined("all rows lack the same values, or none: there is nothing to compare")
    if p > MOST_PATTERNS or p * k * k > MOST_CELLS:
        raise Undefined(f"{p:,} patterns of {k} columns are more than it takes: name fewer columns")
    scaled = (values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)
    known = sums(scaled, found)
    fitted = expectation_maximization(known, found.missing)
    inverse = precision(fitted.covariance)
    d2 = 0.0
    for group in groups(found.missing):
        missing, counts = found.missing[group.places], known.counts[group.places]
        apart = np.where(missing, 0.0, known.means[group.places] - fitted.mean)
        distance = np.einsum("gi,ij,gj->g", apart, inverse, apart)
        if group.lacking.shape[1]:
            _, slope = conditional(inverse, found.missing, group)
            guessed = (slope @ apart[:, :, None])[:, :, 0]
            pulled = np.take_along_axis(apart @ inverse, group.lacking, axis=1)
            distance += (guessed * pulled).sum(axis=1)
        d2 += float(counts @ distance)
    df = int((~found.missing).sum()) - k
    return Little(d2, df, len(values), p, fitted.steps)


def _check(values: NDArray[np.float64], names: list[str]) -> None:
    """That the mean and covariance can be told from these rows."""
    there = ~np.isnan(values)
    for column, name, is_there in zip(values.T, names, there.T, strict=True):
        if not is_there.any():
            raise Undefined(f"column {name!r} has no value")
        if np.ptp(column[is_there]) == 0:
            raise Undefined(f"all values of {name!r} are the same")
    together = there.T.astype(np.float64) @ there
    for i, j in zip(*np.nonzero(together == 0), strict=True):
        raise Undefined(f"{names[i]!r} and {names[j]!r} are never there in the same row")


def _noncentrality(x: float, df: int, probability: float) -> float:
    """The noncentrality at which a value of ``x`` or less has that probability; at least 0."""
    from scipy.special import chndtr

    if chndtr(x, df, 0.0) <= probability:
        return 0.0
    low, high = 0.0, max(x, 1.0)
    while chndtr(x, df, high) > probability:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if chndtr(x, df, middle) > probability else (low, middle)
        if high - low <= 1e-12 * high:
            break
    return (low + high) / 2
