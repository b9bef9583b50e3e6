"""How many columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.metric import Metric, metric
from assay.inference.interval import census

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.states import Count


@metric(
    "column_count",
    unit="columns",
    formula="columns",
    interval="census",
    reference="Frictionless Data, Table Schema 1.0",
    example={},
    claim="batch",
    dimension="validity",
)
class ColumnCount(Metric):
    """Number of columns; ``matches_schema`` tells which they must be.

    It is read from the table's schema, so an empty table has it: the table is the one unit that is
    measured (n = 1).
    """

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        return ()

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        return (census(len(fold.schema.columns), n=1, unit=self.unit),)
