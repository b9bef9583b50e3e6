"""METEOR: words that an answer shares with a target, in how many pieces. Not a measure of truth."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assay.core.errors import MissingExtraError
from assay.core.scorer import Score, Scorer, scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange

_WORD = re.compile(r"\w+(?:['’]\w+)*")


class _NoSynonyms:
    """In the place of WordNet, which is a download: no word has another that means the same."""

    def synsets(self, word: str) -> tuple[Any, ...]:
        return ()


@scorer(
    "meteor",
    needs=("target",),
    formula="mean over answers of (1 - 0.5 (chunks / matches)^3) 10 P R / (R + 9 P)",
    reference="Banerjee & Lavie 2005, METEOR, ACL workshop on Evaluation Measures; package nltk, "
    "exact words and stems, without synonyms",
)
class Meteor(Scorer):
    """METEOR of each answer with its target: shared words, recall before precision, less where
    they stand in another order.

    Words match as they are and by their stem (Porter 1980, English); synonyms do not, so figures
    of papers, which have WordNet, are higher. Case and punctuation do not count. Of several targets
    the best counts. It needs the extra ``text``.
    """

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        try:
            from nltk.translate.meteor_score import meteor_score  # type: ignore[import-untyped, unused-ignore]
        except ImportError as error:
            raise MissingExtraError("nltk", "text") from error
        none = _NoSynonyms()
        found = []
        for exchange in exchanges:
            targets = [_words(target) for target in exchange.sample.target]
            value = meteor_score(targets, _words(exchange.answer.text), wordnet=none)
            found.append(Score(float(value)))
        return found


def _words(text: str) -> list[str]:
    return _WORD.findall(text)
