"""Records that are alike but for their label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.collection import Groups
from assay.core.criterion import AtMost
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.metrics.data.groups import VARIANTS, added, rows_where
from assay.metrics.data.parameters import missing_columns

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.states import Moments

_CONFLICT = call("gt", VARIANTS, 1)


@metric(
    "conflicting_labels",
    unit="share",
    higher_is_better=False,
    formula="rows whose features also occur with another label / rows with a label",
    interval="census",
    reference="Northcutt, Jiang & Chuang 2021, JAIR 70:1373 (label errors)",
    example={"label": "sex", "features": ("city", "race", "active")},
    claim="batch",
    default=AtMost(0.0),
    dimension="consistency",
)
class ConflictingLabels(Metric):
    """Share of labelled rows whose features also occur with another label.

    No model can be right about all of them: the labels are wrong, or the features do not tell.
    Without ``features``, all columns are features but the label and the one that the table names as
    its ``unit``. A feature that is null is equal to another null. How often records meet depends on
    how many rows there are, so the share speaks of the table at hand under either claim.
    """

    label: Annotated[str, Meta(description="Column that holds the label.")]
    features: Annotated[
        tuple[str, ...] | None,
        Meta(description="Columns that make a record; all others where there are none."),
    ] = None

    def __post_init__(self) -> None:
        if self.features is not None and not self.features:
            raise ValueError("conflicting_labels needs a column in `features`, or no list")
        if self.label in (self.features or ()):
            raise ValueError(f"the label {self.label!r} is listed as a feature of itself")

    def columns(self) -> tuple[str, ...]:
        return (self.label, *(self.features or ()))

    def collection(self) -> Groups:
        label = Column(self.label)
        return Groups(
            keys=tuple((name, Column(name)) for name in self.features or ()),
            distinct=(label,),
            where=call("not_null", label),
            all_but=(self.label,) if self.features is None else None,
        )

    def applicable(self, schema: Schema) -> str | None:
        return missing_columns(schema, self.columns())

    def aggregates(self, schema: Schema) -> tuple[Moments, ...]:
        return rows_where(), rows_where(_CONFLICT)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        rows, conflict = (added(fold, a).rows for a in self.aggregates(fold.schema))
        if rows == 0:
            return (Unmeasured(reason="there are no rows with a label"),)
        return (census(conflict / rows, n=rows, unit=self.unit),)

    def failing(self, schema: Schema) -> Expr:
        return _CONFLICT
