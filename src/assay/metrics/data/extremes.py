"""The least and the greatest value of a column."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.metrics.data.parameters import ColumnName, infinite, left_out, needs_numbers
from assay.states import Extremes

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.states import ExtremesState


class Extreme(Metric):
    """One of the two extremes of a column's finite values."""

    column: ColumnName

    @abstractmethod
    def pick(self, state: ExtremesState) -> float | None:
        """The one that is asked for."""

    def applicable(self, schema: Schema) -> str | None:
        return needs_numbers(schema, self.column)

    def _extremes(self) -> Extremes:
        return Extremes(of=Column(self.column))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return self._extremes(), *infinite(schema, self.column)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        state = fold[self._extremes()]
        value = self.pick(state)
        if value is None:
            return (Unmeasured(reason="there are no finite values"),)
        return (census(value, n=state.n),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        return left_out(fold, self.column)


@metric(
    "minimum",
    formula="least value",
    interval="census",
    reference="SQL MIN, ISO/IEC 9075-2",
    example={"column": "age"},
    claim="batch",
    dimension="validity",
)
class Minimum(Extreme):
    """Least of a column's finite values; true counts as 1 and false as 0.

    Nulls, NaN and infinities are left out; how many infinities, the evidence says. It speaks of the
    table at hand: a sample tells no bound of the values to come. ``in_range`` counts the values
    beyond a bound and shows their rows.
    """

    column: ColumnName

    def pick(self, state: ExtremesState) -> float | None:
        return state.least


@metric(
    "maximum",
    formula="greatest value",
    interval="census",
    reference="SQL MAX, ISO/IEC 9075-2",
    example={"column": "age"},
    claim="batch",
    dimension="validity",
)
class Maximum(Extreme):
    """Greatest of a column's finite values; true counts as 1 and false as 0.

    Nulls, NaN and infinities are left out; how many infinities, the evidence says. It speaks of the
    table at hand: a sample tells no bound of the values to come. ``in_range`` counts the values
    beyond a bound and shows their rows.
    """

    column: ColumnName

    def pick(self, state: ExtremesState) -> float | None:
        return state.greatest
