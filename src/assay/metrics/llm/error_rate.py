"""How often no answer comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.collection import Generations
from assay.core.expr import Column, call
from assay.core.metric import Metric, metric
from assay.core.schema import ERROR
from assay.inference.proportions import proportion
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_FAILED = Count(where=call("not_null", Column(ERROR)))
_ALL = Count()


@metric(
    "llm.error_rate",
    unit="share",
    higher_is_better=False,
    formula="questions without an answer after all attempts / questions",
    interval="wilson",
    reference="Wilson 1927, JASA 22:209",
    example={},
)
class ErrorRate(Metric):
    """Share of questions to which no answer came: network and server failed, not the model.

    A call is repeated up to `attempts` times before its question counts. The other checks leave
    such questions out, and allow for whatever the answers would have been.
    """

    def collection(self) -> Generations:
        return Generations()

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        return _FAILED, _ALL

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        failed, n = fold[_FAILED].n, fold[_ALL].n
        return (proportion(failed, n, how, empty="nothing was asked"),)

    def failing(self, schema: Schema) -> Expr | None:
        return _FAILED.where
