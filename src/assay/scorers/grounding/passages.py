"""Passages made searchable: the sentences of a context that speak of what a claim speaks of."""

# ruff: noqa: SIM905 (lists of words are read as text)

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from assay.scorers.grounding.sentences import cleaned, sentences
from assay.scorers.grounding.statements import Statement, taken_apart
from assay.scorers.grounding.words import without_prefix

if TYPE_CHECKING:
    from collections.abc import Sequence

_CANDIDATES = 64
_SENTENCES = 3
"""A claim may rest on so many sentences."""
_POINTING = frozenset("it he she they this these its his her their".split())


class Passages:
    """The sentences of some passages, found by their words."""

    def __init__(self, passages: Sequence[str]) -> None:
        self.statements = [
            taken_apart(sentence) for text in passages for sentence in sentences(cleaned(text))
        ]
        self._holding: dict[str, list[int]] = {}
        for at, statement in enumerate(self.statements):
            for word in statement.vocabulary:
                self._holding.setdefault(word, []).append(at)

    def __contains__(self, word: object) -> bool:
        return word in self._holding

    def about(self, claim: Statement) -> list[Statement]:
        """The sentences that share most of the claim's words, rare ones counting more.

        The first shares most; each further one holds words of the claim that those before lack.
        Sentences are looked for by the claim's rarest words, so the time is linear in its length.
        """
        asked = sorted({without_prefix(word, self) for word in claim.vocabulary})
        wanted = {w: self._weight(w) for w in asked if w in self}
        candidates: dict[int, None] = {}
        for word in sorted(wanted, key=lambda w: (len(self._holding[w]), w)):
            for at in self._holding[word][: _CANDIDATES - len(candidates)]:
                candidates[at] = None
        found: list[Statement] = []
        while wanted and candidates and len(found) < _SENTENCES:
            best = max(candidates, key=lambda at: (self._shared(at, wanted, claim), -at))
            candidates.pop(best)
            shared = wanted.keys() & self.statements[best].vocabulary
            if not shared:
                break
            found.extend(self._with_meant(best))
            wanted = {w: weight for w, weight in wanted.items() if w not in shared}
        return found

    def _with_meant(self, at: int) -> list[Statement]:
        """A sentence, with the one before it where it opens with a word that points there."""
        statement = self.statements[at]
        points = at > 0 and statement.tokens and statement.tokens[0].lower in _POINTING
        return [statement, self.statements[at - 1]] if points else [statement]

    def _weight(self, word: str) -> float:
        return math.log(1 + len(self.statements) / len(self._holding[word]))

    def _shared(self, at: int, wanted: dict[str, float], claim: Statement) -> float:
        """Weight of the words in common; of equals, the one with the claim's numbers wins."""
        statement = self.statements[at]
        words = math.fsum(sorted(wanted[w] for w in wanted.keys() & statement.vocabulary))
        numbers = len({q.value for q in claim.quantities} & {q.value for q in statement.quantities})
        dates = sum(any(d.within(s) for s in statement.dates) for d in claim.dates[:8])
        return words + 0.1 * (numbers + dates) if words else 0.0


@lru_cache(maxsize=8)
def searchable(passages: tuple[str, ...]) -> Passages:
    """Passages made searchable, kept for the next answer to the same sample."""
    return Passages(passages)
