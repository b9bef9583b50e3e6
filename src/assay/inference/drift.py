"""How far two distributions over cells lie apart: effect sizes between samples, with intervals.

Total variation is a norm of the difference P - Q, and the other distances here are near to one (the
population stability index and the divergence to the square of one). For a norm,
| ‖P-Q‖ - ‖P̂-Q̂‖ | <= ‖(P̂-P) - (Q̂-Q)‖, and the right side is sampling error alone: it is
distributed nearly as the distance of two samples of these sizes from one distribution, the average
of both. With c as the quantile of that, [value - c, value + c] holds the true distance at least as
often as stated, and its lower end is above 0 exactly where the two-sample test with that distance
rejects. A percentile bootstrap does neither: the distance of two samples is biased upward, so for
samples of one distribution it mostly leaves out 0.

The same holds for rows in clusters, whose sampling error :mod:`assay.inference.group_errors` draws.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from assay.inference.group_errors import group_errors
from assay.inference.interval import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

CellMethod = Literal["total_variation", "hellinger", "jensen_shannon", "psi", "kl", "chi_square"]

FLOOR = 1e-4
"""Least share of a cell in the logarithms of ``psi`` and ``kl``: ln(0) has no value."""

_SQUARES = ("psi", "kl")

_MANY = 100
"""Rows that a cell expects where they are as good as normal."""

MULTINOMIAL, WILD = "multinomial-bootstrap", "wild-cluster-bootstrap"


class Sides(NamedTuple):
    """Shares of the same cells in two samples, and the samples' sizes.

    The last axis of the shares runs over the cells, along which they sum to 1.
    """

    reference: Array
    current: Array
    reference_n: int
    current_n: int


class Groups(NamedTuple):
    """Rows of each side by group and cell, shape (groups, cells).

    None for a side whose rows are independent.
    """

    reference: Array | None
    current: Array | None

    @property
    def any(self) -> bool:
        """Whether the rows of either side come in groups."""
        return self.reference is not None or self.current is not None


NONE = Groups(None, None)


def distance(sides: Sides, method: CellMethod) -> float:
    """The effect size: 0 for equal distributions.

    * ``total_variation``: half the sum of absolute differences: the share of rows that moved.
    * ``hellinger``: the distance (Hellinger 1909), in [0, 1]: sqrt(1 - sum of sqrt(p q)).
    * ``jensen_shannon``: the distance, base 2 (Lin 1991; Endres & Schindelin 2003), in [0, 1].
    * ``psi``: population stability index, in nats, with shares below 0.0001 raised to that
      (Siddiqi 2006, Credit Risk Scorecards). Its bias is about (cells - 1) (1/n + 1/m) (Yurdakul &
      Naranjo 2020, Journal of Risk Model Validation 14:4): with many cells it overreacts.
    * ``kl``: divergence of the current distribution from the reference (Kullback & Leibler 1951),
      in nats, with shares raised as for ``psi``; with sums that differ by that, the term q - p is
      added for each cell (Csiszár 1975, Annals of Probability 3:1), so that it is never negative.
    * ``chi_square``: Cramér's V of the table samples × cells (Cramér 1946), in [0, 1]; chi-square
      itself grows with n and has no scale.
    """
    return float(_NORMS[method](sides)) ** (2 if method in _SQUARES else 1)


def interval(
    sides: Sides, method: CellMethod, *, level: float, seed: int, groups: Groups = NONE
) -> Interval:
    """Interval of :func:`distance` from a bootstrap of its sampling error.

    Simulated coverage of independent rows is at least 95 % for 95 %, but for: equal distributions
    over cells that expect about one row (85 to 91 %, total variation 92 to 95 %), and ``psi`` and
    ``chi_square`` of distributions far apart in samples 100 times different in size (87 %).

    Args:
        groups: of rows that are not independent, over the same cells. The interval is unbounded
            (but for the ends of the scale) where a side has fewer than two.
    """
    norm = _NORMS[method]
    value = float(norm(sides))
    if sides.reference.shape[-1] == 1 and not groups.any:
        return _of_one_cell(sides, method, level)
    error = sampling_error(
        sides,
        norm if method == "total_variation" else lambda drawn: norm(_within(drawn)),
        level=level,
        seed=seed,
        groups=groups,
    )
    name = WILD if groups.any else MULTINOMIAL
    low, high = max(0.0, value - error), value + error
    if method in _SQUARES:
        return Interval(low**2, high**2, name)
    return Interval(low, min(1.0, high), name)


def _of_one_cell(sides: Sides, method: CellMethod, level: float) -> Interval:
    """Interval where all rows of both samples are in one cell: no resampling shows another.

    Each side may have others, at most with the share that its rows leave open (exact binomial:
    Clopper & Pearson 1934, Biometrika 26:404), and at worst in different cells.
    """
    tail = (1 - level) / 2
    first, second = (1 - tail ** (1 / n) for n in (sides.reference_n, sides.current_n))
    furthest = max(
        distance(
            sides._replace(reference=np.array([1 - p, p, 0.0]), current=np.array([1 - q, 0.0, q])),
            method,
        )
        for p, q in ((first, second), (0.0, second), (first, 0.0))
    )
    return Interval(0.0, furthest, "clopper-pearson")


def sampling_error(
    sides: Sides,
    norm: Callable[[Sides], Array],
    *,
    level: float,
    seed: int,
    groups: Groups = NONE,
) -> float:
    """Quantile at ``level`` of ``norm`` between samples from the average of both distributions.

    ``norm`` is given samples of shape (draws, cells) and returns shape (draws,). More draws are
    taken for a level so high that few would lie beyond it.

    Where rows come in ``groups``, half of the difference of both sides' sampling errors is added to
    the average and half subtracted, which may lead to shares below 0. The quantile is never less
    than that for independent rows: what is equal in all groups, they tell nothing of. Infinite
    where a side has fewer than two groups.
    """
    draws = int(min(20_000, max(2_000, 20 / (1 - level))))
    p, q, n, m = sides
    # Half a pseudo-count per cell (Jeffreys): small samples look more concentrated than what they
    # are drawn from, and would promise too little error.
    average = (p + q) / 2 + (1 / n + 1 / m) / 8
    average /= average.sum()
    if not groups.any and norm in _NORMS.values():
        known = _distances(norm, average.tobytes(), n, m, draws, seed)
        return float(np.quantile(known, level, method="higher"))
    rng = np.random.default_rng(seed)
    samples = [multinomial(average, size, draws, rng) / size for size in (n, m)]
    found = float(np.quantile(norm(Sides(samples[0], samples[1], n, m)), level, method="higher"))
    if groups.any:
        errors = [
            sample - average if counts is None else group_errors(counts, draws, rng)
            for sample, counts in zip(samples, groups, strict=True)
        ]
        if errors[0] is None or errors[1] is None:
            return math.inf
        half = (errors[1] - errors[0]) / 2
        drawn = norm(Sides(average - half, average + half, n, m))
        found = max(found, float(np.quantile(drawn, level, method="higher")))
    return found


@lru_cache(maxsize=256)  # a family judged together asks again at each of its levels
def _distances(
    norm: Callable[[Sides], Array], average: bytes, n: int, m: int, draws: int, seed: int
) -> Array:
    """``norm`` between samples of ``n`` and ``m`` rows from one distribution, shape (draws,)."""
    shares = np.frombuffer(average)
    rng = np.random.default_rng(seed)
    samples = [multinomial(shares, size, draws, rng) / size for size in (n, m)]
    return norm(Sides(samples[0], samples[1], n, m))


def multinomial(shares: Array, size: int, draws: int, rng: np.random.Generator) -> Array:
    """Rows of each cell in samples of ``size``, shape (draws, cells).

    The rows of cells that expect a hundred or more are drawn from the normal distribution which
    theirs tends to, given those of the others: that takes a quarter of the time. Their skewness is
    below 0.1, and cancels in the difference of two samples of like size.
    """
    many = shares * size >= _MANY
    if many.sum() < 2:
        return np.asarray(rng.multinomial(size, shares, size=draws), dtype=np.float64)
    of_many = min(1.0, shares[many].sum())  # the sum of all shares may round to a hair more
    drawn = np.empty((draws, len(shares)))
    few = rng.multinomial(size, np.append(shares[~many], of_many), size=draws)
    drawn[:, ~many] = few[:, :-1]
    rows, inner = few[:, -1:].astype(np.float64), shares[many] / of_many
    z = rng.standard_normal((draws, len(inner)))
    z *= np.sqrt(inner)
    z -= inner * z.sum(axis=1, keepdims=True)
    z *= np.sqrt(rows)
    z += rows * inner
    drawn[:, many] = z
    return drawn


def _within(sides: Sides) -> Sides:
    """Shares below 0 raised to that."""
    return sides._replace(
        reference=np.maximum(sides.reference, 0.0), current=np.maximum(sides.current, 0.0)
    )


def _total_variation(sides: Sides) -> Array:
    return np.asarray(np.abs(sides.current - sides.reference).sum(axis=-1) / 2)


def _jensen_shannon(sides: Sides) -> Array:
    middle = (sides.reference + sides.current) / 2
    bits = sum(
        np.where(s > 0, s * np.log2(np.where(s > 0, s, 1.0) / np.where(middle > 0, middle, 1.0)), 0)
        for s in (sides.reference, sides.current)
    )
    return np.asarray(np.sqrt(np.maximum(np.sum(bits, axis=-1) / 2, 0.0)))


def _hellinger(sides: Sides) -> Array:
    # not 1 - sum(sqrt(p q)), which cancels where the two are nearly equal
    gaps = (np.sqrt(sides.reference) - np.sqrt(sides.current)) ** 2
    return np.asarray(np.sqrt(gaps.sum(axis=-1) / 2))


def _root_kl(sides: Sides) -> Array:
    p, q = np.maximum(sides.reference, FLOOR), np.maximum(sides.current, FLOOR)
    return np.asarray(np.sqrt(np.maximum((q * np.log(q / p) - q + p).sum(axis=-1), 0.0)))


def _root_psi(sides: Sides) -> Array:
    p, q = np.maximum(sides.reference, FLOOR), np.maximum(sides.current, FLOOR)
    return np.asarray(np.sqrt(((q - p) * np.log(q / p)).sum(axis=-1)))


def _cramers_v(sides: Sides) -> Array:
    mix = sides.reference_n / (sides.reference_n + sides.current_n)
    pooled = mix * sides.reference + (1 - mix) * sides.current
    squares = (sides.current - sides.reference) ** 2 / np.where(pooled > 0, pooled, 1.0)
    return np.asarray(np.sqrt(mix * (1 - mix) * squares.sum(axis=-1)))


_NORMS: dict[CellMethod, Callable[[Sides], Array]] = {
    "total_variation": _total_variation,
    "hellinger": _hellinger,
    "jensen_shannon": _jensen_shannon,
    "psi": _root_psi,
    "kl": _root_kl,
    "chi_square": _cramers_v,
}
