"""The area under the ROC curve of classes of which some quantiles are known, not the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.delong import SMALL, newcombe_area
from assay.inference.distribution import Distribution
from assay.inference.interval import Interval, logit_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from assay.states import QuantilesState

    Array = NDArray[np.float64]


class QuantileArea(NamedTuple):
    """How well a number ranks a class above the rest.

    Attributes:
        value: share of pairs in which the class has the greater number, ties counted half.
        variance: of DeLong, DeLong & Clarke-Pearson (1988, Biometrics 44:837).
        n, others: values of the class, and of the rest.
        resolution: greatest error of ``value``, for what lies between the known quantiles.
    """

    value: float
    variance: float
    n: int
    others: int
    resolution: float

    @property
    def strength(self) -> float:
        """Rank-biserial correlation without its sign (Cureton 1956): 0 to 1, ``|2 area - 1|``.

        It is the Gini coefficient of the number as a score, and Somers' D of it given the class.
        """
        return min(1.0, abs(2 * self.value - 1))

    def interval(self, level: float) -> Interval:
        """Ends of the strength."""
        if min(self.n, self.others) < SMALL or not 0 < self.value < 1 or self.variance <= 0:
            value = min(max(self.value, 0.0), 1.0)
            low, high, method = newcombe_area(value, self.n, self.others, level)
        else:
            low, high, method = logit_interval(
                self.value, self.variance, level, method="delong-logit"
            )
        low, high = max(0.0, low - self.resolution), min(1.0, high + self.resolution)
        ends = sorted((abs(2 * low - 1), abs(2 * high - 1)))
        return Interval(0.0 if low <= 0.5 <= high else ends[0], ends[1], method)


class _Pieces(NamedTuple):
    """Distribution functions at all knots, ascending: shares below, and at or below, each."""

    before: Array
    upto: Array

    def mix(self, shares: _Pieces, own: float, other: float) -> _Pieces:
        """The two, weighted."""
        return _Pieces(*(own * a + other * b for a, b in zip(self, shares, strict=True)))


def areas(states: Sequence[QuantilesState]) -> list[QuantileArea]:
    """One for each class against all others, from quantiles at ``quantile_grid.GRID``.

    Between the knots both distribution functions are straight lines, for which the integrals are
    exact; where every value is known (200 of a class or fewer) so is the area.

    Raises:
        ValueError: fewer than two classes have values.
    """
    if sum(state.n > 0 for state in states) < 2 or any(state.n == 0 for state in states):
        raise ValueError("areas need two classes or more, each with a value")
    known = [d for d in map(Distribution.of, states) if d is not None]
    t = np.unique(np.concatenate([d.knots for d in known]))
    pieces = [_Pieces(d.share_before(t), d.share_upto(t)) for d in known]
    sizes = [state.n for state in states]
    n = sum(sizes)
    weights = np.array(sizes) / n
    whole = _Pieces(*(np.tensordot(weights, np.array([p[i] for p in pieces]), 1) for i in (0, 1)))
    found = []
    for own, size, d in zip(pieces, sizes, known, strict=True):
        rest = whole.mix(own, n / (n - size), -size / (n - size))
        others = max((e.resolution for e in known if e is not d), default=0.0)
        found.append(_area(own, rest, size, n - size, d.resolution + others))
    return found


def _area(own: _Pieces, rest: _Pieces, m: int, n: int, resolution: float) -> QuantileArea:
    below, below_square = _moments(rest, own)
    above, above_square = _moments(own, rest)
    variance = max(0.0, below_square - below**2) / max(m - 1, 1)
    variance += max(0.0, above_square - above**2) / max(n - 1, 1)
    return QuantileArea(min(max(below, 0.0), 1.0), variance, m, n, resolution)


def _moments(of: _Pieces, over: _Pieces) -> tuple[float, float]:
    """Mean and mean square of the distribution function ``of`` (ties half) over another."""
    middle, atoms = (of.before + of.upto) / 2, over.upto - over.before
    a, b = of.upto[:-1], of.before[1:]
    between = over.before[1:] - over.upto[:-1]
    mean = float(atoms @ middle + between @ (a + b) / 2)
    square = float(atoms @ middle**2 + between @ (a * a + a * b + b * b) / 3)
    return mean, square
