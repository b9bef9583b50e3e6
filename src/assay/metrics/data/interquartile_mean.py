"""The mean of the middle half of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.metrics.data.parameters import (
    ColumnName,
    infinite,
    left_out,
    missing_columns,
    needs_numbers,
)
from assay.states import Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

MOST_STRATA = 1_000
"""Strata that are resampled apart, at most."""


@metric(
    "interquartile_mean",
    formula="mean of the values without the lowest and the highest floor(n / 4)",
    interval="bootstrap-percentile, within strata (winsorised-t from 20,000 values)",
    reference="Agarwal et al. 2021, NeurIPS 34 (rliable); scipy.stats.trim_mean",
    example={"column": "income", "strata": "city"},
    claim="batch",
    dimension="accuracy",
)
class InterquartileMean(Metric):
    """Mean of the middle half of a column's finite values: robust to outliers at either end.

    It loads the column into memory (8 bytes a value): meant for observations and scores. The usual
    summary of few runs over several tasks; name the column of the tasks as ``strata``, and the
    resamples of the interval are drawn within each. Nulls, NaN and infinities are left out.
    """

    column: ColumnName
    strata: Annotated[
        str | None, Meta(description="Column of strata (tasks), within which rows are resampled.")
    ] = None

    def columns(self) -> tuple[str, ...]:
        return (self.column,) if self.strata is None else (self.column, self.strata)

    def applicable(self, schema: Schema) -> str | None:
        return needs_numbers(schema, self.column) or missing_columns(schema, self.columns())

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        return {} if self.strata is None else {(Column(self.strata),): MOST_STRATA}

    def _sample(self) -> Sample:
        value = Column(self.column)
        by = () if self.strata is None else (Column(self.strata),)
        return Sample(of=(value,), where=call("finite", value), by=by)

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return self._sample(), *infinite(schema, self.column)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        import numpy as np

        from assay.inference.resampling.averages import TrimmedMean
        from assay.inference.resampling.interquartile import interquartile_mean

        values, strata = self._values(fold)
        n = len(values)
        if n == 0:
            return (Unmeasured(reason="there are no finite values"),)
        with np.errstate(over="ignore"):
            spread = values.max() - values.min()
        if not np.isfinite(spread * n):
            return (Unmeasured(reason="the values are too large for doubles to add up", n=n),)
        if how.census:
            return (census(float(TrimmedMean(values).values(np.ones((1, n)))[0]), n=n),)
        rng = np.random.default_rng(how.seed)
        try:
            value, interval = interquartile_mean(
                values, level=how.level, rng=rng, strata=strata if self.strata else None
            )
        except ValueError as error:
            return (Unmeasured(reason=str(error), n=n),)
        return (measured(value, interval, n=n, how=how),)

    def _values(self, fold: Fold) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """All finite values and a number for the stratum of each, both of shape (n,)."""
        import numpy as np

        groups = fold.groups(self._sample())
        known = [groups[key] for key in sorted(groups, key=str) if groups[key].n]
        if not known:
            return np.empty(0), np.empty(0, dtype=np.intp)
        values = np.concatenate([state.arrays()[0] for state in known])
        return values, np.repeat(np.arange(len(known)), [state.n for state in known])

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        return left_out(fold, self.column)
