"""From doubles back to a column's own terms: whole numbers, dates and times."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assay.core.profile import Spread
from assay.core.schema import NUMERIC, TEMPORAL, Kind

if TYPE_CHECKING:
    from assay.core.profile import Point
    from assay.states import ExtremesState, MomentsState, QuantilesState

PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
MEASURED: frozenset[Kind] = NUMERIC | TEMPORAL | {"time", "interval"}
"""Kinds whose values lie on a line."""

_EXACT = 2.0**53
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def spread_of(
    kind: Kind,
    *,
    present: int,
    extremes: ExtremesState,
    quantiles: QuantilesState,
    moments: MomentsState | None,
    zeros: int,
) -> tuple[Spread | None, dict[float, float]]:
    """Where the values lie, and the order statistics as numbers; None where none is finite.

    Args:
        present: rows that are not null.
        moments: None where the values are too large for them.
    """
    if extremes.least is None or extremes.greatest is None:
        return None, {}
    points = {p: quantiles.value(p) for p in PROBABILITIES}
    mean = sd = None
    if moments is not None and math.isfinite(moments.mean) and math.isfinite(moments.variance):
        # a mean is no whole number, even of whole numbers
        mean = point("float" if kind in NUMERIC else kind, moments.mean)
        sd = math.sqrt(moments.variance) if moments.n > 1 else None
    q05, q25, median, q75, q95 = (point(kind, value) for value in points.values())
    spread = Spread(
        n=extremes.n,
        mean=mean,
        sd=sd,
        least=point(kind, extremes.least),
        q05=q05,
        q25=q25,
        median=median,
        q75=q75,
        q95=q95,
        greatest=point(kind, extremes.greatest),
        zeros=zeros,
        infinite=present - extremes.n,
    )
    return spread, points


def point(kind: Kind, value: float) -> Point:
    """A finite double as a value of the kind.

    Whole numbers beyond 2**53 stay doubles, since the double is not exact; so do instants that
    Python's calendar does not reach.
    """
    if kind == "integer" and abs(value) <= _EXACT:
        return int(value)
    if kind == "time":
        return (datetime.min + timedelta(seconds=value % 86_400)).time().isoformat()
    if kind in TEMPORAL:
        try:
            instant = _EPOCH + timedelta(seconds=value)
        except OverflowError:
            return value
        return instant.date().isoformat() if kind == "date" else instant.isoformat()
    return value
