"""Whether a judge (a model or a program) labels as humans do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.evidence import Matrix
from assay.core.expr import Column, call
from assay.core.labels import label_text, spellings
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census, measured
from assay.inference.proportions import proportion
from assay.metrics.ratings.parameters import (
    MOST_RATERS,
    Human,
    Judge,
    all_given,
    missing,
    not_numbers,
)
from assay.states import Frequencies

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr, Scalar
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.agreement.cohen import Weights
    from assay.states import FrequenciesState

_MOST_SHOWN = 30
_MOST_PAIRS = 100_000


@metric(
    "ratings.judge_agreement",
    higher_is_better=True,
    formula="kappa: 1 - observed disagreement / disagreement by chance; accuracy: equal / all",
    interval="wilson-effective-n (kappa), wilson (accuracy)",
    reference="Cohen 1960, Educational and Psychological Measurement 20:37; 1968",
    example={"human": "age", "judge": "income", "scale": "interval"},
)
class JudgeAgreement(Metric):
    """How well a judge's labels agree with human ones, on the rows that have both.

    Cohen's kappa is 1 where they always agree and 0 where they do as often as by chance. On an
    ordinal scale disagreement counts by the steps between labels, on an interval scale by the
    square of their difference. ``accuracy`` is the plain share of equal labels: where one label is
    common, a judge that always gives it is accurate and has a kappa of 0.
    """

    human: Human
    judge: Judge
    measure: Annotated[
        Literal["kappa", "accuracy"], Meta(description="Beyond chance, or the plain share.")
    ] = "kappa"
    scale: Annotated[
        Literal["nominal", "ordinal", "interval"],
        Meta(description="Categories, numbers in order, or numbers with distances."),
    ] = "nominal"

    def __post_init__(self) -> None:
        if self.measure == "accuracy" and self.scale != "nominal":
            raise ValueError("accuracy knows equal and different only: scale is for kappa")

    def columns(self) -> tuple[str, ...]:
        return self.human, self.judge

    def applicable(self, schema: Schema) -> str | None:
        reason = missing(schema, self.columns())
        if reason is None and self.scale != "nominal":
            return not_numbers(schema, *self.columns())
        return reason

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        human, judge = Column(self.human), Column(self.judge)
        return {(human,): MOST_RATERS, (judge,): MOST_RATERS, (human, judge): _MOST_PAIRS}

    def _pairs(self) -> Frequencies:
        return Frequencies(
            of=(Column(self.human), Column(self.judge)), where=all_given(*self.columns())
        )

    def aggregates(self, schema: Schema) -> tuple[Frequencies, ...]:
        return (self._pairs(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        from assay.inference.undefined import Undefined

        state = fold[self._pairs()]
        if not state.counts:
            return (Unmeasured(reason="there is no row with both labels"),)
        if self.measure == "accuracy":
            _, table = self._table(fold)
            return (proportion(int(table.trace()), state.n, how, unit=self.unit),)
        try:
            return (self._kappa(fold, how),)
        except Undefined as undefined:
            return (Unmeasured(reason=str(undefined), n=state.n),)

    def _alike(self, schema: Schema) -> bool:
        """Whether both columns hold the same kind, so that labels are compared as written."""
        kinds = {info.kind for name in self.columns() if (info := schema.find(name)) is not None}
        return len(kinds) == 1

    def _table(self, fold: Fold) -> tuple[list[str], NDArray[np.int64]]:
        return _table(fold[self._pairs()], as_written=self._alike(fold.schema))

    def _kappa(self, fold: Fold, how: Estimation) -> Estimate:
        import numpy as np

        from assay.inference.agreement.cohen import cohen

        state = fold[self._pairs()]
        weights: Weights = "none"
        at = None
        if self.scale == "nominal":
            _, table = self._table(fold)
        else:
            at, table = _number_table(state)
            if not np.isfinite(at).all():
                return Unmeasured(reason="a label is infinite", n=state.n)
            weights = "linear" if self.scale == "ordinal" else "quadratic"
        found = cohen(table, weights, at=at if self.scale == "interval" else None)
        if how.census:
            return census(found.value, n=found.n)
        return measured(found.value, found.interval(how.level), n=found.n, how=how)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        labels, table = self._table(fold)
        if not 0 < len(labels) <= _MOST_SHOWN:
            return ()
        return (
            Matrix(
                title="Labels",
                row_title=self.human,
                column_title=self.judge,
                rows=labels,
                columns=labels,
                values=[[float(n) for n in row] for row in table],
            ),
        )

    def failing(self, schema: Schema) -> Expr | None:
        human, judge = Column(self.human), Column(self.judge)
        if not_numbers(schema, *self.columns()) is None:
            return call("ne", call("number", human), call("number", judge))
        return call("ne", human, judge) if self._alike(schema) else None


def _table(state: FrequenciesState, *, as_written: bool) -> tuple[list[str], NDArray[np.int64]]:
    """Labels of either, and how often each pair occurs, the human's by row.

    In columns of different kinds, every label has the first of all its spellings.
    """
    import numpy as np

    def text(label: Scalar) -> str:
        return label_text(label) if as_written else min(spellings(label))

    pairs = [(text(human), text(judge), n) for (human, judge), n in state.counts]
    labels = sorted({label for human, judge, _ in pairs for label in (human, judge)})
    place = {label: i for i, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for human, judge, n in pairs:
        table[place[human], place[judge]] += n
    return labels, table


def _number_table(state: FrequenciesState) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The same of labels that are numbers, in ascending order."""
    import numpy as np

    pairs = np.array([key for key, _ in state.counts], dtype=np.float64)
    values, place = np.unique(pairs, return_inverse=True)
    place = place.reshape(pairs.shape)
    table = np.zeros((len(values), len(values)), dtype=np.int64)
    np.add.at(table, (place[:, 0], place[:, 1]), [n for _, n in state.counts])
    return values, table
