"""Normal mixtures: the mSPRT, its always-valid p-value, and the interval that goes with it.

An estimate with variance ``V`` (its squared standard error, shrinking as data come in) is tested
by the likelihood ratio of ``null`` against effects drawn from ``Normal(null, tau2)``. That ratio is
a martingale while the null holds (Robbins 1970, Ann Math Stat 41:1397; Johari, Koomen, Pekelis &
Walsh 2017, KDD 1517, and 2022, Oper Res 70:1806), so it exceeds 1/alpha at any look, ever, with
a probability of at most alpha (Ville 1939).

It is exact for a mean of normal values with known variance. With the estimated variance, and for
any estimate that is a mean up to smaller terms, it holds asymptotically: Waudby-Smith, Arbour,
Sinha, Kennedy & Ramdas (2024), Ann Stat 52:2613. The difference of two independent estimates is
such an estimate, however the traffic was divided: the covariance of two looks is the variance at
the later one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from assay.inference.interval import Interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def tuning(level: float) -> float:
    """``tau2 / V`` at which the interval of this level is shortest: 8.21 for 0.95, whatever ``V``.

    The solution of ``x = ln(1 + x) + 2 ln(1 / alpha)``, which Waudby-Smith et al. (2024) write with
    Lambert's W.

    Raises:
        ValueError: the level is not inside (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    constant = -2 * math.log1p(-level)
    x = constant + 1.0
    for _ in range(200):  # a contraction of factor 1 / (1 + x)
        x, before = math.log1p(x) + constant, x
        if abs(x - before) <= 1e-14 * x:
            break
    return x


def multiplier(fraction: ArrayLike, level: float) -> NDArray[np.float64]:
    """Standard errors from the estimate to the ends of its interval: 1.96 would be for one look.

    Args:
        fraction: of the planned information: rows so far over the rows that it is tuned for;
            above 0, may exceed 1; any shape.
        level: confidence that the intervals of all looks hold at once.

    Raises:
        ValueError: a fraction is not a finite number above 0, or the level not inside (0, 1).
    """
    share = np.asarray(fraction, dtype=float)
    if not np.all((share > 0) & np.isfinite(share)):
        raise ValueError("the fraction of the plan must be a finite number above 0")
    x = tuning(level) * share
    found: NDArray[np.float64] = np.sqrt((1 + 1 / x) * (np.log1p(x) - 2 * math.log1p(-level)))
    return found


def log_e_value(z: ArrayLike, ratio: ArrayLike) -> NDArray[np.float64]:
    """Logarithm of the mixture's likelihood ratio, an e-process while the null holds.

    Args:
        z: ``(estimate - null) / sqrt(V)`` at the look.
        ratio: ``tau2 / V`` at the look, above 0.
    """
    x, score = np.asarray(ratio, dtype=float), np.asarray(z, dtype=float)
    if not np.all(x > 0) or np.any(np.isnan(score)):
        raise ValueError("the ratio of variances must be above 0, and z a number")
    found: NDArray[np.float64] = (score**2 * x / (1 + x) - np.log1p(x)) / 2
    return found


def msprt_p_value(
    estimate: float, variance: float, *, null: float = 0.0, mixing_variance: float
) -> float:
    """Always-valid p-value of this look (two-sided); the least of all looks so far is valid too.

    Args:
        variance: of the estimate (its squared standard error).
        mixing_variance: ``tau2``, of the effects that are looked for; chosen beforehand.

    Raises:
        ValueError: a variance is not above 0, or a number not finite.
    """
    _finite(estimate, variance, null, mixing_variance)
    z = (estimate - null) / math.sqrt(variance)
    return min(1.0, math.exp(-float(log_e_value(z, mixing_variance / variance))))


def msprt_interval(
    estimate: float, variance: float, level: float, *, mixing_variance: float
) -> Interval:
    """The values that the mSPRT of this ``mixing_variance`` does not reject at ``1 - level``.

    Raises:
        ValueError: as :func:`msprt_p_value`.
    """
    _finite(estimate, variance, 0.0, mixing_variance)
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    x = mixing_variance / variance
    z = math.sqrt((1 + 1 / x) * (math.log1p(x) - 2 * math.log1p(-level)))
    half = z * math.sqrt(variance)
    return Interval(estimate - half, estimate + half, "msprt")


def _finite(estimate: float, variance: float, null: float, mixing_variance: float) -> None:
    if not all(map(math.isfinite, (estimate, variance, null, mixing_variance))):
        raise ValueError("the estimate and its variances must be finite")
    if variance <= 0 or mixing_variance <= 0:
        raise ValueError("variances must be above 0: nothing varies, so nothing can be tested")
