"""Keys that repeat, and how many values differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.criterion import AtLeast
from assay.core.expr import Column, Repeated
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.metrics.data.parameters import ColumnName, missing_columns
from assay.states import Distinct

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


@metric(
    "uniqueness",
    unit="share",
    higher_is_better=True,
    formula="distinct keys / rows with a full key",
    interval="census",
    reference="Schelter et al. 2018, VLDB 11:1781 (deequ), distinctness",
    example={"key": ("id",)},
    claim="batch",
    default=AtLeast(1.0),
    dimension="uniqueness",
)
class Uniqueness(Metric):
    """Distinct keys as a share of the rows that have one; several columns make one key.

    Rows with a null in the key are left out. How often keys repeat depends on how many rows there
    are, so the share speaks of the table at hand under either claim.
    """

    key: Annotated[
        tuple[str, ...], Meta(min_length=1, description="Column, or columns, that make the key.")
    ]

    def __post_init__(self) -> None:
        if not self.key:
            raise ValueError("uniqueness needs at least one column in `key`")

    def columns(self) -> tuple[str, ...]:
        return self.key

    def applicable(self, schema: Schema) -> str | None:
        return missing_columns(schema, self.key)

    def _keys(self) -> Distinct:
        return Distinct(of=tuple(Column(name) for name in self.key))

    def aggregates(self, schema: Schema) -> tuple[Distinct, ...]:
        return (self._keys(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        keys = fold[self._keys()]
        if keys.n == 0:
            return (Unmeasured(reason="there is no row with a full key"),)
        return (census(keys.distinct / keys.n, n=keys.n, unit=self.unit),)

    def failing(self, schema: Schema) -> Expr:
        return Repeated(tuple(Column(name) for name in self.key))


@metric(
    "distinct_count",
    unit="values",
    formula="distinct non-null values",
    interval="census",
    reference="SQL COUNT(DISTINCT), ISO/IEC 9075",
    example={"column": "city"},
    claim="batch",
    dimension="uniqueness",
)
class DistinctCount(Metric):
    """Number of different non-null values, counted exactly.

    It grows with the number of rows and has no sampling interval: it speaks of the table at hand.
    """

    column: ColumnName

    def applicable(self, schema: Schema) -> str | None:
        return missing_columns(schema, (self.column,))

    def _values(self) -> Distinct:
        return Distinct(of=(Column(self.column),))

    def aggregates(self, schema: Schema) -> tuple[Distinct, ...]:
        return (self._values(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        values = fold[self._values()]
        if values.n == 0:
            return (Unmeasured(reason="there are no non-null values"),)
        return (census(values.distinct, n=values.n, unit=self.unit),)
