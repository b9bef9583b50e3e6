"""Whether texts come back from their tokens."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from assay.core.collection import Component
from assay.core.metric import metric
from assay.metrics.llm.parts import SoundShare


@metric(
    "llm.tokenizer_round_trip",
    unit="share",
    higher_is_better=True,
    formula="samples with decode(encode(text)) = text for each turn's text / samples",
    interval="wilson",
    reference="Wilson 1927, JASA 22:209",
    example={},
)
class TokenizerRoundTrip(SoundShare):
    """Share of samples whose texts come back from their tokens letter by letter.

    What is lost there (capitals, accents, whitespace, a script that the vocabulary lacks), the
    model never sees. Each turn's text is asked about by itself, without the chat template.
    """

    samples: Annotated[int, Meta(ge=1, description="Samples that are tried, at most.")] = 10_000

    def collection(self) -> Component:
        return Component("round_trip", self.samples)
