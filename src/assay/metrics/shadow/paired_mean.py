"""What metrics share that are a mean of differences, one a request."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from assay.core.metric import Metric
from assay.inference.means import mean
from assay.metrics.shadow.parameters import Candidate, Primary, alone, unanswered
from assay.states import Moments

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


class PairedMean(Metric):
    """Mean over the requests of a difference, which is null where a part of it is missing.

    The interval is that of the differences, so what the models have in common cancels.
    """

    primary: Primary
    candidate: Candidate

    @abstractmethod
    def difference(self) -> Expr:
        """What the candidate has more than the primary, of one request."""

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return (
            Moments(of=self.difference()),
            alone(self.primary, self.candidate),
            alone(self.candidate, self.primary),
        )

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        state = fold[Moments(of=self.difference())]
        empty = "no request has finite values of both models"
        return (mean(state.mean, state.variance, state.n, how, unit=self.unit, empty=empty),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        return unanswered(fold, self.primary, self.candidate, "they are left out")
