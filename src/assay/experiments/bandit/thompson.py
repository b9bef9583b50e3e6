"""Thompson sampling: each arm gets units with the probability that it is the best.

Thompson (1933), Biometrika 25:285; batched, as units are assigned by the weights of a round. The
probabilities are computed, not drawn, so they can be put on record exactly: what inference after
the bandit (:mod:`assay.inference.adaptive`) rests on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Reward = Literal["bernoulli", "gaussian"]

POINTS = 2_000
"""Quantiles of one arm's posterior that the others' distributions are averaged over."""


class ArmData(NamedTuple):
    """An arm's outcomes so far: units, their mean, the sum of squared deviations from it."""

    n: float
    mean: float = 0.0
    squares: float = 0.0


class Posterior(NamedTuple):
    """Of an arm's mean: a Beta distribution, or a Student t of a location and a scale."""

    reward: Reward
    a: float
    b: float
    df: float = math.inf

    def quantiles(self) -> NDArray[np.float64]:
        """Quantiles at the middles of :data:`POINTS` equal steps."""
        from scipy.special import betaincinv, stdtrit

        steps = (np.arange(POINTS) + 0.5) / POINTS
        if self.reward == "bernoulli":
            return np.asarray(betaincinv(self.a, self.b, steps), dtype=np.float64)
        return np.asarray(self.a + self.b * stdtrit(self.df, steps), dtype=np.float64)

    def below(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of a mean of at most ``x``."""
        from scipy.special import betainc, stdtr

        if self.reward == "bernoulli":
            return np.asarray(betainc(self.a, self.b, x), dtype=np.float64)
        return np.asarray(stdtr(self.df, (x - self.a) / self.b), dtype=np.float64)


def posteriors(arms: Sequence[ArmData], reward: Reward) -> tuple[Posterior, ...]:
    """Posteriors of the arms' means.

    ``bernoulli``: a Beta with Jeffreys' prior, Beta(1/2, 1/2). ``gaussian``: the
    normal-inverse-gamma posterior whose prior counts as one unit at the mean of all arms, with
    their pooled variance on one degree of freedom (a unit-information prior: Kass & Wasserman 1995,
    JASA 90:928); so an arm without units is neither out of the question nor sure to be best.

    Raises:
        ValueError: numbers that are not finite or negative, Bernoulli means outside 0..1, or
            Gaussian outcomes of which none varies.
    """
    for arm in arms:
        if not all(map(math.isfinite, arm)) or arm.n < 0 or arm.squares < 0:
            raise ValueError("units and squares must be 0 or more, and all numbers finite")
    if reward == "bernoulli":
        if any(not 0 <= arm.mean <= 1 for arm in arms if arm.n):
            raise ValueError("outcomes of a Bernoulli bandit are 0 or 1")
        return tuple(
            Posterior(reward, 0.5 + arm.n * arm.mean, 0.5 + arm.n * (1 - arm.mean))
            for arm in arms
        )  # fmt: skip
    units = sum(arm.n for arm in arms)
    within = sum(arm.squares for arm in arms)
    if not within > 0:
        raise ValueError("the outcomes do not vary: a Gaussian bandit cannot weigh them yet")
    centre = sum(arm.n * arm.mean for arm in arms) / units
    spread = within / max(units - sum(arm.n > 0 for arm in arms), 1.0)
    return tuple(_student(arm, centre, spread) for arm in arms)


def _student(arm: ArmData, centre: float, spread: float) -> Posterior:
    """Murphy (2007), Conjugate Bayesian analysis of the Gaussian distribution, section 3."""
    weight = 1 + arm.n
    location = (centre + arm.n * arm.mean) / weight
    df = 1 + arm.n
    scale = (spread + arm.squares + arm.n * (arm.mean - centre) ** 2 / weight) / df
    return Posterior("gaussian", location, math.sqrt(scale / weight), df)


def probability_best(arms: Sequence[Posterior], *, higher_is_better: bool = True) -> list[float]:
    """For each arm, the probability that its mean is the best of all; they sum to 1."""
    found = []
    for i, arm in enumerate(arms):
        at = arm.quantiles()
        others = [other.below(at) for j, other in enumerate(arms) if j != i]
        if not higher_is_better:
            others = [1 - below for below in others]
        found.append(float(np.prod(others, axis=0).mean()) if others else 1.0)
    total = sum(found)
    return [p / total for p in found]


def next_probabilities(
    arms: Sequence[ArmData],
    reward: Reward,
    *,
    floor: float = 0.05,
    higher_is_better: bool = True,
) -> list[float]:
    """The arms' probabilities in the next batch: Thompson's, but none below the floor.

    Args:
        floor: the least probability of an arm. Inference afterwards needs that no arm is given up:
            a batch should be expected to have ten units in each arm, so at least ten over the
            units of a batch.

    Raises:
        ValueError: as :func:`posteriors`; fewer than two arms, or floors that exceed 1 together.
    """
    k = len(arms)
    if k < 2:
        raise ValueError("a bandit needs at least two arms")
    if not 0 <= floor * k < 1:
        raise ValueError(f"a floor of {floor:g} in each of {k} arms leaves nothing to choose")
    even = [1 / k] * k
    if not any(arm.n for arm in arms):
        return even
    best = probability_best(posteriors(arms, reward), higher_is_better=higher_is_better)
    mixed = [floor + (1 - k * floor) * p for p in best]
    return [p / sum(mixed) for p in mixed]
