"""A mean of human labels, from few of them and a machine's label for every row.

Angelopoulos, Bates, Fannjiang, Jordan & Zrnic (2023, Science 382:669), with the weight ``power``
that is best for the data: Angelopoulos, Duchi & Zrnic (2023, arXiv:2311.01453, PPI++). The mean of
the machine's labels over the rows without a human one is corrected by how far it is off on those
that have one. A bad machine biases nothing: the better it is, the shorter the interval gets, and
where it tells nothing it has no weight. The interval rests on normal means, as Student's does: with
long tails (log-normal labels) and fewer than a few hundred labelled rows it covers 85 to 90 %, for
95 %.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from assay.inference.interval import Interval, t_value
from assay.inference.means import student_t
from assay.inference.proportions import wilson
from assay.states import ComomentsState, MomentsState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST = 20
"""Labelled rows below which the human labels stand alone: the machine's errors are then known too
badly to correct for them."""

PSEUDO_ROWS = 2
"""Rows added to the variance of a proportion, on which machine and human are independent."""


class Judged(NamedTuple):
    """A mean of human labels.

    Attributes:
        value: the mean.
        variance: its variance.
        power: weight of the machine's labels, from 0 (not used) to 1.
        labelled, unlabelled: rows with a human label, and rows with the machine's alone.
        outcomes: whether labels are outcomes, 0 or 1, and the mean a proportion.
    """

    value: float
    variance: float
    power: float
    labelled: int
    unlabelled: int
    outcomes: bool

    def interval(self, level: float) -> Interval:
        """Student t interval for a mean; Wilson's, with the effective number, for a proportion."""
        n = self.labelled
        if not self.outcomes:
            if self.power == 0:
                return student_t(self.value, self.variance * n, n, level)
            half = t_value(level, n - 1) * math.sqrt(self.variance)
            return Interval(self.value - half, self.value + half, "prediction-powered")
        if self.power == 0:
            return wilson(self.value * n, n, level)
        value = min(max(self.value, 1e-3), 1 - 1e-3)
        effective = value * (1 - value) / self.variance if self.variance > 0 else math.inf
        effective = min(max(effective, n), n + self.unlabelled)
        value = min(max(self.value, 0.0), 1.0)
        low, high, _ = wilson(value * effective, effective, level)
        return Interval(low, high, "prediction-powered")


def judged_mean(
    labelled: ComomentsState, unlabelled: MomentsState, *, outcomes: bool = False
) -> Judged:
    """Prediction-powered mean of the human labels.

    The weight is that of PPI++, between 0 and 1. It is 0, and the interval the classical one, with
    fewer than :data:`LEAST` labelled rows, with no others, or where it would not shorten the
    interval. The residuals' variance has divisor ``n - 2``, as the weight is fitted to the same
    rows, and a proportion's has :data:`PSEUDO_ROWS` more, because a machine that happened to be
    right on all labelled rows is not known to be right on all.

    Args:
        labelled: human label (x) and machine's label (y) of rows that have both.
        unlabelled: the machine's label of rows without a human one.
        outcomes: whether human labels are 0 or 1 (the machine's may be a probability).

    Raises:
        ValueError: no row is labelled.
    """
    n, more = labelled.n, unlabelled.n
    if n < 1:
        raise ValueError("no row has a human label")
    mean = labelled.mean_x
    classical = Judged(
        min(max(mean, 0.0), 1.0) if outcomes else mean,
        labelled.m2_x / max(n - 1, 1) / n, 0.0, n, more, outcomes,
    )  # fmt: skip
    if n < LEAST or more == 0:
        return classical
    of_all = MomentsState(n, labelled.mean_y, labelled.m2_y).merge(unlabelled).variance
    if of_all <= 0:
        return classical
    power = min(max(labelled.cross / n / ((1 + n / more) * of_all), 0.0), 1.0)
    left = labelled.m2_x - 2 * power * labelled.cross + power**2 * labelled.m2_y
    value = mean + power * (unlabelled.mean - labelled.mean_y)
    if outcomes:
        p = min(max((n * value + 2) / (n + 4), 2 / (n + 4)), (n + 2) / (n + 4))
        left += PSEUDO_ROWS * (p * (1 - p) + power**2 * of_all)
        value = min(max(value, 0.0), 1.0)
    variance = max(left, 0.0) / (n - 2) / n + power**2 * unlabelled.variance / more
    found = Judged(value, variance, power, n, more, outcomes)
    shorter = power > 0 and (outcomes or variance < classical.variance)
    return found if shorter else classical


def judged_mean_of(
    human: NDArray[np.float64],
    machine: NDArray[np.float64],
    unlabelled: NDArray[np.float64],
    *,
    outcomes: bool = False,
) -> Judged:
    """The same from arrays: labels of the same rows, shape (n,), and the machine's of others (N,).

    Raises:
        ValueError: lengths differ, no row is labelled, or a label is not a finite number.
    """
    import numpy as np

    if len(human) != len(machine):
        raise ValueError("human and machine labels differ in number")
    if not all(np.isfinite(labels).all() for labels in (human, machine, unlabelled)):
        raise ValueError("a label is not a finite number")
    if len(human) == 0:
        raise ValueError("no row has a human label")
    x, y = human - human.mean(), machine - machine.mean()
    both = ComomentsState(
        len(human), float(human.mean()), float(machine.mean()),
        float(x @ x), float(y @ y), float(x @ y),
    )  # fmt: skip
    rest = MomentsState()
    if len(unlabelled):
        mean = float(unlabelled.mean())
        rest = MomentsState(len(unlabelled), mean, float(np.square(unlabelled - mean).sum()))
    return judged_mean(both, rest, outcomes=outcomes)
