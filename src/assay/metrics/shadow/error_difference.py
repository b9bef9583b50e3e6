"""Which of two models of a number is nearer to what turned out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.expr import Column, call
from assay.core.metric import metric
from assay.metrics.data.parameters import needs_numbers
from assay.metrics.shadow.paired_mean import PairedMean
from assay.metrics.shadow.parameters import Candidate, Primary, Truth

if TYPE_CHECKING:
    from assay.core.expr import Expr
    from assay.core.schema import Schema


@metric(
    "shadow.error_difference",
    higher_is_better=False,
    formula="mean over the requests of (error of the candidate - error of the primary)",
    interval="student-t",
    reference="Diebold & Mariano 1995, Journal of Business & Economic Statistics 13:253 "
    "(independent requests); scipy.stats.ttest_rel",
    example={"primary": "age", "candidate": "income", "truth": "id"},
)
class ErrorDifference(PairedMean):
    """How much larger the candidate's error is, on requests whose true number is known by now.

    Below 0 the candidate is the better one. Of scores and a truth of 0 and 1, ``squared`` errors
    give the difference of both Brier scores.
    """

    primary: Primary
    candidate: Candidate
    truth: Truth
    error: Annotated[
        Literal["absolute", "squared"], Meta(description="What a wrong number costs.")
    ] = "absolute"

    def columns(self) -> tuple[str, ...]:
        return self.primary, self.candidate, self.truth

    def applicable(self, schema: Schema) -> str | None:
        return needs_numbers(schema, self.primary, self.candidate, self.truth)

    def difference(self) -> Expr:
        return call("sub", self._error(self.candidate), self._error(self.primary))

    def _error(self, column: str) -> Expr:
        off = call("sub", Column(column), Column(self.truth))
        return call("abs", off) if self.error == "absolute" else call("mul", off, off)
