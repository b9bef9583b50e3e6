"""What an answer takes: tokens and money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.collection import Generations
from assay.core.expr import Column, Expr, call
from assay.core.metric import Metric, metric
from assay.core.schema import COMPLETION_TOKENS, COST, PROMPT_TOKENS
from assay.inference.means import mean
from assay.states import Moments

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

Part = Literal["completion", "prompt", "total"]


@metric(
    "llm.tokens",
    unit="tokens",
    higher_is_better=False,
    formula="sum of tokens of the answers / answers",
    interval="student-t",
    reference="Student 1908, Biometrika 6:1",
    example={},
)
class Tokens(Metric):
    """Mean number of tokens of an answer, as the server counts them."""

    part: Annotated[Part, Meta(description="Tokens of the answer, of the question, or both.")] = (
        "completion"
    )

    def collection(self) -> Generations:
        return Generations()

    def _tokens(self) -> Moments:
        columns = {"completion": (COMPLETION_TOKENS,), "prompt": (PROMPT_TOKENS,)}
        first, *rest = (
            Column(name) for name in columns.get(self.part, (PROMPT_TOKENS, COMPLETION_TOKENS))
        )
        of: Expr = call("add", first, rest[0]) if rest else first
        return Moments(of=of)

    def aggregates(self, schema: Schema) -> tuple[Moments, ...]:
        return (self._tokens(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        state = fold[self._tokens()]
        empty = "neither server nor file says how many tokens the answers have"
        ends = (0.0, float("inf"))
        found = mean(
            state.mean, state.variance, state.n, how, unit=self.unit, empty=empty, ends=ends
        )
        return (found,)


@metric(
    "llm.cost",
    unit="per answer",
    higher_is_better=False,
    formula="sum of the prices of tokens / answers",
    interval="student-t",
    reference="Student 1908, Biometrika 6:1",
    example={},
)
class Cost(Metric):
    """Mean cost of an answer in the suite's currency, from the model's `price` of its tokens.

    What an answer from the cache once cost counts too: it is what the next one will.
    """

    def collection(self) -> Generations:
        return Generations()

    def aggregates(self, schema: Schema) -> tuple[Moments, ...]:
        return (Moments(of=Column(COST)),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        state = fold[Moments(of=Column(COST))]
        empty = (
            "no price is known: write `price: {prompt: …, completion: …}` with the model, or have "
            "`cost` in the file of its answers"
        )
        ends = (0.0, float("inf"))
        found = mean(
            state.mean, state.variance, state.n, how, unit=self.unit, empty=empty, ends=ends
        )
        return (found,)
