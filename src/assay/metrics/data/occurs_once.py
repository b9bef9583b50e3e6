"""Keys that occur once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.collection import Groups
from assay.core.criterion import AtLeast
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.metrics.data.groups import SIZE
from assay.metrics.data.parameters import missing_columns, not_null
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_ONCE = Count(where=call("eq", SIZE, 1))


@metric(
    "occurs_once",
    higher_is_better=True,
    formula="keys that occur in one row / different keys",
    interval="census",
    reference="Schelter et al. 2018, VLDB 11:1781 (deequ), unique value ratio",
    example={"key": ("city", "race")},
    claim="batch",
    default=AtLeast(1.0),
    dimension="uniqueness",
)
class OccursOnce(Metric):
    """Share of the different keys that occur in one row only; several columns make one key.

    Rows with a null in the key are left out. ``uniqueness`` asks how many rows repeat a key, this
    how many keys are repeated. How often keys repeat depends on how many rows there are, so the
    share speaks of the table at hand under either claim.
    """

    key: Annotated[
        tuple[str, ...], Meta(min_length=1, description="Column, or columns, that make the key.")
    ]

    def __post_init__(self) -> None:
        if not self.key:
            raise ValueError("occurs_once needs at least one column in `key`")

    def columns(self) -> tuple[str, ...]:
        return self.key

    def collection(self) -> Groups:
        keys = tuple((name, Column(name)) for name in self.key)
        return Groups(keys=keys, where=not_null(self.key))

    def applicable(self, schema: Schema) -> str | None:
        return missing_columns(schema, self.key)

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        return Count(), _ONCE

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        keys, once = fold[Count()].n, fold[_ONCE].n
        if keys == 0:
            return (Unmeasured(reason="there is no row with a full key"),)
        return (census(once / keys, n=keys),)

    def failing(self, schema: Schema) -> Expr:
        return call("gt", SIZE, 1)
