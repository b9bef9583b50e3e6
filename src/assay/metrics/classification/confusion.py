"""The confusion matrix: one fold that all metrics of predicted labels share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.collection import Predictions
from assay.core.evidence import Matrix
from assay.core.expr import Column
from assay.core.labels import label_positions, label_text
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric
from assay.core.schema import PREDICTION, TARGET
from assay.inference.bootstrap import dirichlet
from assay.inference.interval import census, measured
from assay.states import Frequencies

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Scalar
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Prediction, Schema
    from assay.states import FrequenciesState

CONFUSION = Frequencies(of=(Column(TARGET), Column(PREDICTION)))


@dataclass(frozen=True, eq=False)
class Confusion:
    """Rows by true and predicted label.

    Attributes:
        labels: the model's labels in its order, then others that occur, by their text.
        counts: shape (k, k); row = truth, column = prediction.
        positive: position of the positive label, or None.
        unlabelled: rows without a target: nothing is known about them, so they are left out.
        unanswered: rows with a target for which the model gave no label.
    """

    labels: tuple[str, ...]
    counts: NDArray[np.int64]
    positive: int | None
    unlabelled: int
    unanswered: int

    @property
    def n(self) -> int:
        """Rows with both labels."""
        return int(self.counts.sum())

    def present(self) -> Confusion:
        """Without the labels that no row has, as truth or prediction; the positive one stays."""
        occurs = (self.counts.sum(axis=0) + self.counts.sum(axis=1)) > 0
        if self.positive is not None:
            occurs[self.positive] = True
        keep = np.flatnonzero(occurs)
        return replace(
            self,
            labels=tuple(self.labels[i] for i in keep),
            counts=self.counts[np.ix_(keep, keep)],
            positive=None if self.positive is None else int(occurs[: self.positive].sum()),
        )

    def one_against_rest(self, position: int) -> NDArray[np.int64]:
        """Shape (2, 2): the class in the second row and column, all others in the first."""
        hit = self.counts[position, position]
        truth, called = self.counts[position].sum(), self.counts[:, position].sum()
        return np.array([[self.n - truth - called + hit, called - hit], [truth - hit, hit]])


def confusion(state: FrequenciesState, prediction: Prediction) -> Confusion:
    """The confusion matrix in the state of :data:`CONFUSION`."""
    positions = dict(label_positions(prediction.labels))
    labels = [label_text(label) for label in prediction.labels]
    cells: list[tuple[int, int, int]] = []
    unlabelled = unanswered = 0

    def position(text: str) -> int:
        if text not in positions:
            positions[text] = len(labels)
            labels.append(text)
        return positions[text]

    for (truth, answer), rows in state.counts:
        if _missing(truth):
            unlabelled += rows
        elif _missing(answer):
            unanswered += rows
        else:
            cells.append((position(label_text(truth)), position(label_text(answer)), rows))
    positive = None
    if prediction.positive is not None:
        positive = position(label_text(prediction.positive))
    counts = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for row, column, rows in cells:
        counts[row, column] += rows
    return Confusion(tuple(labels), counts, positive, unlabelled, unanswered)


def _missing(label: Scalar) -> bool:
    """Null, or the NaN that stands for it in a column of floats."""
    return label is None or label != label


def not_a_classifier(schema: Schema) -> str | None:
    """Why classification metrics do not apply to such observations, or None."""
    prediction = schema.prediction
    if prediction is None:
        return "this is a table, not a model: there are no predictions to judge"
    if prediction.task == "regression":
        return "the model predicts a number, not a class"
    if prediction.task == "binary" and prediction.positive is None:
        return "the model's positive label is not stated: name it as `positive` of the subject"
    return None


class ConfusionMetric(Metric):
    """Base of the metrics that follow from the confusion matrix alone."""

    def collection(self) -> Predictions:
        return Predictions()

    def applicable(self, schema: Schema) -> str | None:
        return not_a_classifier(schema)

    def aggregates(self, schema: Schema) -> tuple[Frequencies, ...]:
        return (CONFUSION,)

    def confusion(self, fold: Fold) -> Confusion:
        """The matrix of this fold."""
        assert fold.schema.prediction is not None  # by `applicable`
        return confusion(fold[CONFUSION], fold.schema.prediction)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        matrix = self.confusion(fold)
        if matrix.unanswered:
            total = matrix.n + matrix.unanswered
            reason = f"the model gave no label for {matrix.unanswered:,} of {total:,} rows"
            return (Unmeasured(reason=reason, n=total, fault=True),)
        if matrix.n == 0:
            return (Unmeasured(reason="there are no rows with a target"),)
        return self.judge(matrix.present(), how)

    @abstractmethod
    def judge(self, matrix: Confusion, how: Estimation) -> tuple[Estimate, ...]:
        """Measurements from a matrix with at least one row, all of whose labels occur."""

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        matrix = self.confusion(fold)
        left_out = f" ({matrix.unlabelled:,} rows without a target left out)"
        return (
            Matrix(
                title=f"Confusion matrix{left_out if matrix.unlabelled else ''}",
                row_title="truth",
                column_title="prediction",
                rows=list(matrix.labels),
                columns=list(matrix.labels),
                values=matrix.counts.astype(float).tolist(),
            ),
        )


def drawn(
    counts: NDArray[np.int64],
    statistic: Callable[[NDArray[Any]], NDArray[np.float64]],
    how: Estimation,
    *,
    n: int,
    unit: str = "",
    key: dict[str, str] | None = None,
) -> Estimate:
    """A statistic of the table ``counts`` (k, k) with its Dirichlet interval."""
    value = float(statistic(counts[np.newaxis].astype(np.float64))[0])
    if how.census:
        return census(value, n=n, unit=unit, key=key)
    interval = dirichlet(counts, statistic, level=how.level, seed=how.seed)
    return measured(value, interval, n=n, how=how, unit=unit, key=key)
