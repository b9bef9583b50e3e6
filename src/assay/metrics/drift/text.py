"""Drift of texts: how long they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.criterion import AtMost
from assay.core.expr import Column, call
from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.core.metric import Metric, metric
from assay.metrics.data.parameters import ColumnName, needs_text
from assay.states import Count, Quantiles

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.schema import Schema
    from assay.metrics.data.distributions.sides import Values

Aspect = Literal["length", "words"]


@metric(
    "drift.text",
    higher_is_better=False,
    formula="greatest difference of the distribution functions of the texts' lengths, here and in "
    "the reference table",
    interval="smirnov",
    reference="Smirnov 1939; scipy.stats.ks_2samp over the lengths",
    example={"column": "payload"},
    compares=True,
    family="drift",
    default=AtMost(0.1),
    dimension="accuracy",
)
class TextDrift(Metric):
    """Distance between the lengths of a column's texts and those of a reference table's.

    0 means that they are distributed alike; 0.1 that no event of the form "longer than x" has
    become more than ten points more or less likely. Missing texts are part of it, and shorter than
    all others. Texts that are written or cut off in another way are seen here, where nearly every
    row has a text of its own and ``drift`` has no values to count.

    * ``length``: characters.
    * ``words``: runs of characters other than white space (blanks, tabs, ends of lines).

    The distribution functions are known at 200 quantiles a side.
    """

    jackknife = False

    column: ColumnName
    aspect: Annotated[Aspect, Meta(description="What is counted in each text.")] = "length"

    def applicable(self, schema: Schema) -> str | None:
        return needs_text(schema, self.column)

    def _counted(self) -> Expr:
        text: Expr = Column(self.column)
        if self.aspect == "words":
            # each word becomes one letter, and what is between them goes
            text = call("replace", call("replace", text, r"[^ \t\r\n\f]+", "w"), r"[^w]+", "")
        return call("length", text)

    def _quantiles(self) -> Quantiles:
        from assay.inference.distribution import GRID

        return Quantiles(of=self._counted(), probabilities=GRID)

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return Count(), self._quantiles()

    def _sides(self, fold: Fold) -> Values | str:
        from assay.metrics.data.distributions.sides import values

        reason = self.applicable(fold.reference.schema)
        if reason:
            return f"in the reference table, {reason}"
        both = fold.reference, fold
        return values(
            [side[self._quantiles()] for side in both], [side[Count()].n for side in both]
        )

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        from assay.metrics.data.distributions.distance import drift

        sides = self._sides(fold)
        if isinstance(sides, str):
            return (Unmeasured(reason=sides),)
        return (drift(sides, "ks", how, bins=10, sd=0.0),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        from assay.metrics.data.distributions.evidence import evidence

        sides = self._sides(fold)
        if isinstance(sides, str) or not all(sides.rows):
            return ()
        unit = "characters" if self.aspect == "length" else "words"
        return evidence(f"{self.column} ({unit})", sides, temporal=False)
