"""How often labels are what a gold set says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.evidence import Matrix
from assay.core.expr import Column, call
from assay.core.labels import label_text
from assay.core.metric import Metric, metric
from assay.inference.proportions import proportion
from assay.metrics.data.parameters import describe, not_null
from assay.states import Frequencies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_MOST_PAIRS = 10_000
_SHOWN = 30
_NO_LABELS = frozenset({"nested", "binary", "other"})


@metric(
    "labels.gold_accuracy",
    unit="share",
    higher_is_better=True,
    formula="rows whose label is the gold label / rows with a gold label",
    interval="wilson",
    reference="Snow et al. 2008, EMNLP:254 (annotators against a gold set)",
    example={"label": "sex", "gold": "race"},
)
class GoldAccuracy(Metric):
    """Share of the rows with a gold label whose label is the same.

    The gold label is what an expert, or several people after discussion, said of some rows drawn by
    lot. A row without a label counts as wrong. ``by: [gold]`` tells the accuracy of each class,
    ``by: [annotator]`` that of each annotator. Both columns may be typed apart: ``1`` and ``"1"``
    are the same label.
    """

    label: Annotated[str, Meta(description="Column with the label under test.")]
    gold: Annotated[str, Meta(description="Column with the gold label; null where there is none.")]

    def __post_init__(self) -> None:
        if self.label == self.gold:
            raise ValueError(f"{self.label!r} is both the label and the gold label")

    def columns(self) -> tuple[str, ...]:
        return self.label, self.gold

    def applicable(self, schema: Schema) -> str | None:
        for name in self.columns():
            info = schema.find(name)
            if info is None:
                return f"there is no column {name!r}"
            if info.kind in _NO_LABELS:
                return f"column {name!r} holds {describe(info)}, not labels"
        return None

    def _pairs(self) -> Frequencies:
        return Frequencies(of=(Column(self.gold), Column(self.label)), where=not_null((self.gold,)))

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        return {(Column(self.gold), Column(self.label)): _MOST_PAIRS}

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return (self._pairs(),)

    def _table(self, fold: Fold) -> dict[tuple[str, str], int]:
        """Rows by gold label and label, as texts; "" where the label is missing."""
        table: dict[tuple[str, str], int] = {}
        for (gold, label), rows in fold[self._pairs()].counts:
            missing = label is None or label != label
            key = label_text(gold), "" if missing else label_text(label)
            table[key] = table.get(key, 0) + rows
        return table

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        table = self._table(fold)
        right = sum(rows for (gold, label), rows in table.items() if gold == label)
        n = sum(table.values())
        return (proportion(right, n, how, empty="there are no rows with a gold label"),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        table = self._table(fold)
        golds, labels = (sorted({key[side] for key in table}) for side in (0, 1))
        if not table or max(len(golds), len(labels)) > _SHOWN:
            return ()
        return (
            Matrix(
                title="Rows by gold label and label",
                row_title="gold label",
                column_title="label",
                rows=golds,
                columns=[label or "(none)" for label in labels],
                values=[[float(table.get((g, x), 0)) for x in labels] for g in golds],
            ),
        )

    def failing(self, schema: Schema) -> Expr | None:
        kinds = {info.kind for name in self.columns() if (info := schema.find(name))}
        if len(kinds) > 1:  # spelt apart: only the labels' own rule tells what is equal
            return None
        differs = call("not", call("same", Column(self.label), Column(self.gold)))
        return call("and", not_null((self.gold,)), differs)
