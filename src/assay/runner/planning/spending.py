"""What a model's collections take: calls, time at a pilot's pace, money at the suite's prices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.core.collection import Generations, Latency, Predictions, Scores
from assay.runner.planning.record import Spending

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assay.core.check import GatePolicy, ModelSpec
    from assay.core.collection import Collection


def predictions_of(rows: int, spec: ModelSpec, *, pace: float | None = None) -> Spending:
    """One prediction for each of so many rows.

    Args:
        pace: seconds for a row, as the pilot took; None where there was none.
    """
    calls = math.ceil(rows / spec.batch_size)
    return Spending(
        rows=rows, calls=calls, seconds=None if pace is None else pace * rows,
        cost=_cost(rows, calls, spec),
    )  # fmt: skip


def calls_of(wish: Latency, spec: ModelSpec, *, pace: float | None = None) -> Spending:
    """Timed calls, those that warm up included.

    Args:
        pace: seconds for a call.
    """
    calls = wish.repeats + wish.warmup
    rows = calls * wish.batch_size
    return Spending(
        rows=rows, calls=calls, seconds=None if pace is None else pace * calls,
        cost=_cost(rows, calls, spec),
    )  # fmt: skip


def spent(collection: Collection, rows: int, spec: ModelSpec, pace: float | None) -> Spending:
    """What one collection takes; nothing where the model is not called."""
    match collection:
        case Predictions():
            return predictions_of(rows, spec, pace=pace)
        case Latency():
            return calls_of(collection, spec, pace=pace)
        case _:
            return Spending(rows=0, calls=0, seconds=0.0)


def usable(collection: Collection, rows: int | None, gate: GatePolicy) -> int | None:
    """The rows that a run may use: a budget bounds what a model is asked in rounds."""
    most = gate.budget.rows if gate.inconclusive == "draw_more" and gate.budget else None
    if (
        rows is None
        or most is None
        or not isinstance(collection, Predictions | Generations | Scores)
    ):
        return rows
    return min(rows, most)


def total(several: Iterable[Spending]) -> Spending | None:
    """The sum; seconds only where all are known, the cost of those that have a price."""
    held = list(several)
    if not held:
        return None
    seconds = [s.seconds for s in held]
    costs = [s.cost for s in held if s.cost is not None]
    tokens = [s.tokens for s in held if s.tokens is not None]
    return Spending(
        rows=sum(s.rows for s in held),
        calls=sum(s.calls for s in held),
        seconds=None if None in seconds else math.fsum(s for s in seconds if s is not None),
        cost=math.fsum(costs) if costs else None,
        tokens=sum(tokens) if tokens else None,
        at_most=any(s.at_most for s in held),
    )


def _cost(rows: int, calls: int, spec: ModelSpec) -> float | None:
    if spec.cost_per_row is None and spec.cost_per_call is None:
        return None
    return rows * (spec.cost_per_row or 0.0) + calls * (spec.cost_per_call or 0.0)
