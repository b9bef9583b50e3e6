"""Base of what is measured of models whose features have gaps; and their scores, kept."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.metrics.learning.imputed import Contender, Setting, imputed_scores
from assay.metrics.learning.models import Estimator, Score
from assay.metrics.learning.table import Learnable, LearningMetric, learnable
from assay.metrics.missing.parameters import as_numbers
from assay.states import SampleState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.schema import Schema
    from assay.inference.missing.masking import Mechanism

AnyScore = Score | Literal["auto"]
Scored = Annotated[AnyScore, Meta(description="What scores the model's predictions.")]
Model = Annotated[Estimator, Meta(description="The model: regression, or gradient-boosted trees.")]
Order = Annotated[
    str | None, Meta(description="Column by which rows are ordered, for forward_fill.")
]


class Imputed(LearningMetric):
    """Base: a target learned from features with gaps, which are filled in inside the folds."""

    score: AnyScore
    estimator: Estimator
    order: str | None

    def ordered_by(self) -> str | None:
        return self.order

    def applicable(self, schema: Schema) -> str | None:
        reason = super().applicable(schema)
        if reason:
            return reason
        if not self.numbers(schema):
            return "none of the features holds numbers or times"
        if self.score != "auto" and (self.score == "r2") == self.in_classes(schema):
            kind = "classes" if self.in_classes(schema) else "a number"
            return f"{self.score} is no score of a target that is {kind}"
        if self.order is None:
            return None
        info = schema.find(self.order)
        if info is None:
            return f"there is no column {self.order!r}"
        return None if as_numbers(info) else f"column {self.order!r} holds {info.kind}, no order"

    def cannot_take(self, mechanism: Mechanism | None, schema: Schema) -> str | None:
        """Why values cannot be taken away like that, or None."""
        if mechanism != "mar" or len(self.numbers(schema)) > 1:
            return None
        return "mar takes values away by another column of numbers, and there is only one"

    def draws(self) -> int | None:
        from assay.metrics.learning.folds import MOST_DRAWN

        return MOST_DRAWN

    def chosen(self, schema: Schema) -> Score:
        """The score that is meant."""
        if self.score != "auto":
            return self.score
        return "roc_auc" if self.in_classes(schema) else "r2"

    def rows(self, fold: Fold) -> Learnable | str:
        """The rows to learn from, or why there are none."""
        ordered, numbers = self.shape(fold.schema)
        return _rows(self.state(fold), self.codes(fold), ordered, numbers)

    def scores(
        self, fold: Fold, methods: tuple[Contender, ...], setting: Setting
    ) -> dict[str, NDArray[np.float64] | str] | str:
        """Scores of each method by fold, or why it has none; or why none has any."""
        ordered, numbers = self.shape(fold.schema)
        codes = self.codes(fold)
        return _scored(self.state(fold), codes, ordered, numbers, methods, setting)


@lru_cache(maxsize=1)  # asked again for other levels, and for the evidence
def _rows(
    state: SampleState, codes: tuple[tuple[str, float], ...], ordered: bool, numbers: int
) -> Learnable | str:
    from assay.metrics.learning.folds import drawn, too_few

    rows = learnable(state, codes, ordered=ordered, numbers=numbers)
    return rows if isinstance(rows, str) else too_few(rows, drawn(rows.n)) or rows


@lru_cache(maxsize=2)  # likewise; robustness compares two
def _scored(
    state: SampleState,
    codes: tuple[tuple[str, float], ...],
    ordered: bool,
    numbers: int,
    methods: tuple[Contender, ...],
    setting: Setting,
) -> dict[str, NDArray[np.float64] | str] | str:
    """Scores of each method by fold, or why none has any."""
    from assay.metrics.learning.folds import drawn

    rows = _rows(state, codes, ordered, numbers)
    if isinstance(rows, str):
        return rows
    at = drawn(rows.n)
    return dict(imputed_scores(rows, at, methods, setting))
