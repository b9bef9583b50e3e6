"""Two columns that should, or should not, move together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.correlation import bonett_wright, fisher
from assay.inference.interval import census, measured
from assay.metrics.data.parameters import ColumnName, needs_numbers
from assay.states import Comoments, ComomentsState, Sample

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.states import SampleState


@metric(
    "correlation",
    formula="covariance / (sd of x * sd of y); spearman: of the ranks",
    interval="fisher-z (pearson), bonett-wright (spearman)",
    reference="scipy.stats.pearsonr, scipy.stats.spearmanr",
    example={"x": "age", "y": "income"},
    claim="batch",
    dimension="consistency",
)
class Correlation(Metric):
    """Correlation of two columns over the rows in which both are finite.

    Spearman's needs the ranks, so it reads both columns into memory (16 bytes a row); Pearson's
    does not.
    """

    x: ColumnName
    y: ColumnName
    method: Annotated[
        Literal["pearson", "spearman"], Meta(description="Linear, or of the ranks.")
    ] = "pearson"

    def columns(self) -> tuple[str, ...]:
        return self.x, self.y

    def applicable(self, schema: Schema) -> str | None:
        return needs_numbers(schema, self.x, self.y)

    def _comoments(self) -> Comoments:
        return Comoments(x=Column(self.x), y=Column(self.y))

    def _sample(self) -> Sample:
        x, y = Column(self.x), Column(self.y)
        return Sample(of=(x, y), where=call("and", call("finite", x), call("finite", y)))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return (self._comoments() if self.method == "pearson" else self._sample(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        if self.method == "pearson":
            pairs = fold[self._comoments()]
        else:
            pairs = rank_comoments(fold[self._sample()])
        if pairs.n == 0:
            return (Unmeasured(reason="there is no row in which both values are finite"),)
        spread = math.sqrt(pairs.m2_x) * math.sqrt(pairs.m2_y)
        if spread == 0:
            constant = self.x if pairs.m2_x == 0 else self.y
            return (Unmeasured(reason=f"all values of {constant!r} are the same", n=pairs.n),)
        r = max(-1.0, min(1.0, pairs.cross / spread))
        if how.census:
            return (census(r, n=pairs.n),)
        interval = fisher if self.method == "pearson" else bonett_wright
        return (measured(r, interval(r, pairs.n, how.level), n=pairs.n, how=how),)


def rank_comoments(sample: SampleState) -> ComomentsState:
    """Joint moments of the ranks; equal values share their mean rank."""
    if sample.n == 0:
        return ComomentsState()
    import numpy as np

    ranks = []
    for values in sample.arrays():
        _, group, count = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((count.cumsum() - (count - 1) / 2)[group])
    mean = (sample.n + 1) / 2
    x, y = (r - mean for r in ranks)
    return ComomentsState(sample.n, mean, mean, float(x @ x), float(y @ y), float(x @ y))
