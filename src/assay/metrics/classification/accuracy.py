"""Accuracy and balanced accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.proportions import proportion
from assay.metrics.classification.confusion import ConfusionMetric, drawn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.core.measurement import Estimate, Estimation
    from assay.metrics.classification.confusion import Confusion


@metric(
    "classification.accuracy",
    unit="share",
    higher_is_better=True,
    formula="right predictions / rows",
    interval="wilson",
    reference="sklearn.metrics.accuracy_score",
    example={},
)
class Accuracy(ConfusionMetric):
    """Share of rows whose predicted label is the true one."""

    def judge(self, matrix: Confusion, how: Estimation) -> tuple[Estimate, ...]:
        return (proportion(int(np.trace(matrix.counts)), matrix.n, how),)


@metric(
    "classification.balanced_accuracy",
    unit="share",
    higher_is_better=True,
    formula="mean over the classes of their recall",
    interval="dirichlet",
    reference="sklearn.metrics.balanced_accuracy_score",
    example={},
)
class BalancedAccuracy(ConfusionMetric):
    """Mean recall of the classes that occur as targets: each counts alike, however rare it is."""

    def judge(self, matrix: Confusion, how: Estimation) -> tuple[Estimate, ...]:
        true_classes = np.flatnonzero(matrix.counts.sum(axis=1))
        if len(true_classes) < 2:
            reason = f"every row has the target {matrix.labels[true_classes[0]]!r}"
            return (Unmeasured(reason=reason, n=matrix.n),)

        def mean_recall(tables: NDArray[Any]) -> NDArray[np.float64]:
            right = np.diagonal(tables, axis1=-2, axis2=-1)[..., true_classes]
            mean: NDArray[np.float64] = (right / tables.sum(axis=-1)[..., true_classes]).mean(-1)
            return mean

        return (drawn(matrix.counts, mean_recall, how, n=matrix.n, unit=self.unit),)
