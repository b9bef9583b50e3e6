"""Metrics that are a ratio of counts per class, and how they average over classes."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np

from assay.core.measurement import Unmeasured
from assay.inference.proportions import proportion
from assay.metrics.classification.confusion import ConfusionMetric, drawn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.core.measurement import Estimate, Estimation
    from assay.metrics.classification.confusion import Confusion

Average = Literal["macro", "micro", "weighted", "per_class"]
"""How classes become one figure; ``per_class`` keeps them apart. Where none is chosen: the positive
class of a binary model, ``macro`` of others."""


class Outcomes(NamedTuple):
    """Counts of each class against the rest; each array of shape (..., k)."""

    tp: NDArray[Any]
    fp: NDArray[Any]
    fn: NDArray[Any]
    tn: NDArray[Any]

    @classmethod
    def of(cls, tables: NDArray[Any]) -> Outcomes:
        """From confusion matrices of shape (..., k, k)."""
        tp = np.diagonal(tables, axis1=-2, axis2=-1)
        fp = tables.sum(axis=-2) - tp
        fn = tables.sum(axis=-1) - tp
        return cls(tp, fp, fn, tables.sum(axis=(-2, -1))[..., np.newaxis] - tp - fp - fn)


class RatioMetric(ConfusionMetric):
    """Base: ``parts`` gives numerator and denominator of the ratio for each class.

    Attributes:
        binomial: the ratio is a share of rows, so one class has Wilson's interval.
        micro_is_accuracy: summed over classes, the parts are the right and all rows.
        undefined: why a class has no ratio, with ``{label}`` in it.
    """

    binomial: ClassVar[bool] = True
    micro_is_accuracy: ClassVar[bool] = True
    undefined: ClassVar[str]
    average: Average | None

    @abstractmethod
    def parts(self, outcomes: Outcomes) -> tuple[NDArray[Any], NDArray[Any]]:
        """Numerators and denominators, shape (..., k) each."""

    def judge(self, matrix: Confusion, how: Estimation) -> tuple[Estimate, ...]:
        if self.average == "per_class":
            return tuple(
                self._of_class(matrix, i, how, key={"class": label})
                for i, label in enumerate(matrix.labels)
            )
        if self.average is None and matrix.positive is not None:
            return (self._of_class(matrix, matrix.positive, how, key={}),)
        if self.average == "micro" and self.micro_is_accuracy:
            right = int(np.trace(matrix.counts))
            return (proportion(right, matrix.n, how, unit=self.unit),)
        return (self._averaged(matrix, self.average or "macro", how),)

    def _of_class(
        self, matrix: Confusion, position: int, how: Estimation, *, key: dict[str, str]
    ) -> Estimate:
        """The ratio of one class against the rest."""
        table = matrix.one_against_rest(position)
        numerator, denominator = (int(p[1]) for p in map(np.rint, self.parts(Outcomes.of(table))))
        if denominator == 0:
            reason = self.undefined.format(label=matrix.labels[position])
            return Unmeasured(reason=reason, key=key, n=matrix.n)
        if self.binomial:
            return proportion(numerator, denominator, how, key=key)
        return drawn(table, lambda t: self._ratios(t)[:, 1], how, n=matrix.n, key=key)

    def _averaged(self, matrix: Confusion, average: str, how: Estimation) -> Estimate:
        """One figure for all classes."""
        denominators = self.parts(Outcomes.of(matrix.counts))[1]
        if average != "micro" and not denominators.all():
            label = matrix.labels[int(np.flatnonzero(denominators == 0)[0])]
            reason = f"{self.undefined.format(label=label)}, so there is no {average} average"
            return Unmeasured(reason=reason, n=matrix.n)

        def statistic(tables: NDArray[Any]) -> NDArray[np.float64]:
            outcomes = Outcomes.of(tables)
            if average == "micro":
                top, bottom = self.parts(outcomes)
                micro: NDArray[np.float64] = top.sum(axis=-1) / bottom.sum(axis=-1)
                return micro
            weights = outcomes.tp + outcomes.fn if average == "weighted" else None
            return np.average(self._ratios(tables), axis=-1, weights=weights)

        return drawn(matrix.counts, statistic, how, n=matrix.n, unit=self.unit)

    def _ratios(self, tables: NDArray[Any]) -> NDArray[np.float64]:
        """The ratio of each class, shape (..., k); 0 where undefined, which callers rule out."""
        top, bottom = self.parts(Outcomes.of(tables))
        ratios: NDArray[np.float64] = top / np.where(bottom == 0, 1, bottom)
        return ratios
