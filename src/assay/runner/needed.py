"""What would decide an inconclusive verdict: more rows, of both tables, in more clusters; or none.

Half-widths shrink with the square root of what there is more of. So where rows come in clusters,
these must be more, and where two tables are compared, both: a reference of ten rows stays one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from assay.core.criterion import Equals, OneOf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.criterion import Decidable
    from assay.core.measurement import Measurement

_ABSURD = 1e3
"""Half-widths per distance to the bound beyond which no figure is given: a million times."""


@dataclass(frozen=True)
class Ground:
    """What a measurement's interval rests on beside its own rows.

    Attributes:
        most: rows that the metric uses at most, drawn by lot.
        against: rows of the reference, where two tables are compared.
        clusters: the column that marks clusters, where rows come in them; "" where they do not.
        blocks: whether these are times, put into blocks.
        groups: how many there are on the side that has fewest; 0 where they are not known.
    """

    most: int | None = None
    against: int | None = None
    clusters: str = ""
    blocks: bool = False
    groups: int = 0


ROWS = Ground()


class Needed(NamedTuple):
    """About how many rows would decide (None: no number does), and how a reason says so.

    ``plain`` where it hangs on the rows of one table alone.
    """

    rows: int | None
    words: str
    plain: bool = False


def rows_needed(
    measurement: Measurement, criterion: Decidable, ground: Ground = ROWS
) -> int | None:
    """Rows at which the interval would clear the bound it holds now, if the value stays.

    Of two tables that are compared, rows of each; of clusters, rows in as many more clusters. None
    where no number would do: the value sits on the bound, or is one of listed values.
    """
    factor = _factor(measurement, criterion)
    if factor is None or (ground.clusters and ground.groups == 1):
        return None
    n = float(measurement.n)
    if ground.against:
        n = 2 / (1 / measurement.n + 1 / ground.against)
    rows = math.ceil(n * factor) + 1
    return None if ground.most is not None and rows > ground.most else rows


def needed(several: Sequence[tuple[Measurement, Ground]], criterion: Decidable) -> Needed:
    """What would decide all of these, which is as much as the one needs that needs most."""
    counts = [rows_needed(m, criterion, ground) for m, ground in several]
    rows = None if None in counts else max(n for n in counts if n is not None)
    ground = several[0][1]
    if any(None in (m.low, m.high) for m, _ in several):
        unbounded = "an interval without an end does not tell how many rows would decide"
        return Needed(rows, unbounded, plain=True)
    if any(g.clusters and g.groups == 1 for _, g in several):
        return Needed(None, "one cluster does not tell how many would decide")
    factors = [_factor(m, criterion) for m, _ in several]
    if None in factors:
        near = "the value is so close to the bound that no number of rows would decide"
        return Needed(None, near, plain=True)
    if rows is None:
        return Needed(None, f"it uses at most {ground.most:,} rows, so more would not decide")
    if ground.clusters:
        times = _times(max(f for f in factors if f is not None))
        what = "as long a time" if ground.blocks else "as many clusters"
        words = f"about {times} times {what} ({ground.clusters!r})"
    else:
        words = f"about {rounded(rows):,} rows{' of each table' if ground.against else ''}"
    plain = not (ground.clusters or ground.against)
    return Needed(rows, f"{words} would decide if the value stays", plain=plain)


def rounded(rows: int) -> int:
    """Two significant digits, upwards: the figure is an extrapolation and should look like one."""
    scale: int = 10 ** max(0, len(str(rows)) - 2)
    return -(-rows // scale) * scale


def _times(factor: float) -> str:
    if factor < 10:
        return f"{math.ceil(factor * 10 - 1e-6) / 10:g}"
    return f"{rounded(math.ceil(factor)):,}"


def _factor(measurement: Measurement, criterion: Decidable) -> float | None:
    """How many times as much there must be; None where no number would do."""
    if isinstance(criterion, OneOf) or (isinstance(criterion, Equals) and not criterion.tolerance):
        return None
    factor = 1.0
    for bound in criterion.bounds():
        low = -math.inf if measurement.low is None else measurement.low
        high = math.inf if measurement.high is None else measurement.high
        if not low <= bound <= high or math.isinf(bound):
            continue
        half = measurement.value - low if bound < measurement.value else high - measurement.value
        distance = abs(measurement.value - bound)
        if half >= _ABSURD * distance:  # on the bound, or so near that the figure would be absurd
            return None
        factor = max(factor, (half / distance) ** 2)
    return factor
