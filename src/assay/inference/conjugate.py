"""Posterior distributions of differences, with conjugate priors: beta-binomial and normal.

No random numbers: distributions of beta variates are averaged over quantiles of one of them.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.interval import Interval, z_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

POINTS = 4_000
"""Quantiles of one variate that the other's distribution is averaged over."""


class Beta(NamedTuple):
    """A beta distribution: of a proportion, ``prior + successes`` and ``prior + failures``."""

    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        """Its mean."""
        return self.alpha / (self.alpha + self.beta)

    def quantiles(self) -> NDArray[np.float64]:
        """Quantiles at the middles of :data:`POINTS` equal steps."""
        from scipy.special import betaincinv

        steps = (np.arange(POINTS) + 0.5) / POINTS
        found: NDArray[np.float64] = betaincinv(self.alpha, self.beta, steps)
        return found

    def below(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of a value of at most x; any shape."""
        from scipy.special import betainc

        found: NDArray[np.float64] = betainc(self.alpha, self.beta, np.clip(x, 0.0, 1.0))
        return found


def posterior(successes: float, n: float, *, alpha: float, beta: float) -> Beta:
    """The posterior of a proportion.

    Raises:
        ValueError: successes outside ``0..n``, or a prior's parameter not above 0.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} is not a proportion")
    if not (alpha > 0 and beta > 0):
        raise ValueError("the parameters of a beta prior must be above 0")
    return Beta(alpha + successes, beta + n - successes)


def probability_above(b: Beta, a: Beta) -> float:
    """Probability that a draw of ``b`` is above one of ``a``."""
    return float(1 - b.below(a.quantiles()).mean())


def expected_excess(a: Beta, b: Beta) -> float:
    """Expectation of ``max(a - b, 0)``: what is lost by taking ``b`` where ``a`` is higher."""
    at = a.quantiles()
    # E max(x - b, 0) = x P(b <= x) - E(b; b <= x), and the latter is a beta's distribution too
    partial = b.mean * Beta(b.alpha + 1, b.beta).below(at)
    return float((at * b.below(at) - partial).mean())


def probability_best(arms: Sequence[Beta]) -> list[float]:
    """For each arm, the probability that its proportion is the highest of all."""
    found = []
    for i, arm in enumerate(arms):
        at = arm.quantiles()
        others = [other.below(at) for j, other in enumerate(arms) if j != i]
        found.append(float(np.prod(others, axis=0).mean()))
    return found


def beta_difference(b: Beta, a: Beta, level: float) -> Interval:
    """Equal-tailed credible interval of ``b - a``."""
    at = a.quantiles()
    tail = (1 - level) / 2
    ends = [_solve(lambda d: float(b.below(at + d).mean()), p, -1.0, 1.0)
            for p in (tail, 1 - tail)]  # fmt: skip
    return Interval(ends[0], ends[1], "beta-binomial")


def beta_lift(b: Beta, a: Beta, level: float) -> Interval:
    """Equal-tailed credible interval of ``b / a - 1``."""
    at = a.quantiles()
    tail = (1 - level) / 2
    most = 1.0 / float(at[0]) if at[0] > 0 else 1e12

    def end(p: float) -> float:
        return _solve(lambda x: float(b.below(at * math.exp(x)).mean()), p, -40.0, math.log(most))

    return Interval(math.expm1(end(tail)), math.expm1(end(1 - tail)), "beta-binomial")


def _solve(rising: Callable[[float], float], target: float, low: float, high: float) -> float:
    """Where a rising function reaches the target."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return (low + high) / 2


class Normal(NamedTuple):
    """A normal distribution of an effect."""

    mean: float
    sd: float

    def interval(self, level: float) -> Interval:
        """Equal-tailed credible interval."""
        half = z_value(level) * self.sd
        return Interval(self.mean - half, self.mean + half, "normal-posterior")

    @property
    def above_zero(self) -> float:
        """Probability of an effect above 0."""
        return NormalDist().cdf(self.mean / self.sd)

    @property
    def expected_shortfall(self) -> float:
        """Expectation of ``max(-effect, 0)``."""
        z = self.mean / self.sd
        return self.sd * NormalDist().pdf(z) - self.mean * NormalDist().cdf(-z)


def normal_posterior(
    estimate: float, variance: float, *, mean: float = 0.0, sd: float | None = None
) -> Normal:
    """The posterior of an effect that is estimated with a normal error.

    Args:
        mean, sd: of the normal prior; an ``sd`` of None is flat.

    Raises:
        ValueError: the variance, or the prior's standard deviation, is not above 0.
    """
    if not variance > 0:
        raise ValueError("the estimate's variance must be above 0: nothing varies")
    if sd is None:
        return Normal(estimate, math.sqrt(variance))
    if not sd > 0:
        raise ValueError("a prior's standard deviation must be above 0")
    precision = 1 / variance + 1 / sd**2
    return Normal((estimate / variance + mean / sd**2) / precision, math.sqrt(1 / precision))
