"""Values that lie far from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.metrics.data.parameters import ColumnName, infinite, left_out, needs_numbers
from assay.states import Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.fences import Fences

_USUAL = {"iqr": 1.5, "zscore": 3.0, "mad": 3.5}
_SHOWN = 5


@metric(
    "outliers",
    unit="share",
    higher_is_better=False,
    formula="finite values beyond the fences / finite values",
    interval="wilson-effective-n",
    reference="Tukey 1977, Exploratory Data Analysis; Iglewicz & Hoaglin 1993",
    example={"column": "income"},
    claim="batch",
    dimension="accuracy",
)
class Outliers(Metric):
    """Share of a column's finite values that lie beyond fences, which the column itself sets:

    * ``iqr``: ``k`` interquartile ranges (1.5 by default) beyond the quartiles.
    * ``zscore``: ``k`` standard deviations (3) from the mean. Outliers widen the standard deviation
      and so hide each other; among 10 values or fewer none can lie beyond 3.
    * ``mad``: ``k`` (3.5) from the median, in median absolute deviations / 0.6745.

    Of normal data 0.7 %, 0.27 % and 0.05 % lie beyond. Nulls, NaN and infinities are left out; how
    many infinities, the evidence says. The interval allows for fences that come from the sample; it
    covers less than stated where the fourth moment is infinite (``zscore``) and where fewer than
    one outlier is to be expected. The column is read into memory (8 bytes a row).
    """

    column: ColumnName
    method: Annotated[
        Literal["iqr", "zscore", "mad"], Meta(description="What sets the fences.")
    ] = "iqr"
    k: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="How far out the fences stand; see the methods."),
    ] = None

    def __post_init__(self) -> None:
        if self.k is not None and not 0 < self.k < float("inf"):
            raise ValueError(f"k is a number above 0, not {self.k}")

    def applicable(self, schema: Schema) -> str | None:
        return needs_numbers(schema, self.column)

    @property
    def _reach(self) -> float:
        return self.k if self.k is not None else _USUAL[self.method]

    def _sample(self) -> Sample:
        value = Column(self.column)
        return Sample(of=(value,), where=call("finite", value))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return self._sample(), *infinite(schema, self.column)

    def _values(self, fold: Fold) -> NDArray[np.float64]:
        """The values, ascending."""
        import numpy as np

        sample = fold[self._sample()]
        return np.sort(sample.arrays()[0]) if sample.n else np.empty(0)

    def _fences(self, values: NDArray[np.float64]) -> Fences | str:
        """The fences of the values, or why there are none."""
        import numpy as np

        from assay.inference.fences import fences

        if len(values) == 0:
            return "there are no finite values"
        with np.errstate(over="ignore", invalid="ignore"):
            found = fences(values, self.method, self._reach)
        if not all(np.isfinite(found)):
            return "the values are too large for their spread to be a double"
        if found.low == found.high and values[0] != values[-1]:
            return "so many values are the same that the others have no scale to be far by"
        return found

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        from assay.inference.fences import outlier_share

        values = self._values(fold)
        n = len(values)
        found = self._fences(values)
        if isinstance(found, str):
            return (Unmeasured(reason=found, n=n),)
        share = found.count(values) / n
        if how.census:
            return (census(share, n=n, unit=self.unit),)
        interval = outlier_share(values, found, self.method, self._reach, how.level)
        return (measured(share, interval, n=n, how=how, unit=self.unit),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        noted = left_out(fold, self.column)
        values = self._values(fold)
        found = self._fences(values)
        if isinstance(found, str):
            return noted
        below, above = values[values < found.low], values[values > found.high]
        return (
            Table(
                title=f"Fences of {self.column}",
                columns=["side", "fence", "values beyond", "farthest"],
                rows=[
                    ["lower", found.low, len(below), _listed(below[:_SHOWN])],
                    ["upper", found.high, len(above), _listed(above[::-1][:_SHOWN])],
                ],
            ),
            *noted,
        )


def _listed(values: NDArray[np.float64]) -> str:
    return ", ".join(f"{value:,.6g}" for value in values)
