"""How near the vectors of an answer and of its target are. No measure of truth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta

from assay.core.scorer import Score, Scorer, scorer
from assay.scorers.encoding.embedders import DEFAULT, Embedder, open_embedder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange


@scorer(
    "similarity",
    needs=("target",),
    low=-1.0,
    formula="mean over answers of the cosine of the vectors of answer and target",
    reference="Reimers & Gurevych 2019, Sentence-BERT, EMNLP",
)
class Similarity(Scorer):
    """Cosine of the angle between the vectors that an embedder makes of an answer and of a target.

    Of several targets the nearest counts. It tells what texts speak of, not what they say of it:
    "The tower is safe." and "The tower is not safe." are at 0.89 with the default embedder. So it
    finds no hallucinations; `llm.groundedness` looks for those. Cosines of two embedders are not
    comparable. The default reads the first 256 tokens, is for English, and needs the extra
    ``embeddings`` and the package of its weights.
    """

    embedder: Annotated[
        str,
        Meta(
            description="The folder of a BERT model, `package:name`, or "
            "`python:module:attribute`: a function from a list of texts to vectors."
        ),
    ] = DEFAULT

    _embedder: ClassVar[Embedder | None] = None

    def opened(self, folder: str, *, allow_code: bool) -> Similarity:
        """With the embedder loaded."""
        ready = replace(self)
        found = open_embedder(self.embedder, folder=folder, allow_code=allow_code)
        object.__setattr__(ready, "_embedder", found)
        return ready

    def parameters(self) -> dict[str, Any]:
        """As they are; of one that is opened, the embedder by its contents."""
        own = super().parameters()
        return own if self._embedder is None else {"embedder": self._embedder.fingerprint}

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        if self._embedder is None:
            return self.opened(".", allow_code=False).score(exchanges)
        texts: dict[str, int] = {}
        for exchange in exchanges:
            for text in (exchange.answer.text, *exchange.sample.target):
                texts.setdefault(text, len(texts))
        rows = self._embedder.vectors(list(texts))
        found = []
        for exchange in exchanges:
            answer = rows[texts[exchange.answer.text]]
            cosine = max(float(answer @ rows[texts[t]]) for t in exchange.sample.target)
            found.append(Score(min(1.0, max(-1.0, cosine))))
        return found
