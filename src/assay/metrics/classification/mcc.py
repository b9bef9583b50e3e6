"""Matthews correlation coefficient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.metrics.classification.confusion import ConfusionMetric, drawn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.core.measurement import Estimate, Estimation
    from assay.metrics.classification.confusion import Confusion


@metric(
    "classification.mcc",
    unit="",
    higher_is_better=True,
    formula="correlation of true and predicted labels; for two classes "
    "(TP·TN − FP·FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN))",
    interval="dirichlet",
    reference="sklearn.metrics.matthews_corrcoef",
    example={},
)
class Mcc(ConfusionMetric):
    """Matthews correlation coefficient (Gorodkin's R_k for more than two classes).

    It is 0 where every prediction is the same label, as the limit of its formula.
    """

    def judge(self, matrix: Confusion, how: Estimation) -> tuple[Estimate, ...]:
        true_classes = np.flatnonzero(matrix.counts.sum(axis=1))
        if len(true_classes) < 2:
            reason = f"every row has the target {matrix.labels[true_classes[0]]!r}"
            return (Unmeasured(reason=reason, n=matrix.n),)
        return (drawn(matrix.counts, correlation, how, n=matrix.n),)


def correlation(tables: NDArray[Any]) -> NDArray[np.float64]:
    """R_k of confusion matrices (..., k, k), after Gorodkin (2004, Comput. Biol. Chem. 28:367)."""
    truth, called = tables.sum(axis=-1), tables.sum(axis=-2)
    total = truth.sum(axis=-1)
    right = np.trace(tables, axis1=-2, axis2=-1)
    covariance = right * total - (truth * called).sum(axis=-1)
    scale = np.sqrt((total**2 - (truth**2).sum(axis=-1)) * (total**2 - (called**2).sum(axis=-1)))
    value: NDArray[np.float64] = np.where(scale > 0, covariance / np.where(scale > 0, scale, 1), 0)
    return value
