"""Confidence sequences for a mean and for differences, from counts, means and variances alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from assay.inference.interval import Interval
from assay.inference.sequential.mixture import multiplier, tuning

if TYPE_CHECKING:
    from assay.inference.differences import Share


class Summary(NamedTuple):
    """``n >= 1`` values with their mean and sample variance (divisor n - 1; 0 where n is 1)."""

    n: int
    mean: float
    variance: float


def asymptotic(
    estimate: float, standard_error: float, n: float, level: float, *, tuned_for: float
) -> Interval:
    """Confidence sequence for any asymptotically normal estimate that rests on ``n`` rows.

    Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), Ann Stat 52:2613, theorem 2.2, with rho
    tuned so that the interval is shortest at ``tuned_for`` rows. It holds at all looks at once, the
    better the later the first look is. Where nothing has varied yet (a standard error of 0), the
    interval is unbounded: such data say nothing about how far off the estimate is.

    Raises:
        ValueError: a number is not finite, n or ``tuned_for`` not above 0, the error negative.
    """
    if not (math.isfinite(estimate) and math.isfinite(standard_error)):
        raise ValueError("the estimate and its standard error must be finite")
    if standard_error < 0:
        raise ValueError("a standard error must not be negative")
    z = float(multiplier(_fraction(n, tuned_for), level))
    if standard_error == 0:
        return Interval(-math.inf, math.inf, "asymptotic-sequence")
    half = z * standard_error
    return Interval(estimate - half, estimate + half, "asymptotic-sequence")


def mean(of: Summary, level: float, *, tuned_for: float) -> Interval:
    """Asymptotic confidence sequence for a mean: see :func:`asymptotic`."""
    _checked(of)
    error = math.sqrt(of.variance / of.n)
    return asymptotic(of.mean, error, of.n, level, tuned_for=tuned_for)


def t_mixture(of: Summary, level: float, *, tuned_for: float) -> Interval:
    """Confidence sequence for the mean of normal values whose variance is not known; exact.

    The t statistic against effect sizes drawn from ``Normal(0, tuning / tuned_for)``, with the
    right Haar prior on the scale: Lai (1976), Ann Stat 4:265; Wang & Ramdas (2025), Seq Anal
    44:56; the likelihood ratio is that of Gönen, Johnson, Lu & Westfall (2005), Am Stat 59:252.
    It is unbounded while there are too few values to exclude anything, and with many it is the
    asymptotic sequence: the one to take for means where the first look comes early.

    Raises:
        ValueError: the summary is not one, or ``tuned_for`` not above 0.
    """
    _checked(of)
    k = 1 + tuning(level) * _fraction(of.n, tuned_for)
    # With u = t² / (n - 1) the e-value is ((1 + u) / (1 + u / k)) ** (n / 2) / sqrt(k).
    exponent = (math.log(k) - 2 * math.log1p(-level)) / of.n
    if of.n < 2 or of.variance == 0 or exponent >= math.log(k):
        return Interval(-math.inf, math.inf, "t-mixture")
    u = math.expm1(exponent) / (1 - math.exp(exponent - math.log(k)))
    half = math.sqrt(u * (of.n - 1) * of.variance / of.n)
    return Interval(of.mean - half, of.mean + half, "t-mixture")


def mean_difference(a: Summary, b: Summary, level: float, *, tuned_for: float) -> Interval:
    """Asymptotic confidence sequence for the mean of ``b`` less that of ``a``, independent arms.

    ``tuned_for`` counts the rows of both arms together. The arms may grow at different rates, and
    their variances may differ.

    Raises:
        ValueError: a summary is not one, or ``tuned_for`` not above 0.
    """
    _checked(a)
    _checked(b)
    error = math.sqrt(a.variance / a.n + b.variance / b.n)
    if a.n < 2 or b.n < 2:
        error = 0.0  # the spread of an arm of one value is not known
    return asymptotic(b.mean - a.mean, error, a.n + b.n, level, tuned_for=tuned_for)


def proportion_difference(a: Share, b: Share, level: float, *, tuned_for: float) -> Interval:
    """Asymptotic confidence sequence for the share of ``b`` less that of ``a``, independent arms.

    Two pseudo-rows are added to each arm, one of them a success (Agresti & Caffo 2000, Am Stat
    54:280), so that an arm without a success (or without a failure) does not look certain; the
    estimate in the middle is that of the counts with them. ``tuned_for`` counts both arms.

    Raises:
        ValueError: counts that are no proportion, or ``tuned_for`` not above 0.
    """
    for arm in (a, b):
        if arm.n < 1 or not 0 <= arm.successes <= arm.n:
            raise ValueError(f"{arm.successes} successes of {arm.n} is not a proportion")
    p, q = ((arm.successes + 1) / (arm.n + 2) for arm in (a, b))
    error = math.sqrt(p * (1 - p) / (a.n + 2) + q * (1 - q) / (b.n + 2))
    low, high, method = asymptotic(q - p, error, a.n + b.n, level, tuned_for=tuned_for)
    value = b.successes / b.n - a.successes / a.n
    return Interval(min(max(low, -1.0), value), max(min(high, 1.0), value), method)


def _fraction(n: float, tuned_for: float) -> float:
    if not (tuned_for > 0 and math.isfinite(tuned_for)):
        raise ValueError(f"the number of rows to tune for must be above 0, not {tuned_for}")
    if not (n > 0 and math.isfinite(n)):
        raise ValueError(f"the number of rows must be above 0, not {n}")
    return n / tuned_for


def _checked(summary: Summary) -> None:
    if summary.n < 1:
        raise ValueError("a mean needs at least one value")
    if not (math.isfinite(summary.mean) and math.isfinite(summary.variance)):
        raise ValueError("the mean and the variance must be finite")
    if summary.variance < 0:
        raise ValueError("a variance must not be negative")
