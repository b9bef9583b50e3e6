"""The shape of a column's distribution: how lopsided, and how heavy its tails."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.metrics.data.parameters import ColumnName, infinite, left_out, needs_numbers
from assay.states import Moments

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.states import MomentsState


class Shape(Metric):
    """A figure from the first four moments of a column's finite values."""

    column: ColumnName
    least: ClassVar[int]
    """Fewest values from which it is defined."""

    @abstractmethod
    def figure(self, moments: MomentsState) -> float:
        """The figure, of at least ``least`` values that are not all alike."""

    def applicable(self, schema: Schema) -> str | None:
        return needs_numbers(schema, self.column)

    def _moments(self) -> Moments:
        return Moments(of=Column(self.column), order=4)

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return self._moments(), *infinite(schema, self.column)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        moments = fold[self._moments()]
        n = moments.n
        if n == 0:
            return (Unmeasured(reason="there are no finite values"),)
        if n < self.least:
            return (Unmeasured(reason=f"{self.name} needs {self.least} values, not {n}", n=n),)
        # what rounding leaves of a constant column is no spread
        if math.sqrt(moments.m2 / n) <= 1e-12 * abs(moments.mean) or moments.m2 == 0:
            return (Unmeasured(reason=f"all values of {self.column!r} are the same", n=n),)
        if not 0 < moments.m2 * moments.m2 < math.inf:
            return (Unmeasured(reason="fourth powers of the values are beyond a double", n=n),)
        return (census(self.figure(moments), n=n),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        return left_out(fold, self.column)


@metric(
    "skewness",
    formula="sqrt(n (n - 1)) / (n - 2) * m3 / m2^1.5, with central moments m2 and m3",
    interval="census",
    reference="Joanes & Gill 1998, The Statistician 47:183, G1; pandas.Series.skew",
    example={"column": "income"},
    claim="batch",
    dimension="accuracy",
)
class Skewness(Shape):
    """Skewness of a column's finite values: 0 where symmetric, positive with a long upper tail.

    Nulls, NaN and infinities are left out; how many infinities, the evidence says. It speaks of the
    table at hand: no interval is known that covers as stated where skewness is worth a check (the
    delta method's, at a level of 95 %, covers 73 % for 200 exponential values and 82 % for 1,000).
    """

    column: ColumnName
    least = 3

    def figure(self, moments: MomentsState) -> float:
        n = moments.n
        third = (moments.m3 or 0.0) / n / math.pow(moments.m2 / n, 1.5)
        return math.sqrt(n * (n - 1)) / (n - 2) * third


@metric(
    "kurtosis",
    formula="(n - 1) / ((n - 2) (n - 3)) * ((n + 1) (m4 / m2^2 - 3) + 6), central moments m2, m4",
    interval="census",
    reference="Joanes & Gill 1998, The Statistician 47:183, G2; pandas.Series.kurt",
    example={"column": "income"},
    claim="batch",
    dimension="accuracy",
)
class Kurtosis(Shape):
    """Excess kurtosis of a column's finite values: 0 for a normal distribution, positive with heavy
    tails.

    Nulls, NaN and infinities are left out; how many infinities, the evidence says. It speaks of the
    table at hand: no interval is known that covers as stated where tails are heavy (the delta
    method's, at a level of 95 %, covers 58 % for 200 exponential values and 72 % for 1,000).
    """

    column: ColumnName
    least = 4

    def figure(self, moments: MomentsState) -> float:
        n = moments.n
        excess = n * (moments.m4 or 0.0) / moments.m2**2 - 3
        return (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * excess + 6)
