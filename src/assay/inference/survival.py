"""Times to an event that is not seen of all: survival, restricted means, and the log-rank test."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.interval import Interval
from assay.inference.proportions import wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Times(NamedTuple):
    """Distinct times in ascending order, shape (k,), and how many units at each had the event, or
    were last seen without it (they are at risk at that time)."""

    times: NDArray[np.float64]
    events: NDArray[np.int64]
    censored: NDArray[np.int64]

    @property
    def at_risk(self) -> NDArray[np.int64]:
        """Units that neither had the event nor were last seen before each time, shape (k,)."""
        gone = self.events + self.censored
        at_risk: NDArray[np.int64] = gone[::-1].cumsum()[::-1]
        return at_risk


class Incidence(NamedTuple):
    """The share of units that have the event up to a moment.

    Attributes:
        value: one less the survival of Kaplan & Meier (1958, JASA 53:457).
        variance: Greenwood's (1926).
        n: units in all.
        last: units at risk at the last time.
    """

    value: float
    variance: float
    n: int
    last: int

    def interval(self, level: float) -> Interval:
        """Wilson's interval with the effective number of units (Rothman 1978, J Chronic Dis
        31:557): as many as would give Greenwood's variance without censoring."""
        if self.variance > 0 and 0 < self.value < 1:
            n = max(1.0, self.value * (1 - self.value) / self.variance)
        else:  # nobody had the event, or everybody who was left
            n = float(max(1, self.last))
        low, high, _ = wilson(min(n, max(0.0, self.value * n)), n, level)
        return Interval(low, high, "kaplan-meier")


def incidence(of: Times) -> Incidence:
    """The share of units with the event by the last of the times.

    Raises:
        ValueError: there are no units.
    """
    at_risk = _checked(of)
    survival = float(np.prod(1 - of.events / at_risk))
    left = at_risk - of.events
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(left > 0, of.events / (at_risk * left), 0.0)
    variance = survival**2 * float(terms.sum())
    return Incidence(1 - survival, variance, int(at_risk[0]), int(at_risk[-1]))


class RestrictedMean(NamedTuple):
    """The mean time to the event or to the horizon, whichever comes first, and its variance."""

    value: float
    variance: float


def restricted_mean(of: Times, horizon: float) -> RestrictedMean:
    """Area below the survival curve up to the horizon (Irwin 1949; variance as in Royston & Parmar
    2013, BMC Med Res Methodol 13:152).

    Raises:
        ValueError: there are no units, or the horizon lies before the last time.
    """
    at_risk = _checked(of)
    if horizon < of.times[-1]:
        raise ValueError(f"the horizon {horizon} lies before the last time {of.times[-1]}")
    survival = np.cumprod(1 - of.events / at_risk)
    widths = np.diff(np.append(of.times, horizon))
    areas = survival * widths  # from each time to the next
    after = areas[::-1].cumsum()[::-1]
    left = at_risk - of.events
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(left > 0, of.events / (at_risk * left), 0.0)
    value = float(of.times[0] + after[0])
    return RestrictedMean(value, float((after**2 * terms).sum()))


def log_rank(a: Times, b: Times) -> tuple[float, float]:
    """Chi-square with one degree of freedom, and p-value, of equal hazards (Mantel 1966, Cancer
    Chemother Rep 50:163).

    Raises:
        ValueError: a group has no units, or nobody has the event.
    """
    from scipy.special import chdtrc

    _checked(a)
    _checked(b)
    times = np.union1d(a.times, b.times)
    events, risk = [], []
    for of in (a, b):
        place = np.searchsorted(times, of.times)
        had = np.zeros(len(times))
        had[place] = of.events
        gone = np.zeros(len(times))
        gone[place] = of.events + of.censored
        events.append(had)
        risk.append(gone[::-1].cumsum()[::-1])
    d, n = events[0] + events[1], risk[0] + risk[1]
    expected = d * risk[1] / n
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(n > 1, d * (n - d) * risk[0] * risk[1] / (n**2 * (n - 1)), 0.0)
    variance = float(spread.sum())
    if variance <= 0:
        raise ValueError("nobody has the event, or the groups are never at risk together")
    chi = float((events[1] - expected).sum()) ** 2 / variance
    return chi, float(chdtrc(1, chi))


def _checked(of: Times) -> NDArray[np.int64]:
    if not len(of.times) or not of.at_risk[0]:
        raise ValueError("there are no units")
    if not (np.all(np.isfinite(of.times)) and np.all(np.diff(of.times) > 0)):
        raise ValueError("times must be finite, distinct and in ascending order")
    return of.at_risk
