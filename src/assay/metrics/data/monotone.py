"""A column that should only rise, or only fall, along another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.criterion import AtLeast
from assay.core.evidence import Table
from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.metrics.data.parameters import (
    ColumnName,
    instant_text,
    is_temporal,
    needs_order,
    not_null,
)
from assay.states import Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Cell, Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_SHOWN = 10
_EXACT = 2**53
"""Whole numbers beyond are not told from their neighbours: the values come as doubles."""


@metric(
    "monotone",
    unit="share",
    higher_is_better=True,
    formula="neighbouring pairs that keep the direction / neighbouring pairs",
    interval="census",
    reference="pandas.Series.is_monotonic_increasing, along an order",
    example={"column": "id", "order_by": "signup"},
    claim="batch",
    default=AtLeast(1.0),
    dimension="consistency",
)
class Monotone(Metric):
    """Share of neighbouring pairs of rows, in the order of another column, whose values keep a
    direction.

    A table has no order of its own, so ``order_by`` gives it. Rows that tie there are taken in the
    direction asked for: they cannot be out of order among themselves, but under ``strict`` equal
    values among them are. Rows in which either value is missing are left out. Neighbouring pairs
    share rows and are no independent sample, so the share speaks of the table at hand. Both columns
    are read into memory (16 bytes a row), as doubles: integers beyond 2^53 are rounded.
    """

    column: ColumnName
    order_by: Annotated[str, Meta(description="Column whose order the rows are taken in.")]
    direction: Annotated[
        Literal["increasing", "decreasing"], Meta(description="Where the values must go.")
    ] = "increasing"
    strict: Annotated[bool, Meta(description="Whether equal neighbours break the order.")] = False

    def columns(self) -> tuple[str, ...]:
        return self.column, self.order_by

    def applicable(self, schema: Schema) -> str | None:
        return needs_order(schema, self.column, self.order_by)

    def _sample(self) -> Sample:
        names = self.order_by, self.column
        return Sample(of=tuple(Column(name) for name in names), where=not_null(names))

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        return (self._sample(),)

    def _sorted(self, fold: Fold) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Order and values, row by row; rows that tie stand in the direction asked for."""
        import numpy as np

        order, values = fold[self._sample()].arrays()
        rank = values if self.direction == "increasing" else -values
        rows = np.lexsort((rank, order))
        return order[rows], values[rows]

    def _broken(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether each pair of neighbours breaks the direction, shape (n - 1,)."""
        before, after = values[:-1], values[1:]
        if self.direction == "decreasing":
            before, after = after, before
        broken: NDArray[np.bool_] = before >= after if self.strict else before > after
        return broken

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        n = fold[self._sample()].n
        if n < 2:
            reason = "there are not two rows in which both values are known"
            return (Unmeasured(reason=reason, n=n),)
        order, values = self._sorted(fold)
        for name, numbers in ((self.column, values), (self.order_by, order)):
            if _blurred(fold.schema, name, numbers):
                reason = (
                    f"{name!r} holds numbers beyond {_EXACT:,}, which are not told from their "
                    "neighbours here: compare them in a query, with lag(), under query_rows"
                )
                return (Unmeasured(reason=reason, n=n),)
        return (census(1 - float(self._broken(values).mean()), n=n - 1, unit=self.unit),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        if fold[self._sample()].n < 2:
            return ()
        order, values = self._sorted(fold)
        found = self._broken(values).nonzero()[0]
        blurred = _blurred(fold.schema, self.column, values)
        if not len(found) or blurred or _blurred(fold.schema, self.order_by, order):
            return ()

        def shown(name: str, value: float) -> Cell:
            return instant_text(value) if is_temporal(fold.schema, name) else float(value)

        return (
            Table(
                title=f"Where {self.column} is not {self.direction}: first of {len(found):,}",
                columns=[
                    self.order_by,
                    self.column,
                    f"next {self.order_by}",
                    f"next {self.column}",
                ],
                rows=[
                    [
                        cell
                        for row in (at, at + 1)
                        for cell in (
                            shown(self.order_by, order[row]),
                            shown(self.column, values[row]),
                        )
                    ]
                    for at in found[:_SHOWN]
                ],
            ),
        )


def _blurred(schema: Schema, name: str, values: NDArray[np.float64]) -> bool:
    """Whether different numbers of a column may have become equal doubles."""
    info = schema.find(name)
    exact = info is not None and info.kind in ("integer", "decimal")
    return exact and bool(abs(values).max() > _EXACT)
