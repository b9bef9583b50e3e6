"""How probable a model held its own answers to be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from assay.core.scorer import Score, Scorer, scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange


@scorer(
    "surprisal",
    high=math.inf,
    higher_is_better=None,
    unit="nats per token",
    formula="mean over answers of the mean over tokens of -ln p",
    reference="Shannon 1948, A Mathematical Theory of Communication",
)
class Surprisal(Scorer):
    """Mean of minus the logarithms of the probabilities that the model gave to its tokens.

    ``llm.perplexity`` is its exponential. Repetitive text has a low one, so low is not good. Known
    only of a model that is asked with ``logprobs: true``.
    """

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        return [self._one(e.answer.logprobs) for e in exchanges]

    def _one(self, logprobs: Sequence[float]) -> Score:
        if not logprobs:
            return Score(None, "no logarithms of probabilities")
        value = -math.fsum(logprobs) / len(logprobs)
        if not math.isfinite(value):
            return Score(None, "a token without a probability")
        return Score(max(0.0, value))  # rounded, a probability of 1 has a logarithm above 0
