"""The commonest value of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.collection import Groups
from assay.core.criterion import Equals
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.inference.proportions import proportion
from assay.metrics.data.groups import SIZE, added, rows_where
from assay.metrics.data.in_set import Values, misfit
from assay.metrics.data.parameters import ColumnName, missing_columns
from assay.states import Extremes

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_EMPTY = "there are no non-null values"


def _by_value(column: str) -> Groups:
    """One group for each non-null value."""
    return Groups(keys=((column, Column(column)),), where=call("not_null", Column(column)))


@metric(
    "mode_share",
    unit="share",
    formula="rows with the commonest value / rows with a value",
    interval="wilson",
    reference="Kuhn 2008, Journal of Statistical Software 28:5 (near-zero-variance predictors)",
    example={"column": "city"},
    claim="batch",
    dimension="accuracy",
)
class ModeShare(Metric):
    """Share of the commonest non-null value: 1 in a constant column, near 1 in one nearly so.

    The interval is that of the share of this value. Where several values are about as common, the
    commonest of them is a bit too common by chance.
    """

    column: ColumnName

    def applicable(self, schema: Schema) -> str | None:
        return missing_columns(schema, (self.column,))

    def collection(self) -> Groups:
        return _by_value(self.column)

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return rows_where(), Extremes(of=SIZE)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        mode = round(fold[Extremes(of=SIZE)].greatest or 0)
        return (proportion(mode, added(fold, rows_where()).rows, how, empty=_EMPTY),)


@metric(
    "mode_in_set",
    higher_is_better=True,
    formula="1 if every value that is the commonest is on the list, else 0",
    interval="census",
    reference="Great Expectations, expect_column_most_common_value_to_be_in_set",
    example={"column": "city", "values": ("Ghent", "Lyon")},
    claim="batch",
    default=Equals(1.0),
    dimension="accuracy",
)
class ModeInSet(Metric):
    """Whether the commonest non-null value is on a list: 1 or 0.

    Where several values are equally common, all of them must be on the list. It speaks of the table
    at hand.
    """

    column: ColumnName
    values: Annotated[
        Values,
        Meta(min_length=1, description="Values that may be commonest, of the column's own type."),
    ]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("mode_in_set needs at least one value")

    def applicable(self, schema: Schema) -> str | None:
        return misfit(schema, self.column, self.values)

    def collection(self) -> Groups:
        return _by_value(self.column)

    def _sizes(self) -> tuple[Extremes, Extremes]:
        """Of groups on the list, and of the others."""
        listed = call("in", Column(self.column), *self.values)
        return Extremes(of=SIZE, where=listed), Extremes(of=SIZE, where=call("not", listed))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return rows_where(), *self._sizes()

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        rows = added(fold, rows_where()).rows
        if rows == 0:
            return (Unmeasured(reason=_EMPTY),)
        listed, others = (fold[sizes].greatest or 0 for sizes in self._sizes())
        return (census(float(listed > others), n=rows),)
