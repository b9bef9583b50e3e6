"""A column whose every value was counted: all that can be told of it follows from the counts."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from assay.core.profile import FORMATS, Histogram, Spread, ValueCount
from assay.core.schema import NUMERIC
from assay.profiling.alerts import variants
from assay.profiling.bins import bins_for
from assay.profiling.points import MEASURED, point

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from assay.core.expr import Scalar
    from assay.core.profile import Alert, Format
    from assay.core.schema import ColumnInfo
    from assay.states import FrequenciesState

TOP = 20
"""Most frequent values that a profile lists."""
LONGEST = 200
"""Longer texts are not listed."""
PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Counted:
    """Rows by value, nulls left out."""

    column: ColumnInfo
    counts: Mapping[Scalar, int]

    @classmethod
    def of(cls, column: ColumnInfo, state: FrequenciesState) -> Counted:
        """From the folded counts of :func:`assay.profiling.points.value_of`."""
        return cls(column, {v: n for (v,), n in state.counts if v is not None})

    @property
    def present(self) -> int:
        """Rows that have a value."""
        return sum(self.counts.values())

    @cached_property
    def _numbers(self) -> list[tuple[float, int]]:
        """Finite values, ascending, and how often each occurs (decimals come as text)."""
        found = ((float(v), n) for v, n in self.counts.items() if v is not None)
        return sorted((v, n) for v, n in found if math.isfinite(v))

    def spread(self) -> Spread | None:
        """Where the values lie; None where they lie on no line, or none is finite."""
        kind = self.column.kind
        if kind not in MEASURED or not self._numbers:
            return None
        import numpy as np

        values, weights = (np.array(side) for side in zip(*self._numbers, strict=True))
        n = int(weights.sum())
        ranks = np.cumsum(weights)
        at = [int(np.searchsorted(ranks, p * n - 1e-9 * n)) for p in PROBABILITIES]
        q05, q25, median, q75, q95 = (point(kind, float(values[i])) for i in at)
        mean, sd, skewness = _moments(values, weights, n)
        numeric = kind in NUMERIC
        return Spread(
            n=n,
            # a mean is no whole number, even of whole numbers
            mean=None if mean is None else point("float" if numeric else kind, mean),
            sd=sd,
            skewness=skewness if numeric else None,
            least=point(kind, float(values[0])),
            q05=q05,
            q25=q25,
            median=median,
            q75=q75,
            q95=q95,
            greatest=point(kind, float(values[-1])),
            zeros=int(weights[values == 0].sum()) if numeric else 0,
            infinite=self.present - n,
        )

    def histogram(self) -> Histogram | None:
        """The values by bins; None where they lie on no line or do not differ."""
        kind = self.column.kind
        if kind not in MEASURED or not self._numbers:
            return None
        n = sum(n for _, n in self._numbers)
        low, high = self._ranked(0.05 * n), self._ranked(0.95 * n)
        least, greatest = self._numbers[0][0], self._numbers[-1][0]
        bins = bins_for(kind, least=least, q05=low, q95=high, greatest=greatest)
        return bins.histogram(kind, bins.count(self._numbers)) if bins else None

    def _ranked(self, rank: float) -> float:
        """The smallest number that has at least this rank."""
        ranks = accumulate(n for _, n in self._numbers)
        return next(v for (v, _), r in zip(self._numbers, ranks, strict=True) if r >= rank - 1e-9)

    def top(self) -> list[ValueCount]:
        """The most frequent values; ties in the order of their texts."""
        return ranked(self.column, self.counts.items())

    def format(self) -> Format | None:
        """The form that all texts have."""
        texts = [v for v in self.counts if isinstance(v, str)]
        if self.column.kind != "string" or not texts:
            return None
        return next((f for f, p in FORMATS.items() if all(re.fullmatch(p, t) for t in texts)), None)

    def alerts(self) -> list[Alert]:
        """What only the counts of all values can tell."""
        return variants(self.counts) if self.column.kind == "string" else []


def ranked(column: ColumnInfo, counts: Iterable[tuple[Scalar, int]]) -> list[ValueCount]:
    """The most frequent values in the column's own terms, without texts too long to list."""
    first = sorted(counts, key=lambda item: (-item[1], str(item[0])))[:TOP]
    return [
        ValueCount(value=_own(column, value), n=n)
        for value, n in first
        if not isinstance(value, str) or len(value) <= LONGEST
    ]


def _own(column: ColumnInfo, value: Scalar) -> Scalar:
    """A key of the counts as the column has it: seconds as dates, whole doubles as numbers."""
    if column.kind not in MEASURED or isinstance(value, str | bool) or value is None:
        return value
    return point(column.kind, value)


def _moments(
    values: NDArray[np.float64], weights: NDArray[np.int64], n: int
) -> tuple[float | None, float | None, float | None]:
    """Mean, sample standard deviation and ``g1``; None where a double does not hold them."""
    import numpy as np

    x, w = values, weights.astype(float)
    with np.errstate(all="ignore"):
        mean = float((x * w).sum() / n)
        off = x - mean
        m2, m3 = (w * off**2).sum(), (w * off**3).sum()
        g1 = float(m3 / n / (m2 / n) ** 1.5)
    m2 = float(m2)
    if not math.isfinite(mean):
        return None, None, None
    sd = math.sqrt(m2 / (n - 1)) if n > 1 and math.isfinite(m2) else None
    return mean, sd, g1 if math.isfinite(g1) else None
