"""Values that should occur."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.criterion import AtLeast
from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.metrics.data.in_set import Values, misfit
from assay.metrics.data.parameters import ColumnName, not_null
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Cell, Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_SHOWN = 50


@metric(
    "covers_set",
    higher_is_better=True,
    formula="listed values that occur / listed values",
    interval="census",
    reference="Great Expectations, expect_column_distinct_values_to_contain_set",
    example={"column": "city", "values": ("Ghent", "Lyon", "Graz", "Wien")},
    claim="batch",
    default=AtLeast(1.0),
    dimension="completeness",
)
class CoversSet(Metric):
    """Share of the listed values that occur in the column; others may occur too.

    It is measured over the list (n is its length) and speaks of the table at hand.
    """

    column: ColumnName
    values: Annotated[
        Values,
        Meta(min_length=1, description="Values that must occur, of the column's own type."),
    ]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("covers_set needs at least one value")
        if len({(v, isinstance(v, bool)) for v in self.values}) < len(self.values):
            raise ValueError("a value is listed twice in `values`")

    def applicable(self, schema: Schema) -> str | None:
        return misfit(schema, self.column, self.values)

    def _present(self) -> Count:
        return Count(where=not_null((self.column,)))

    def _each(self) -> list[Count]:
        return [Count(where=call("in", Column(self.column), value)) for value in self.values]

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        return self._present(), *self._each()

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        if fold[self._present()].n == 0:
            return (Unmeasured(reason="there are no non-null values"),)
        found = sum(fold[count].n > 0 for count in self._each())
        return (census(found / len(self.values), n=len(self.values)),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        counts = [fold[count].n for count in self._each()]
        missing = [v for v, n in zip(self.values, counts, strict=True) if n == 0]
        if not missing:
            return ()
        more = f" ({_SHOWN} of {len(missing):,})" if len(missing) > _SHOWN else ""
        rows: list[list[Cell]] = [[value] for value in missing[:_SHOWN]]
        return (Table(title=f"Values that do not occur{more}", columns=[self.column], rows=rows),)
