"""Whether other columns tell where a column's values lack."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.evidence import Table, Text
from assay.core.expr import Call, Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.inference.undefined import Undefined
from assay.metrics.missing.parameters import (
    MOST_COLUMNS,
    ColumnName,
    as_numbers,
    matrix,
    sample,
)
from assay.states import Sample, SampleState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.missing.logistic import FoldArea

_SHOWN = 20
_DRAWN = 100_000
"""Rows that are used: the area is then known to a hundredth or so."""


@metric(
    "missing.dependence",
    higher_is_better=False,
    formula="mean over 5 folds of the area under the ROC curve of a logistic regression that "
    "predicts from the other columns where the column lacks",
    interval="cross-validated-auc (by influence), newcombe (few rows, or an area of 1)",
    reference="LeDell, Petersen & van der Laan 2015, Electronic Journal of Statistics 9:1583",
    example={"column": "income", "predictors": ("age", "active")},
)
class Dependence(Metric):
    """How well other columns tell where a column lacks: 0.5 not at all, 1 without fail.

    Well above 0.5, values do not lack completely at random, and dropping rows or filling in a mean
    bends what follows; the columns that tell are those to impute with. Near 0.5 there is no
    evidence of it in these columns: the column's own unseen values may still matter, and
    ``missing.delta_sensitivity`` asks how much. The strongest column stands in the evidence.

    Each column tells by the ranks of its values and their squares, so rising, falling and U-shaped
    dependence is seen; where its own value lacks it says nothing, unless ``together`` is set. At
    most 100,000 rows are used, drawn by lot.
    """

    jackknife = False

    column: ColumnName
    predictors: Annotated[
        tuple[str, ...] | None,
        Meta(description="Columns of numbers or times that may tell; all others without it."),
    ] = None
    together: Annotated[
        bool, Meta(description="Whether other columns lack in the same row tells, too.")
    ] = False

    def __post_init__(self) -> None:
        names = self.predictors
        if names is not None and not 1 <= len(set(names)) == len(names) <= MOST_COLUMNS:
            raise ValueError(f"`predictors` must be 1 to {MOST_COLUMNS} different columns")
        if self.column in (self.predictors or ()):
            raise ValueError(f"column {self.column!r} stands in `predictors`, too")

    def columns(self) -> tuple[str, ...]:
        return (self.column, *(self.predictors or ()))

    def _others(self, schema: Schema) -> tuple[str, ...]:
        if self.predictors is not None:
            return self.predictors
        return tuple(c.name for c in schema.columns if as_numbers(c) and c.name != self.column)

    def applicable(self, schema: Schema) -> str | None:
        if schema.find(self.column) is None:
            return f"there is no column {self.column!r}"
        names = self._others(schema)
        for name in names:
            info = schema.find(name)
            if info is None:
                return f"there is no column {name!r}"
            if not as_numbers(info):
                return f"column {name!r} holds {info.kind} ({info.native}), not numbers or times"
        if not 1 <= len(names) <= MOST_COLUMNS:
            return (
                f"the table has {len(names):,} other columns of numbers and times, not 1 to "
                f"{MOST_COLUMNS}: name some as `predictors`"
            )
        return None

    def _lacks(self) -> Call:
        return call("case", call("is_null", Column(self.column)), 1.0, 0.0)

    def _sample(self, schema: Schema) -> Sample:
        return sample(self._lacks(), *map(Column, self._others(schema)), most=_DRAWN)

    def draws(self) -> int | None:
        return _DRAWN

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        return (self._sample(schema),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        state = fold[self._sample(fold.schema)]
        found = _predicted(state, self.together, how.seed)
        if isinstance(found, str):
            return (Unmeasured(reason=found, n=state.n),)
        if how.census and not state.beyond:
            return (census(found.value, n=state.n),)
        return (measured(found.value, found.interval(how.level), n=state.n, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        from assay.inference.missing.logistic import contrast

        state = fold[self._sample(fold.schema)]
        if not state.n:
            return ()
        outcome, values = _read(state)
        found = {
            name: told
            for name, column in zip(self._others(fold.schema), values.T, strict=True)
            if (told := contrast(column, outcome)) is not None
        }
        if not found:
            return ()
        order = sorted(found, key=lambda name: -abs(found[name].area - 0.5))
        rows = [
            [
                name,
                round(found[name].area, 4),
                None if (d := found[name].difference) is None else round(d, 4),
                found[name].rows,
            ]
            for name in order[:_SHOWN]
        ]
        best = found[order[0]]
        side = "higher" if best.area > 0.5 else "lower" if best.area < 0.5 else "no different"
        text = (
            f"{order[0]} tells most by itself: it is {side} where {self.column} is missing "
            f"(area {best.area:.3f})."
        )
        return (
            Text(title="Strongest", text=text),
            Table(
                title=f"Values where {self.column} is missing against where it is there",
                columns=["column", "area", "difference of means in sd", "rows"],
                rows=rows,
            ),
        )


def _read(state: SampleState) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Where the column lacks, and the others' values; rows in an order that is their own."""
    from assay.inference.missing.logistic import canonical

    whole = matrix(state)
    whole = whole[canonical(whole)]
    return whole[:, 0] > 0.5, whole[:, 1:]


@lru_cache(maxsize=1)  # asked again for other levels
def _predicted(state: SampleState, together: bool, seed: int) -> FoldArea | str:
    """The area, or why there is none."""
    import numpy as np

    from assay.inference.missing.logistic import LEAST, cross_validated_area, ranked_features

    if not state.n:
        return "there are no rows"
    outcome, values = _read(state)
    missing = int(outcome.sum())
    if missing < LEAST:
        return f"{missing:,} missing values are fewer than the {LEAST} it needs"
    if len(outcome) - missing < LEAST:
        return f"{len(outcome) - missing:,} values are there, fewer than the {LEAST} it needs"
    features = ranked_features(values)
    if together:
        features = np.column_stack([features, np.isnan(values)])
    if not (features != features[:1]).any():
        return "none of the other columns has two different values"
    try:
        return cross_validated_area(features, outcome, seed=seed)
    except Undefined as undefined:
        return str(undefined)
