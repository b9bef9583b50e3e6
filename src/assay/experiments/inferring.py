"""A contrast as a person chose to infer from it: frequentist, sequential or Bayesian."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from assay.experiments.contrasts import MeanContrast, ShareContrast
from assay.inference.conjugate import (
    Beta,
    Normal,
    beta_difference,
    beta_lift,
    expected_excess,
    normal_posterior,
    posterior,
    probability_above,
)
from assay.inference.interval import Interval
from assay.inference.sequential.anytime import anytime_level
from assay.inference.sequential.mixture import log_e_value, tuning

if TYPE_CHECKING:
    from assay.experiments.contrasts import Contrast
    from assay.experiments.spec import AnalysisSpec, Priors


class Inference(ABC):
    """Intervals at any level, and the method's own figures (None where it has none)."""

    p_value: float | None = None
    probability_better: float | None = None
    expected_loss: float | None = None

    @abstractmethod
    def difference(self, level: float) -> Interval:
        """Interval for the difference."""

    @abstractmethod
    def lift(self, level: float) -> Interval | None:
        """Interval for the relative difference, where it makes sense."""


def infer(contrast: Contrast, analysis: AnalysisSpec, *, higher_is_better: bool) -> Inference:
    """The inference that an analysis asks for."""
    if analysis.method == "bayesian":
        if isinstance(contrast, ShareContrast):
            return _betas(contrast, analysis.priors, higher_is_better=higher_is_better)
        return _normals(contrast, analysis.priors, higher_is_better=higher_is_better)
    if analysis.planned is not None and analysis.method == "sequential":
        total = contrast.control_n + contrast.n
        return Sequential(contrast, total / analysis.planned, analysis.level)
    return Frequentist(contrast)


@dataclass(frozen=True, slots=True)
class Frequentist(Inference):
    """Intervals for one look at data whose size was fixed beforehand."""

    contrast: Contrast

    @property
    def p_value(self) -> float:  # type: ignore[override]
        """Two-sided."""
        return self.contrast.p_value

    def difference(self, level: float) -> Interval:
        return self.contrast.difference(level)

    def lift(self, level: float) -> Interval | None:
        return self.contrast.lift(level)


@dataclass(frozen=True, slots=True)
class Sequential(Inference):
    """Intervals that hold at every look together (:mod:`assay.inference.sequential.anytime`).

    Attributes:
        fraction: of the units that were planned, how many there are.
        level: that the sequence is tuned for.
    """

    contrast: Contrast
    fraction: float
    level: float

    @property
    def p_value(self) -> float:  # type: ignore[override]
        """Always valid: 1 over the likelihood ratio of the normal mixture at the z-value."""
        p = min(max(self.contrast.p_value, 1e-300), 1.0)
        z = NormalDist().inv_cdf(p / 2)
        return min(1.0, math.exp(-float(log_e_value(z, tuning(self.level) * self.fraction))))

    def difference(self, level: float) -> Interval:
        found = self.contrast.difference(anytime_level(self.fraction, level))
        return found._replace(method=f"{found.method}-anytime")

    def lift(self, level: float) -> Interval | None:
        found = self.contrast.lift(anytime_level(self.fraction, level))
        return found and found._replace(method=f"{found.method}-anytime")


@dataclass(frozen=True, slots=True)
class Betas(Inference):
    """Posteriors of two proportions."""

    control: Beta
    arm: Beta
    probability_better: float
    expected_loss: float

    def difference(self, level: float) -> Interval:
        return beta_difference(self.arm, self.control, level)

    def lift(self, level: float) -> Interval | None:
        return beta_lift(self.arm, self.control, level)


@dataclass(frozen=True, slots=True)
class Normals(Inference):
    """Normal posteriors of the difference and of the lift."""

    of_difference: Normal
    of_lift: Normal | None
    probability_better: float
    expected_loss: float

    def difference(self, level: float) -> Interval:
        return self.of_difference.interval(level)

    def lift(self, level: float) -> Interval | None:
        return self.of_lift and self.of_lift.interval(level)


def _betas(contrast: ShareContrast, priors: Priors, *, higher_is_better: bool) -> Betas:
    a, b = (
        posterior(share.successes, share.n, alpha=priors.alpha, beta=priors.beta)
        for share in (contrast.control, contrast.arm)
    )
    above = probability_above(b, a)
    if higher_is_better:
        return Betas(a, b, above, expected_excess(a, b))
    return Betas(a, b, 1 - above, expected_excess(b, a))


def _normals(contrast: Contrast, priors: Priors, *, higher_is_better: bool) -> Normals:
    """With the prior of the lift, which is that of the difference times the control's value."""
    scale = abs(contrast.control_value)
    if priors.lift_sd is not None and scale == 0:
        raise ValueError("the control's value is 0, so a prior of the lift says nothing")
    sd = None if priors.lift_sd is None else priors.lift_sd * scale
    estimate = contrast.value - contrast.control_value
    if not math.isfinite(contrast.variance):
        raise ValueError("the interval is not bounded, so there is no variance for a posterior")
    found = normal_posterior(estimate, contrast.variance, mean=priors.lift_mean * scale, sd=sd)
    lift = None
    error = _lift_error(contrast)
    if error is not None:
        lift = normal_posterior(
            estimate / scale, error**2, mean=priors.lift_mean, sd=priors.lift_sd
        )
    flipped = found if higher_is_better else Normal(-found.mean, found.sd)
    return Normals(found, lift, flipped.above_zero, flipped.expected_shortfall)


def _lift_error(contrast: Contrast) -> float | None:
    """Standard error of the lift by the delta method."""
    a, b = contrast.control_value, contrast.value
    if a <= 0:
        return None
    if isinstance(contrast, MeanContrast):
        below, above = contrast.control.variance, contrast.arm.variance
        return math.sqrt(above / a**2 + b**2 * below / a**4)
    one_sigma = contrast.lift(math.erf(1 / math.sqrt(2)))
    if one_sigma is None or not math.isfinite(one_sigma.high - one_sigma.low):
        return None
    return (one_sigma.high - one_sigma.low) / 2
