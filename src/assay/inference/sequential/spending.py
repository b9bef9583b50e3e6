"""Group-sequential designs: a number of looks that is planned, and error spent over them.

Boundaries follow from the joint normal distribution of the statistics at the looks, by the
recursive integration of Armitage, McPherson & Rowe (1969), J R Stat Soc A 132:235; spending
functions are Lan & DeMets' (1983), Biometrika 70:659. All are two-sided and symmetric, as in
Jennison & Turnbull (2000), Group Sequential Methods, chapters 2, 7 and 19.

A boundary ``z`` becomes a repeated confidence interval by asking a metric at the level of
:func:`levels`: those intervals hold at all planned looks together (Jennison & Turnbull 1989, J R
Stat Soc B 51:305). They are shorter than intervals that hold at any look at all.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Spending = Callable[[float, float], float]
    """Error spent when a fraction of the information is there, of a whole ``alpha``."""

_NORMAL = NormalDist()
_CELLS = 16
"""Gauss-Legendre panels over the continuation region, of 12 points each."""
_POINTS = 12
_FARTHEST = 9.0
"""Boundaries beyond 9 standard errors are not reached: a probability of 2e-19."""


def obrien_fleming(fraction: float, alpha: float) -> float:
    """Spends little early: ``2 - 2 Phi(z(alpha / 2) / sqrt(t))`` for one side's ``alpha``."""
    return 2 * _NORMAL.cdf(_NORMAL.inv_cdf(alpha / 2) / math.sqrt(fraction))


def pocock(fraction: float, alpha: float) -> float:
    """Spends about evenly: ``alpha ln(1 + (e - 1) t)`` (Lan & DeMets 1983)."""
    return alpha * math.log1p((math.e - 1) * fraction)


class Exits(NamedTuple):
    """Probability of crossing first at each look, above and below; shape (looks,)."""

    upper: NDArray[np.float64]
    lower: NDArray[np.float64]


def boundaries(
    fractions: Sequence[float], level: float, *, spending: Spending = obrien_fleming
) -> NDArray[np.float64]:
    """Two-sided boundaries for the standardised statistic, one for each look.

    Args:
        fractions: of the whole information at the looks, increasing, in (0, 1]; looks may be
            decided upon as they come, if that does not depend on what was seen.
        level: confidence over all looks together; 1 - level is spent, half on each side.
        spending: :func:`obrien_fleming` or :func:`pocock`, or one of your own that grows to alpha.

    Raises:
        ValueError: the fractions do not increase within (0, 1], or the level is not inside (0, 1).
    """
    times = _times(fractions)
    side = _side(level)
    density = _Density()
    found, spent = [], 0.0
    for t in times:
        now = min(spending(float(t), side), side)
        z = density.boundary(float(t), max(now - spent, 0.0))
        density.advance(float(t), -z, z)
        spent = max(now, spent)
        found.append(z)
    return np.array(found)


def wang_tsiatis(looks: int, level: float, *, delta: float = 0.0) -> NDArray[np.float64]:
    """Boundaries ``c (k / looks)**(delta - 1/2)`` at equal looks.

    Wang & Tsiatis (1987), Biometrics 43:193: ``delta`` 0 is O'Brien & Fleming's shape
    (1979), 0.5 is Pocock's (1977).

    Raises:
        ValueError: fewer than one look, or the level is not inside (0, 1).
    """
    if looks < 1:
        raise ValueError("a design needs at least one look")
    times = np.arange(1, looks + 1) / looks
    shape = times ** (delta - 0.5)
    alpha = 2 * _side(level)
    low, high = _NORMAL.inv_cdf(1 - alpha / 2), _NORMAL.inv_cdf(1 - alpha / (2 * looks)) + 1e-9
    for _ in range(60):
        middle = (low + high) / 2
        exits = exit_probabilities(middle * shape, times.tolist())
        low, high = (middle, high) if exits.upper.sum() * 2 > alpha else (low, middle)
    return high * shape


def exit_probabilities(
    bounds: NDArray[np.float64], fractions: Sequence[float], *, drift: float = 0.0
) -> Exits:
    """How probable it is to cross ``±bounds`` first at each look.

    Args:
        drift: the expected standardised statistic at fraction 1: effect over its standard error
            there. 0 gives the error rate; a planned effect gives the power and the expected size.

    Raises:
        ValueError: as :func:`boundaries`, or the boundaries are not one for each look.
    """
    times = _times(fractions)
    if len(bounds) != len(times) or not np.all(np.asarray(bounds) > 0):
        raise ValueError("there must be one boundary above 0 for each look")
    density = _Density(drift)
    exits = []
    for t, z in zip(times, bounds, strict=True):
        exits.append(density.beyond(float(t), float(z)))
        density.advance(float(t), -float(z), float(z))
    upper, lower = np.array(exits).T
    return Exits(upper, lower)


def levels(bounds: NDArray[np.float64]) -> list[float]:
    """The level of an ordinary interval at each look, whose ends are then the boundary's."""
    return [min(math.erf(float(z) / math.sqrt(2)), 1 - 1e-13) for z in bounds]


class _Density:
    """Of the score ``S = z sqrt(t)``, on the event that no boundary was crossed so far.

    ``S`` is a Brownian motion with drift: increments are ``Normal(drift dt, dt)``.
    """

    def __init__(self, drift: float = 0.0) -> None:
        self._drift = drift
        self._t = 0.0
        self._at = np.zeros(1)
        self._mass = np.ones(1)  # probability carried by each point

    def beyond(self, t: float, z: float) -> tuple[float, float]:
        """Probability that the statistic at ``t`` is above ``z``, and below ``-z``."""
        from scipy.special import ndtr

        spread = math.sqrt(t - self._t)
        centre = self._at + self._drift * (t - self._t)
        edge = z * math.sqrt(t)
        above = ndtr((centre - edge) / spread) @ self._mass
        below = ndtr((-edge - centre) / spread) @ self._mass
        return float(above), float(below)

    def boundary(self, t: float, probability: float) -> float:
        """The ``z`` above which the statistic at ``t`` is with this probability."""
        low, high = 0.0, _FARTHEST
        if self.beyond(t, high)[0] >= probability:
            return high
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.beyond(t, middle)[0] > probability else (low, middle)
        return high

    def advance(self, t: float, lower: float, upper: float) -> None:
        """Go to time ``t``, and keep what lies between the boundaries ``lower`` and ``upper``."""
        scale, spread = math.sqrt(t), math.sqrt(t - self._t)
        centre = self._at + self._drift * (t - self._t)
        least = max(lower * scale, float(centre.min()) - _FARTHEST * spread)
        most = min(upper * scale, float(centre.max()) + _FARTHEST * spread)
        panels = max(_CELLS, math.ceil((most - least) / (2 * spread)))  # the kernel is as narrow
        nodes, weights = np.polynomial.legendre.leggauss(_POINTS)
        edges = np.linspace(least, most, panels + 1)
        half = (edges[1] - edges[0]) / 2
        at = (edges[:-1, None] + half * (1 + nodes)).ravel()
        kernel = np.exp(-(((at[:, None] - centre) / spread) ** 2) / 2)
        density = kernel @ self._mass / (spread * math.sqrt(2 * math.pi))
        self._t, self._at, self._mass = t, at, density * np.tile(weights * half, panels)


def _times(fractions: Sequence[float]) -> NDArray[np.float64]:
    times = np.asarray(fractions, dtype=float)
    if times.ndim != 1 or not times.size:
        raise ValueError("a design needs at least one look")
    if not (times[0] > 0 and times[-1] <= 1 + 1e-12 and np.all(np.diff(times) > 0)):
        raise ValueError("the fractions of information must increase within (0, 1]")
    return times


def _side(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    return (1 - level) / 2
