"""Interference: does what a unit does depend on how many around it are treated?

An A/B test assumes that a unit's outcome depends on its own arm alone. Where units share a market,
a network or a stock, it does not: treated units take from (or give to) the others, and the
difference between the arms is not what treating everybody would do. Within clusters that units
share (a market, a city, a day), the share of treated others varies; if outcomes follow it, units
interfere.

What this can see: interference within the clusters that it is given, of the size that the spread of
shares allows. What it cannot: interference across clusters, or through everybody alike (one price
for all); nor anything where every cluster has about the same share, which it says. Where shares
were not drawn by lot (one market was given more traffic, or the share grew from day to day), a
slope may also be a difference between those markets or days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.inference.cluster_regression import Coefficient, regress

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from assay.inference.interval import Interval


class Interference(NamedTuple):
    """How outcomes follow the share of treated others in a unit's cluster.

    Attributes:
        on_control, on_treated: change of the outcome as the share goes from 0 to 1, of units of
            that arm.
        p_value: of neither, Bonferroni's over the two.
        spread: standard deviation of the shares: how much there was to see.
        detectable: the least change (from 0 to 1) that would be found four times of five.
        clusters: how many.
    """

    on_control: Coefficient
    on_treated: Coefficient
    p_value: float
    spread: float
    detectable: float
    clusters: int

    def warning(self, level: float = 0.95) -> str | None:
        """What a person should know: interference is shown, or could not have been; else None."""
        if self.p_value <= 1 - level:
            name, worst = min(
                (("control", self.on_control), ("treated", self.on_treated)),
                key=lambda pair: pair[1].p_value,
            )
            low, high = self._ends(worst.interval(1 - (1 - level) / 2))
            return (
                f"Units interfere: as the share of treated others goes from 0 to 1, the outcome of "
                f"{name} units changes by {worst.value:.3g} [{low}, {high}]. The difference "
                "between the arms is not what treating everybody would do: assign whole clusters, "
                "or switch back and forth in time."
            )
        if self.spread < LEAST_SPREAD:
            return (
                f"Interference cannot be seen here: every cluster has about the same share of "
                f"treated units (standard deviation {self.spread:.3g}). Nothing speaks against it, "
                "and nothing for it."
            )
        return None

    @staticmethod
    def _ends(interval: Interval) -> tuple[str, str]:
        return f"{interval.low:.3g}", f"{interval.high:.3g}"


LEAST_SPREAD = 0.02
"""Standard deviation of shares below which clusters count as alike."""


def interference(outcome: ArrayLike, treated: ArrayLike, cluster: ArrayLike) -> Interference:
    """Regression of the outcome on the arm, and on the share of treated others within each arm.

    A linear exposure model (Aronow & Samii 2017, Ann Appl Stat 11:1912; the leave-one-out share is
    that of Bramoullé, Djebbari & Fortin 2009, J Econometrics 150:41), with standard errors over
    clusters (CR2). Clusters of one unit have no others and are left out.

    Args:
        outcome, treated, cluster: shape (n,), one row for each unit.

    Raises:
        ValueError: shapes that do not fit, values that are not finite, one arm only, fewer than
            four clusters of two units or more, or shares that do not vary at all.
    """
    y = np.asarray(outcome, dtype=np.float64)
    w = np.asarray(treated, dtype=bool).astype(np.float64)
    labels = np.asarray(cluster)
    if y.ndim != 1 or not y.shape == w.shape == labels.shape:
        raise ValueError(f"{y.shape} outcomes, {w.shape} arms and {labels.shape} clusters")
    where = np.unique(labels, return_inverse=True)[1].ravel()
    size = np.bincount(where)
    kept = size[where] > 1
    y, w, where = y[kept], w[kept], where[kept]
    clusters = len(np.unique(where))
    if clusters < 4:
        raise ValueError(f"{clusters} clusters have two units or more: four are needed")
    if not 0 < w.sum() < len(w):
        raise ValueError("all units are in one arm")
    share = _share_of_others(w, where)
    spread = float(share.std())
    if not spread > 1e-9:
        raise ValueError("every unit has the same share of treated others: nothing can be seen")
    x = np.column_stack([np.ones(len(y)), w, (1 - w) * share, w * share])
    on_control, on_treated = regress(y, x, where, of=(2, 3))
    p_value = min(1.0, 2 * min(on_control.p_value, on_treated.p_value))
    least = min(on_control.error, on_treated.error)
    return Interference(on_control, on_treated, p_value, spread, _FOUND * least, clusters)


_FOUND = 2.241 + 0.842
"""Normal quantiles of a two-sided test at 2.5 % (two slopes) and of a power of 80 %."""


def _share_of_others(w: NDArray[np.float64], where: NDArray[np.intp]) -> NDArray[np.float64]:
    """For each unit, the share of treated among the others of its cluster."""
    size, treated = np.bincount(where), np.bincount(where, weights=w)
    found: NDArray[np.float64] = (treated[where] - w) / (size[where] - 1)
    return found
