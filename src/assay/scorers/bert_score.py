"""BERTScore: words of an answer and of a target matched by their vectors in context."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

from msgspec import Meta

from assay.core.scorer import Score, Scorer, scorer
from assay.scorers.encoding.embedders import DEFAULT, LocalEmbedder, open_encoder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from assay.core.exchange import Exchange

_Layer = Annotated[int, Meta(ge=1)]

_TOGETHER = 64
"""Answers whose tokens' vectors are in memory at once."""


class _Tokens(NamedTuple):
    rows: np.ndarray
    """Of length 1 each, shape (tokens, size), ``[CLS]`` and ``[SEP]`` among them."""
    own: np.ndarray
    """Which of them are the text's own."""


@scorer(
    "bert_score",
    needs=("target",),
    low=-1.0,
    formula="mean over answers of BERTScore, the mean cosine of each token with its nearest",
    reference="Zhang et al. 2020, BERTScore, ICLR; package bert-score, without idf and rescaling",
)
class BertScore(Scorer):
    """BERTScore of each answer with its target: each token is matched with the nearest of the
    other text, by the cosine of their vectors in context.

    Of several targets the best counts. Like all measures of likeness it says nothing of truth: a
    "not" more or less hardly moves it. Values depend on the model and its layer, and lie close
    together; compare them with each other only. An empty text scores 0. It needs the extra
    ``embeddings`` and the package of the default model's weights.
    """

    measure: Annotated[
        Literal["f1", "precision", "recall"],
        Meta(description="Of the answer's tokens, of the target's, or their harmonic mean."),
    ] = "f1"
    layer: Annotated[
        _Layer | None, Meta(description="The layer whose vectors are compared; else the last.")
    ] = None
    embedder: Annotated[str, Meta(description="The folder of a BERT model, or `package:name`.")] = (
        DEFAULT
    )

    _encoder: ClassVar[LocalEmbedder | None] = None

    def opened(self, folder: str, *, allow_code: bool) -> BertScore:
        """With the model loaded."""
        ready = replace(self)
        object.__setattr__(ready, "_encoder", open_encoder(self.embedder, folder=folder))
        return ready

    def parameters(self) -> dict[str, Any]:
        """As they are; of one that is opened, the model by its contents."""
        own = super().parameters()
        return own if self._encoder is None else own | {"embedder": self._encoder.fingerprint}

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        if self._encoder is None:
            return self.opened(".", allow_code=False).score(exchanges)
        found: list[Score] = []
        for start in range(0, len(exchanges), _TOGETHER):
            batch = exchanges[start : start + _TOGETHER]
            texts = dict.fromkeys(t for e in batch for t in (e.answer.text, *e.sample.target))
            tokens = self._tokens(self._encoder, list(texts))
            found += [self._best(tokens, e) for e in batch]
        return found

    def _best(self, tokens: Mapping[str, _Tokens], exchange: Exchange) -> Score:
        answer = tokens[exchange.answer.text.strip()]
        values = (_matched(answer, tokens[t.strip()], self.measure) for t in exchange.sample.target)
        return Score(max(values))

    def _tokens(self, encoder: LocalEmbedder, texts: Sequence[str]) -> dict[str, _Tokens]:
        import numpy as np

        texts = list(dict.fromkeys(text.strip() for text in texts))
        found = {}
        for at, hidden, mask, own in encoder.encoder.encode(texts, layer=self.layer):
            unit = hidden / np.sqrt((hidden * hidden).sum(-1, keepdims=True))
            for row, i in enumerate(at):
                found[texts[i]] = _Tokens(unit[row][mask[row]], own[row][mask[row]])
        return found


def _matched(answer: _Tokens, target: _Tokens, measure: str) -> float:
    if not answer.own.any() or not target.own.any():
        return 0.0
    cosines = answer.rows @ target.rows.T
    precision = float(cosines.max(1)[answer.own].mean())
    recall = float(cosines.max(0)[target.own].mean())
    if measure == "f1":
        total = precision + recall
        value = 2 * precision * recall / total if total > 0 else 0.0
    else:
        value = precision if measure == "precision" else recall
    return min(1.0, max(-1.0, value))
