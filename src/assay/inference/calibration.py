"""How far stated probabilities are from the frequencies of what they predict, by bins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from assay.inference.bootstrap import draws_for
from assay.inference.interval import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

Strategy = Literal["uniform", "quantile"]


class Bins(NamedTuple):
    """Non-empty bins of confidence, each array of shape (b,).

    Attributes:
        n: rows in the bin.
        confidence: mean stated probability.
        frequency: share of rows in which what was predicted happened.
        spread: sum over the rows of the squared gap between outcome and stated probability.
    """

    n: NDArray[np.int64]
    confidence: NDArray[np.float64]
    frequency: NDArray[np.float64]
    spread: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Expected calibration error: mean absolute gap over bins, weighted by rows."""
        return float(self.n @ np.abs(self.frequency - self.confidence) / self.n.sum())


def bin_scores(
    confidence: NDArray[np.float64],
    happened: NDArray[np.bool_],
    *,
    bins: int,
    strategy: Strategy = "uniform",
) -> Bins:
    """Put rows (shape (n,), confidence in [0, 1], n >= 1) into bins.

    ``uniform`` bins are equally wide and closed on the left (the last on both sides); ``quantile``
    bins hold about equally many rows, and equal confidences stay together.
    """
    at: NDArray[np.intp]
    if strategy == "uniform":
        at = np.minimum((confidence * bins).astype(np.intp), bins - 1)
    else:
        edges = np.quantile(confidence, np.arange(1, bins) / bins)
        at = np.searchsorted(edges, confidence, side="right")
    n = np.bincount(at, minlength=bins)
    used = n > 0

    def mean(of: NDArray[np.float64]) -> NDArray[np.float64]:
        means: NDArray[np.float64] = np.bincount(at, weights=of, minlength=bins)[used] / n[used]
        return means

    outcome = happened.astype(np.float64)
    spread = mean((outcome - confidence) ** 2) * n[used]
    return Bins(n[used], mean(confidence), mean(outcome), spread)


def error_interval(bins: Bins, *, level: float, seed: int) -> Interval:
    """Interval for the expected calibration error over these bins.

    The estimate is biased upward, for noise alone makes gaps: a perfectly calibrated model has a
    positive one, and bootstrap percentiles repeat the bias. So the interval inverts a test. True
    gaps are taken as ``t`` times those seen, with the sampling noise of each bin (normal, variance
    ``spread / N^2``); its ends are the ``t`` at which the error that was seen is at the upper and
    lower tail of what such gaps would show. Where chance alone could show it the lower end is 0.
    """
    total = int(bins.n.sum())
    gaps = np.abs(bins.n * (bins.frequency - bins.confidence)) / total
    noise = np.sqrt(bins.spread) / total
    seen = bins.error
    draws = min(draws_for(level, len(gaps)), 20_000)
    z = np.random.default_rng(seed).standard_normal((draws, len(gaps))) * noise

    def quantile(t: float, probability: float) -> float:
        """Quantile of the error shown when the true gaps are ``t`` times those seen."""
        return float(np.quantile(np.abs(t * gaps + z).sum(axis=1), probability))

    def scale(probability: float) -> float:
        """The ``t`` at which what was seen is at that quantile; 0 where even no gap shows more."""
        if seen <= 0 or quantile(0.0, probability) >= seen:
            return 0.0
        low, high = 0.0, 1.0
        while quantile(high, probability) < seen:
            low, high = high, 2 * high
        for _ in range(25):
            middle = (low + high) / 2
            low, high = (middle, high) if quantile(middle, probability) < seen else (low, middle)
        return low

    tail = (1 - level) / 2
    # The error's high quantile reaches what was seen first: it gives the lower end.
    return Interval(scale(1 - tail) * seen, min(1.0, scale(tail) * seen), "test-inversion")
