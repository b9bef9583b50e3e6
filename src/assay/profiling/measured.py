"""A column of too many different values to count each: extremes, moments, ranks, common values."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assay.core.expr import Column, Literal, call
from assay.core.profile import FORMATS, ColumnProfile, Spread
from assay.core.schema import NUMERIC
from assay.profiling.bins import bins_for
from assay.profiling.counted import LONGEST, PROBABILITIES, ranked
from assay.profiling.points import MEASURED, point, value_of
from assay.states import Count, Distinct, Extremes, Frequencies, Moments, Quantiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Aggregate
    from assay.core.expr import Scalar
    from assay.core.profile import Format
    from assay.core.schema import ColumnInfo
    from assay.profiling.asking import States
    from assay.profiling.bins import Bins
    from assay.profiling.drawing import Drawn
    from assay.profiling.sizes import Size
    from assay.states import MomentsState

EXACT_RANKS = 2_000_000
"""Values of a column up to which its order statistics are exact: 8 bytes are held for each."""
EXACT_DISTINCT = 20_000_000
"""Different values of a column up to which they are counted exactly."""
_COMMON = 0.001
_SEEN = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """What is asked of one column.

    Attributes:
        form: the form that its first values have.
        candidates: values that are common among drawn rows.
        ranks: its values among drawn rows, sorted and finite, where there are too many to sort.
        plain: only what every column can answer is asked.
    """

    size: Size
    form: Format | None = None
    candidates: tuple[Scalar, ...] = ()
    ranks: NDArray[np.float64] | None = None
    plain: bool = False

    @property
    def column(self) -> ColumnInfo:
        """The column."""
        return self.size.column

    @property
    def weight(self) -> int:
        """Values that are held in memory."""
        return self.size.present if self._quantiles is not None else 1

    def simpler(self) -> Measured | None:
        """Without moments, common values and an exact count of many different ones."""
        return None if self.plain else replace(self, plain=True)

    @property
    def _name(self) -> Column:
        return Column(self.column.name)

    @property
    def _extremes(self) -> Extremes:
        return Extremes(of=self._name)

    @property
    def _quantiles(self) -> Quantiles | None:
        if self.column.kind not in MEASURED or self.ranks is not None:
            return None
        return Quantiles(of=self._name, probabilities=PROBABILITIES)

    @property
    def _moments(self) -> Moments | None:
        return None if self.plain else Moments(of=self._name, order=4)

    @property
    def _zeros(self) -> Count | None:
        return Count(where=call("eq", self._name, 0)) if self.column.kind in NUMERIC else None

    @property
    def _distinct(self) -> Distinct | None:
        size = self.size
        exact = size.error > 0 and size.distinct <= (0 if self.plain else EXACT_DISTINCT)
        return Distinct(of=(value_of(self.column),)) if exact else None

    @property
    def _common(self) -> Frequencies | None:
        if not self.candidates or self.plain:
            return None
        key = call("in", self._name, *self.candidates)
        return Frequencies(of=(call("case", key, self._name, Literal(None)),))

    @property
    def _formed(self) -> Count | None:
        return self.form and Count(where=call("matches", self._name, FORMATS[self.form]))

    @property
    def aggregates(self) -> list[Aggregate[Any]]:
        """Everything that is asked, for the engine to fold."""
        asked: list[Aggregate[Any] | None] = [self._distinct, self._common, self._formed]
        if self.column.kind in MEASURED:
            asked += [self._extremes, self._quantiles, self._moments, self._zeros]
        return [aggregate for aggregate in asked if aggregate is not None]

    def answer(self, states: States, rows: int) -> ColumnProfile:
        """The column's profile, from the folded states; bins and alerts come later."""
        size, distinct, formed, common = self.size, self._distinct, self._formed, self._common
        counts = states[common][()].counts if common else ()
        return ColumnProfile(
            name=self.column.name,
            kind=self.column.kind,
            native=self.column.native,
            rows=rows,
            nulls=rows - size.present,
            distinct=states[distinct][()].distinct if distinct else size.distinct,
            distinct_error=0.0 if distinct else size.error,
            spread=self._spread(states),
            top=ranked(self.column, [(v, n) for (v,), n in counts if v is not None]),
            format=self.form if formed and 0 < states[formed][()].n == size.present else None,
        )

    def bins(self, states: States) -> Bins | None:
        """The bins of its histogram; None where its values lie on no line."""
        at = self._at(states)
        if at is None:
            return None
        ends = states[self._extremes][()]
        return bins_for(
            self.column.kind, least=ends.least, q05=at[0], q95=at[-1], greatest=ends.greatest
        )

    def _at(self, states: States) -> list[float] | None:
        """Order statistics at :data:`PROBABILITIES`; None where no value is finite."""
        if self.column.kind not in MEASURED or not states[self._extremes][()].n:
            return None
        if self._quantiles is not None:
            quantiles = states[self._quantiles][()]
            return [quantiles.value(p) for p in PROBABILITIES]
        assert self.ranks is not None
        n = len(self.ranks)
        return [float(self.ranks[max(math.ceil(p * n - 1e-9) - 1, 0)]) for p in PROBABILITIES]

    def _spread(self, states: States) -> Spread | None:
        at = self._at(states)
        if at is None:
            return None
        kind, numeric = self.column.kind, self.column.kind in NUMERIC
        ends, zeros = states[self._extremes][()], self._zeros
        moments = states[self._moments][()] if self._moments else None
        mean, sd, skewness = _moments(moments)
        q05, q25, median, q75, q95 = (point(kind, value) for value in at)
        return Spread(
            n=ends.n,
            # a mean is no whole number, even of whole numbers
            mean=None if mean is None else point("float" if numeric else kind, mean),
            sd=sd,
            skewness=skewness if numeric else None,
            least=point(kind, ends.least),
            q05=q05,
            q25=q25,
            median=median,
            q75=q75,
            q95=q95,
            greatest=point(kind, ends.greatest),
            rank_error=0.0 if self.ranks is None else 2.576 * 0.5 / math.sqrt(len(self.ranks)),
            zeros=states[zeros][()].n if zeros else 0,
            infinite=self.size.present - ends.n,
        )


def _moments(state: MomentsState | None) -> tuple[float | None, float | None, float | None]:
    """Mean, sample standard deviation and ``g1``; None where a double does not hold them."""
    if state is None or not math.isfinite(state.mean) or not math.isfinite(state.m2):
        return None, None, None
    sd = math.sqrt(state.variance) if state.n > 1 else None
    root = math.sqrt(state.m2 / state.n)
    if not root > 0 or state.m3 is None or not math.isfinite(state.m3):
        return state.mean, sd, None
    return state.mean, sd, state.m3 / state.n / root / root / root


def measured(size: Size, form: Format | None, drawn: Drawn) -> Measured:
    """The questions about a column, from what drawn rows say of it."""
    name, kind = size.column.name, size.column.kind
    numbers = drawn.numbers.get(name)
    ranks = None
    if numbers is not None and size.present > EXACT_RANKS:
        import numpy as np

        ranks = np.sort(numbers[np.isfinite(numbers)])
    candidates: Sequence[Scalar] = ()
    if kind == "string" and name in drawn.texts:
        candidates = _common_values(drawn.texts[name].to_pylist(), drawn.n)
    elif kind in ("integer", "float") and numbers is not None:
        found = _common_values(numbers[abs(numbers) < 2.0**53].tolist(), drawn.n)
        candidates = [int(v) if kind == "integer" else v for v in found if isinstance(v, float)]
    return Measured(size, form, tuple(candidates), ranks)


def _common_values(values: Sequence[Scalar], n: int) -> list[Scalar]:
    counts = Counter(v for v in values if v is not None)
    least = max(_SEEN, _COMMON * n)
    return [
        v
        for v, times in counts.most_common(20)
        if times >= least and not (isinstance(v, str) and len(v) > LONGEST)
    ]
