"""How many events happen in a second, while a load is steady."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assay.inference.interval import Interval
from assay.inference.means import student_t

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCHES = 20
"""Equal spans of time that a steady load is cut into."""
LEAST = 40
"""Events of a steady load that are needed: two for each span."""


def throughput(
    at: NDArray[np.float64],
    begin: float,
    end: float,
    level: float,
    *,
    weights: NDArray[np.float64] | None = None,
) -> tuple[float, Interval]:
    """Events in a second after ``begin`` and up to ``end``, with an interval by batch means.

    The span is cut into :data:`BATCHES` equal ones, and their rates taken as independent: they are
    the less so the shorter they are, next to a call (Law 2015, Simulation Modeling and Analysis,
    9.5.3).

    Args:
        at: when events happened, shape (n,).
        weights: what each counts (tokens of an answer); 1 if None.

    Raises:
        ValueError: fewer than :data:`LEAST` events within the span.
    """
    inside = (at > begin) & (at <= end)
    if int(inside.sum()) < LEAST:
        raise ValueError(f"fewer than {LEAST} events within the span")
    span = (end - begin) / BATCHES
    which = np.clip(np.ceil((at[inside] - begin) / span).astype(np.intp) - 1, 0, BATCHES - 1)
    counts = np.ones(len(which)) if weights is None else weights[inside]
    rates = np.bincount(which, weights=counts, minlength=BATCHES) / span
    low, high, _ = student_t(float(rates.mean()), float(rates.var(ddof=1)), BATCHES, level)
    return float(rates.mean()), Interval(max(low, 0.0), high, "batch-means")


def steady(
    sent: NDArray[np.float64], ended: NDArray[np.float64], in_flight: int
) -> tuple[float, float]:
    """When a load began and ceased to be steady: from one end of a call to another.

    It begins when as many calls have ended as are in flight at once: those at the start were all
    sent together. It ceases with the last call that ended before the last one was sent: after that
    fewer and fewer are in flight.

    Args:
        sent, ended: of each call, shape (n,), in any order.

    Returns:
        Two times, the same where there is no steady part.
    """
    order = np.sort(ended)
    if len(order) <= in_flight:
        return 0.0, 0.0
    begin = float(order[max(in_flight, 1) - 1])
    before = order[order <= sent.max()]
    return begin, max(begin, float(before[-1])) if len(before) else begin
