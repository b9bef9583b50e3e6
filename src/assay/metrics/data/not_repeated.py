"""Rows whose key is theirs alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.collection import Groups
from assay.core.criterion import AtLeast
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.metrics.data.groups import SIZE, added, rows_where
from assay.metrics.data.parameters import missing_columns, not_null

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.states import Moments

_ALONE = rows_where(call("eq", SIZE, 1))


@metric(
    "not_repeated",
    unit="share",
    higher_is_better=True,
    formula="rows whose key no other row has / rows with a full key",
    interval="census",
    reference="Schelter et al. 2018, VLDB 11:1781 (deequ), uniqueness",
    example={"key": ("city", "race", "age")},
    claim="batch",
    default=AtLeast(1.0),
    dimension="uniqueness",
)
class NotRepeated(Metric):
    """Share of the rows whose key no other row has; several columns make one key.

    Rows with a null in the key are left out. Of a key in three rows, all three speak against the
    table here, and two of them in ``uniqueness``. How often keys repeat depends on how many rows
    there are, so the share speaks of the table at hand under either claim.
    """

    key: Annotated[
        tuple[str, ...], Meta(min_length=1, description="Column, or columns, that make the key.")
    ]

    def __post_init__(self) -> None:
        if not self.key:
            raise ValueError("not_repeated needs at least one column in `key`")

    def columns(self) -> tuple[str, ...]:
        return self.key

    def applicable(self, schema: Schema) -> str | None:
        return missing_columns(schema, self.key)

    def collection(self) -> Groups:
        keys = tuple((name, Column(name)) for name in self.key)
        return Groups(keys=keys, where=not_null(self.key))

    def aggregates(self, schema: Schema) -> tuple[Moments, ...]:
        return rows_where(), _ALONE

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        rows, alone = added(fold, rows_where()).rows, added(fold, _ALONE).rows
        if rows == 0:
            return (Unmeasured(reason="there is no row with a full key"),)
        return (census(alone / rows, n=rows, unit=self.unit),)

    def failing(self, schema: Schema) -> Expr:
        return call("gt", SIZE, 1)
