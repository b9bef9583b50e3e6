"""All pairs of columns that should, or should not, move together."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.evidence import Matrix
from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.core.schema import NUMERIC
from assay.inference.correlation import bonett_wright, fisher
from assay.inference.interval import census, measured
from assay.metrics.data.correlation import rank_comoments
from assay.metrics.data.parameters import needs_numbers
from assay.states import Comoments, ComomentsState, Sample, SampleState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

MOST_COLUMNS = 60
Pair = tuple[str, str]
Numbers = Annotated[
    tuple[str, ...] | None,
    Meta(description="Columns of numbers; all of the table's where there are none."),
]


@metric(
    "correlation_matrix",
    formula="for each pair: covariance / (sd of x * sd of y); spearman: of the ranks",
    interval="fisher-z (pearson), bonett-wright (spearman)",
    reference="pandas.DataFrame.corr",
    example={"columns": ("age", "income", "active")},
    claim="batch",
    dimension="consistency",
)
class CorrelationMatrix(Metric):
    """Correlation of each pair of columns over the rows in which both are finite.

    Without ``columns``, all columns of numbers are taken, identifiers among them: name the others
    to leave those out. There is one measurement for each pair, and all are judged together.
    Spearman's needs the ranks, so it reads the columns into memory (8 bytes a value).
    """

    columns: Numbers = None  # type: ignore[assignment]  # the parameter says what it reads
    method: Annotated[
        Literal["pearson", "spearman"], Meta(description="Linear, or of the ranks.")
    ] = "pearson"

    def __post_init__(self) -> None:
        names = self.columns
        if names is not None and not 2 <= len(set(names)) == len(names) <= MOST_COLUMNS:
            raise ValueError(f"`columns` must be 2 to {MOST_COLUMNS} different columns")

    def _names(self, schema: Schema) -> tuple[str, ...]:
        if self.columns is not None:
            return self.columns
        return tuple(c.name for c in schema.columns if c.kind in NUMERIC)

    def applicable(self, schema: Schema) -> str | None:
        names = self._names(schema)
        if not 2 <= len(names) <= MOST_COLUMNS:
            return (
                f"the table has {len(names):,} columns of numbers, not 2 to {MOST_COLUMNS}: "
                "name some as `columns`"
            )
        return needs_numbers(schema, *names)

    def _comoments(self, x: str, y: str) -> Comoments:
        return Comoments(x=Column(x), y=Column(y))

    def _sample(self, schema: Schema) -> Sample:
        return Sample(of=tuple(Column(name) for name in self._names(schema)))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        if self.method == "spearman":
            return (self._sample(schema),)
        return tuple(self._comoments(*pair) for pair in combinations(self._names(schema), 2))

    def _pairs(self, fold: Fold) -> Iterator[tuple[Pair, ComomentsState]]:
        names = self._names(fold.schema)
        if self.method == "pearson":
            for pair in combinations(names, 2):
                yield pair, fold[self._comoments(*pair)]
            return
        import numpy as np

        arrays = fold[self._sample(fold.schema)].arrays()
        values = dict(zip(names, arrays, strict=True)) if arrays else {}
        for x, y in combinations(names, 2):
            if not values:
                yield (x, y), ComomentsState()
                continue
            both = np.isfinite(values[x]) & np.isfinite(values[y])
            yield (x, y), rank_comoments(SampleState.of(values[x][both], values[y][both]))

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        interval = fisher if self.method == "pearson" else bonett_wright
        found: list[Estimate] = []
        for pair, state in self._pairs(fold):
            key, r = dict(zip("xy", pair, strict=True)), _coefficient(pair, state)
            if isinstance(r, str):
                found.append(Unmeasured(reason=r, key=key, n=state.n))
            elif how.census:
                found.append(census(r, n=state.n, key=key))
            else:
                ends = interval(r, state.n, how.level)
                found.append(measured(r, ends, n=state.n, how=how, key=key))
        return tuple(found)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        known = {pair: _coefficient(pair, state) for pair, state in self._pairs(fold)}
        whole = list(self._names(fold.schema))
        lacking = [pair for pair, r in known.items() if isinstance(r, str)]
        while lacking:  # leave out the column that lacks most: a constant one, usually
            worst = max(whole, key=lambda name: sum(name in pair for pair in lacking))
            whole.remove(worst)
            lacking = [pair for pair in lacking if worst not in pair]
        if len(whole) < 2:
            return ()
        values = {pair: round(r, 4) for pair, r in known.items() if isinstance(r, float)}
        values |= {(y, x): r for (x, y), r in values.items()}
        return (
            Matrix(
                title=f"Correlation ({self.method})",
                row_title="x",
                column_title="y",
                rows=whole,
                columns=whole,
                values=[[values.get((x, y), 1.0) for y in whole] for x in whole],
            ),
        )


def _coefficient(pair: Pair, state: ComomentsState) -> float | str:
    """The correlation, or why there is none."""
    if state.n == 0:
        return "there is no row in which both values are finite"
    spread = math.sqrt(state.m2_x) * math.sqrt(state.m2_y)
    if spread == 0:
        return f"all values of {pair[state.m2_x != 0]!r} are the same"
    return max(-1.0, min(1.0, state.cross / spread))
