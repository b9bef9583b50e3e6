"""A ratio of two columns' means: clicks per view, revenue per visit."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.inference.ratios import pair_of_rows, ratio_by_delta, ratio_by_fieller
from assay.metrics.data.parameters import ColumnName, infinite, left_out, needs_numbers
from assay.states import Comoments

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


@metric(
    "ratio_of_means",
    formula="mean of numerator / mean of denominator",
    interval="delta or fieller",
    reference="Fieller 1954, JRSS B 16:175; Cochran 1977, Sampling Techniques, 6.4",
    example={"numerator": "income", "denominator": "age"},
    claim="batch",
    dimension="accuracy",
)
class RatioOfMeans(Metric):
    """Mean of one column over that of another, over the rows in which both are finite.

    It is the ratio of the sums, not the mean of the rows' ratios: a row with a large denominator
    counts for more. Rows are taken as independent.
    """

    numerator: ColumnName
    denominator: ColumnName
    method: Annotated[
        Literal["delta", "fieller"],
        Meta(
            description="Delta method, or Fieller's set: exact for normal means, and unbounded "
            "where the denominator does not differ from 0."
        ),
    ] = "delta"

    def columns(self) -> tuple[str, ...]:
        return self.numerator, self.denominator

    def applicable(self, schema: Schema) -> str | None:
        return needs_numbers(schema, self.numerator, self.denominator)

    def _pairs(self) -> Comoments:
        return Comoments(x=Column(self.numerator), y=Column(self.denominator))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return self._pairs(), *infinite(schema, self.numerator, self.denominator)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        pairs = fold[self._pairs()]
        if pairs.n == 0:
            return (Unmeasured(reason="there is no row in which both values are finite"),)
        if pairs.mean_y == 0:
            return (Unmeasured(reason=f"the mean of {self.denominator!r} is 0", n=pairs.n),)
        value = pairs.mean_x / pairs.mean_y
        if not isfinite(value):
            return (Unmeasured(reason="the values are too large for their means", n=pairs.n),)
        if how.census:
            return (census(value, n=pairs.n),)
        try:
            between = ratio_by_delta if self.method == "delta" else ratio_by_fieller
            interval = between(pair_of_rows(pairs), how.level)
        except ValueError as error:
            return (Unmeasured(reason=str(error), n=pairs.n),)
        return (measured(value, interval, n=pairs.n, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        return left_out(fold, self.numerator, self.denominator)
