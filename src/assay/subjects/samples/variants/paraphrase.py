"""Other words for the same question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from assay.subjects.samples.variants.family import family
from assay.subjects.samples.variants.wording import asked, asking

if TYPE_CHECKING:
    from random import Random

    from assay.core.exchange import Sample

_TEMPLATES = (
    "Please answer: {}",
    "Answer the following question.\n\n{}",
    "I have a question. {}",
    "Could you help me with this? {}",
    "{}\n\nPlease give your answer.",
    "I would like to know: {}",
    "Here is what I need answered:\n{}",
    "Hello! {} Thank you.",
)


@family("paraphrase")
def paraphrase(sample: Sample, rng: Random, _strength: float) -> Sample | None:
    """A wording that the sample's metadata list as `paraphrases`, by lot.

    A sample without any is put into a sentence such as "Please answer: …": that changes the words
    around the question, and not its own. How far answers move with paraphrases: Mizrahi et al.
    2024, State of What Art? A Call for Multi-Prompt LLM Evaluation, TACL 12:933.
    """
    own = [text for text in _listed(sample.metadata.get("paraphrases")) if text.strip()]
    if own:
        return asking(sample, rng.choice(own))
    text = asked(sample)
    return asking(sample, rng.choice(_TEMPLATES).format(text)) if text.strip() else None


def _listed(value: object) -> list[str]:
    """Texts in a list, in a cell that holds one as JSON, or one text alone."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value, type=list[str])
        except msgspec.DecodeError:
            return [str(value)]
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
