"""Foreign keys that lead nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.criterion import AtLeast
from assay.core.expr import Column, Member, call
from assay.core.metric import Metric, metric
from assay.inference.proportions import proportion
from assay.metrics.data.parameters import missing_columns, not_null
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


@metric(
    "references",
    unit="share",
    higher_is_better=True,
    formula="rows whose key occurs in the other table / rows with a full key",
    interval="wilson",
    reference="Referential integrity, MATCH SIMPLE, ISO/IEC 9075-2",
    example={"foreign_key": ("city",), "to": "cities", "key": ("name",)},
    claim="batch",
    default=AtLeast(1.0),
    dimension="consistency",
)
class References(Metric):
    """Share of rows whose foreign key occurs in another table of the suite.

    As in SQL, a row with a null in its foreign key refers to nothing and is left out.
    """

    foreign_key: Annotated[
        tuple[str, ...], Meta(min_length=1, description="Column, or columns, of this table.")
    ]
    to: Annotated[str, Meta(description="Name of the other table in the suite.")]
    key: Annotated[
        tuple[str, ...],
        Meta(min_length=1, description="Columns of the other table, in the same order."),
    ]

    def __post_init__(self) -> None:
        if not self.key or len(self.key) != len(self.foreign_key):
            raise ValueError(
                f"`foreign_key` has {len(self.foreign_key)} columns and `key` {len(self.key)}: "
                "they must pair"
            )

    def columns(self) -> tuple[str, ...]:
        return self.foreign_key

    def applicable(self, schema: Schema) -> str | None:
        return missing_columns(schema, self.foreign_key)

    def _full(self) -> Expr:
        return not_null(self.foreign_key)

    def _member(self) -> Expr:
        return Member(tuple(Column(name) for name in self.foreign_key), self.to, self.key)

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        return Count(where=self._full()), Count(where=call("and", self._full(), self._member()))

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        full, found = (fold[aggregate].n for aggregate in self.aggregates(fold.schema))
        return (proportion(found, full, how, empty="there is no row with a full key"),)

    def failing(self, schema: Schema) -> Expr:
        # Not simply "not": with a null among the other keys, SQL's IN is unknown, not false.
        return call("and", self._full(), call("not", call("same", self._member(), True)))
