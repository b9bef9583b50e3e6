"""The mean and the spread of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.expr import Column
from assay.core.metric import Metric, metric
from assay.inference.means import mean
from assay.inference.moments import standard_deviation
from assay.metrics.data.parameters import ColumnName, infinite, left_out, needs_numbers
from assay.states import Moments

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_EMPTY = "there are no finite values"


@metric(
    "mean",
    formula="sum of values / number of values",
    interval="student-t",
    reference="Student 1908, Biometrika 6:1",
    example={"column": "income"},
    claim="batch",
    dimension="accuracy",
)
class Mean(Metric):
    """Arithmetic mean of a column's finite values; true counts as 1 and false as 0.

    Nulls, NaN and infinities are left out; how many infinities, the evidence says.
    """

    column: ColumnName

    def applicable(self, schema: Schema) -> str | None:
        return needs_numbers(schema, self.column)

    def _moments(self) -> Moments:
        return Moments(of=Column(self.column))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return self._moments(), *infinite(schema, self.column)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        moments = fold[self._moments()]
        return (mean(moments.mean, moments.variance, moments.n, how, empty=_EMPTY),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        return left_out(fold, self.column)


@metric(
    "std",
    formula="sqrt(sum of squared deviations from the mean / (n - 1))",
    interval="bonett",
    reference="Bonett 2006, Computational Statistics & Data Analysis 50:775",
    example={"column": "income"},
    claim="batch",
    dimension="accuracy",
)
class StandardDeviation(Metric):
    """Sample standard deviation of a column's finite values.

    Nulls, NaN and infinities are left out; how many infinities, the evidence says. The interval
    allows for a kurtosis other than the normal distribution's; with tails as heavy as an
    exponential's it covers less than stated in small samples (84 % at n = 30, 93 % at 500).
    """

    column: ColumnName

    def applicable(self, schema: Schema) -> str | None:
        return needs_numbers(schema, self.column)

    def _moments(self) -> Moments:
        return Moments(of=Column(self.column), order=4)

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return self._moments(), *infinite(schema, self.column)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        moments = fold[self._moments()]
        m4 = moments.m4 or 0.0
        return (standard_deviation(moments.m2, m4, moments.n, how, empty=_EMPTY),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        return left_out(fold, self.column)
