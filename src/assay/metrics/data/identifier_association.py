"""Identifiers that give the label away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.criterion import AtMost
from assay.core.evidence import Table
from assay.core.expr import Column
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.metrics.data.parameters import describe, needs_order, not_null
from assay.states import Quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr, Scalar
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.separation import Separation

_MOST_LABELS = 100
_LABELS = frozenset({"string", "boolean", "integer"})


@metric(
    "identifier_association",
    higher_is_better=False,
    formula="greatest over labels, and over bounds t, of the difference in the share of "
    "identifiers up to t between the rows of a label and all others",
    interval="smirnov",
    reference="Youden 1950, Cancer 3:32; Kaufman et al. 2012, ACM TKDD 6:15 (leakage)",
    example={"identifier": "id", "label": "sex"},
    claim="process",
    default=AtMost(0.2),
    dimension="consistency",
)
class IdentifierAssociation(Metric):
    """How well a bound on an identifier tells one label from the others: from 0 to 1.

    Identifiers should say nothing of the label. Where rows were numbered after they were sorted or
    collected by label, a model that sees the number learns that order. The value is the greatest
    Youden index (hits less false alarms) of any rule "the identifier is at most t": 0 where no
    number tells anything, 1 where all identifiers of a label lie on one side. It takes numbers,
    dates and timestamps as identifiers, and labels of up to 100 values. Texts that all differ have
    no order to speak of: make a column of the part that could tell (a prefix, say), and measure
    its ``association``. In few rows chance alone gives high values, which the interval allows for.
    """

    jackknife = False

    identifier: Annotated[str, Meta(description="Column that identifies rows.")]
    label: Annotated[str, Meta(description="Column that holds the label.")]

    def columns(self) -> tuple[str, ...]:
        return self.identifier, self.label

    def applicable(self, schema: Schema) -> str | None:
        info = schema.find(self.label)
        if info is None:
            return f"there is no column {self.label!r}"
        if info.kind not in _LABELS:
            return f"column {self.label!r} holds {describe(info)}, not labels"
        return needs_order(schema, self.identifier)

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        return {(Column(self.label),): _MOST_LABELS}

    def _quantiles(self) -> Quantiles:
        from assay.inference.quantile_grid import GRID

        return Quantiles(
            of=Column(self.identifier),
            probabilities=GRID,
            by=(Column(self.label),),
            where=not_null((self.label,)),
        )

    def aggregates(self, schema: Schema) -> tuple[Quantiles, ...]:
        return (self._quantiles(),)

    def _separations(self, fold: Fold) -> dict[Scalar, Separation]:
        from assay.inference.separation import separations

        states = {key[0]: s for key, s in fold.groups(self._quantiles()).items() if s.n}
        labels = sorted(states, key=str)
        found = separations([states[label] for label in labels])
        return dict(zip(labels, found, strict=True))

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        found = self._separations(fold)
        n = sum(s.n for s in found.values())
        if n == 0:
            return (Unmeasured(reason="there is no row with an identifier and a label"),)
        if len(found) == 1:
            return (Unmeasured(reason=f"all values of {self.label!r} are the same", n=n),)
        value = max(s.value for s in found.values())
        if how.census:
            return (census(value, n=n),)
        from assay.inference.separation import greatest_interval

        return (measured(value, greatest_interval([*found.values()], how.level), n=n, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        found = self._separations(fold)
        if len(found) < 2:
            return ()
        most = sorted(found.items(), key=lambda item: (-item[1].value, str(item[0])))
        return (
            Table(
                title="Labels that the identifier tells best",
                columns=[self.label, "rows", "greatest difference"],
                rows=[[str(label), s.n, round(s.value, 4)] for label, s in most[:20]],
            ),
        )
