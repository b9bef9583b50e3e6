"""How unequal the classes are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.evidence import Table
from assay.core.expr import Column
from assay.core.labels import label_text
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.inference.proportions import wilson
from assay.metrics.data.parameters import describe, not_null
from assay.states import Frequencies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_MOST_LABELS = 10_000
_SHOWN = 30
_LABELS = frozenset({"string", "boolean", "integer"})


@metric(
    "labels.imbalance",
    higher_is_better=False,
    formula="rows of the largest class / rows of the smallest class",
    interval="log-delta-bonferroni",
    reference="He & Garcia 2009, IEEE TKDE 21:1263 (imbalanced data)",
    example={"label": "race"},
    claim="batch",
)
class Imbalance(Metric):
    """Rows of the largest class for each row of the smallest: 1 where all classes are alike.

    Rows without a label are left out. Name the ``classes`` that there should be: one that no row
    has is not seen in the labels, and then there is no ratio. A high ratio is no fault in itself,
    but accuracy says little then, and the smallest class needs enough rows to be learned and to be
    judged: the report lists the rows of each.
    """

    jackknife = False

    label: Annotated[str, Meta(description="Column that holds the label.")]
    classes: Annotated[
        tuple[str, ...] | None,
        Meta(description="Labels that must occur, as texts; those that occur if not given."),
    ] = None

    def __post_init__(self) -> None:
        if self.classes is not None and not 2 <= len(set(self.classes)) == len(self.classes):
            raise ValueError("`classes` must be two different labels or more")

    def columns(self) -> tuple[str, ...]:
        return (self.label,)

    def applicable(self, schema: Schema) -> str | None:
        info = schema.find(self.label)
        if info is None:
            return f"there is no column {self.label!r}"
        if info.kind not in _LABELS:
            return f"column {self.label!r} holds {describe(info)}, not labels"
        return None

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        return {(Column(self.label),): _MOST_LABELS}

    def _labels(self) -> Frequencies:
        return Frequencies(of=(Column(self.label),), where=not_null((self.label,)))

    def aggregates(self, schema: Schema) -> tuple[Frequencies, ...]:
        return (self._labels(),)

    def _counts(self, fold: Fold) -> dict[str, int]:
        """Rows by class, named classes first."""
        counts = dict.fromkeys(self.classes or (), 0)
        for (label,), rows in fold[self._labels()].counts:
            counts[label_text(label)] = counts.get(label_text(label), 0) + rows
        return counts

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        from assay.inference.labels.balance import imbalance_ratio

        counts = self._counts(fold)
        n = sum(counts.values())
        if n == 0:
            return (Unmeasured(reason="there are no rows with a label"),)
        if len(counts) == 1:
            return (Unmeasured(reason=f"every row has the label {next(iter(counts))!r}", n=n),)
        absent = [label for label, rows in counts.items() if rows == 0]
        if absent:
            reason = f"no row has the label {absent[0]!r}, so there is no ratio"
            return (Unmeasured(reason=reason, n=n),)
        value, interval = imbalance_ratio([*counts.values()], how.level)
        if how.census:
            return (census(value, n=n),)
        return (measured(value, interval, n=n, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        counts = self._counts(fold)
        n = sum(counts.values())
        if n == 0:
            return ()
        rare = sorted(counts.items(), key=lambda item: (item[1], item[0]))
        ends = {label: wilson(rows, n, 0.95) for label, rows in rare[:_SHOWN]}
        return (
            Table(
                title=f"Classes, the rarest first ({len(counts):,})",
                columns=[self.label, "rows", "share", "low", "high"],
                rows=[
                    [label, rows, *(round(x, 6) for x in (rows / n, *ends[label][:2]))]
                    for label, rows in rare[:_SHOWN]
                ],
            ),
        )
