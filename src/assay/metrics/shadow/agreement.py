"""How often both models give the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.expr import Column, call
from assay.core.metric import Metric, metric
from assay.core.schema import NUMERIC
from assay.inference.proportions import proportion
from assay.metrics.data.parameters import describe
from assay.metrics.shadow.parameters import (
    Candidate,
    Primary,
    alone,
    answered,
    not_comparable,
    unanswered,
)
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


@metric(
    "shadow.agreement",
    unit="share",
    higher_is_better=True,
    formula="requests with equal outputs / requests that either model answered",
    interval="wilson",
    reference="Wilson 1927, JASA 22:209",
    example={"primary": "sex", "candidate": "race"},
)
class Agreement(Metric):
    """Share of requests to which the candidate gives what the primary gives.

    A request that only one of both answered counts against it; one that neither answered is left
    out. Numbers agree where they differ by at most ``tolerance``.
    """

    primary: Primary
    candidate: Candidate
    tolerance: Annotated[
        float, Meta(ge=0, description="Greatest difference of numbers that still agree.")
    ] = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < float("inf"):
            raise ValueError(f"tolerance is a number of at least 0, not {self.tolerance}")

    def columns(self) -> tuple[str, ...]:
        return self.primary, self.candidate

    def applicable(self, schema: Schema) -> str | None:
        reason = not_comparable(schema, self.primary, self.candidate)
        info = schema.find(self.primary)
        if reason is None and self.tolerance and info is not None and info.kind not in NUMERIC:
            return f"tolerance is for numbers; column {self.primary!r} holds {describe(info)}"
        return reason

    def _equal(self) -> Expr:
        primary, candidate = Column(self.primary), Column(self.candidate)
        same = call("same", primary, candidate)  # true or false, never null
        if not self.tolerance:
            return same
        near = call("le", call("abs", call("sub", candidate, primary)), self.tolerance)
        finite = call("and", call("finite", primary), call("finite", candidate))
        return call("or", same, call("case", finite, near, False))

    def _answered(self) -> Expr:
        return answered(self.primary, self.candidate)

    def _agreeing(self) -> Count:
        return Count(where=call("and", self._answered(), self._equal()))

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        return (
            Count(where=self._answered()),
            self._agreeing(),
            alone(self.primary, self.candidate),
            alone(self.candidate, self.primary),
        )

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        requests, agreeing = fold[Count(where=self._answered())].n, fold[self._agreeing()].n
        return (proportion(agreeing, requests, how, empty="neither model answered any request"),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        return unanswered(fold, self.primary, self.candidate, "they count as disagreement")

    def failing(self, schema: Schema) -> Expr:
        return call("and", self._answered(), call("not", self._equal()))
