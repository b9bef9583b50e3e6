"""Whether the passages that an answer cites say what it says."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.scorer import Score, Scorer, scorer
from assay.scorers.groundedness import NO_PASSAGES, share_borne_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange
    from assay.scorers.grounding.passages import Passages

_AFTER_END = re.compile(r"([.!?])[ ]?((?:\[\d[\d, –-]{0,40}\][ ]?){1,20})")
_WIDEST = 50
"""Passages that one marker like ``[1-9]`` may stand for."""


@scorer(
    "citations",
    needs=("context",),
    unit="share",
    formula="mean over answers of claims that a cited passage bears out / claims",
    reference="citation recall of Gao et al. 2023, Enabling Large Language Models to Generate Text "
    "with Citations, EMNLP; with the rules of groundedness in place of a model",
)
class Citations(Scorer):
    """Share of an answer's claims that a passage which they cite bears out.

    Markers like ``[1]``, ``[1, 3]`` and ``[2-4]`` name passages of the ``context`` by their
    place: of what an application looked up, or else of the sample's. A marker holds for its clause,
    or for all clauses of its sentence that have none. What is compared, and what cannot be seen, is
    as for groundedness; a claim that only several passages together bear out is held to be
    unsupported.
    """

    first: Annotated[int, Meta(ge=0, le=1, description="The number of the first passage.")] = 1
    uncited: Annotated[
        Literal["unsupported", "left_out"], Meta(description="What a claim without a marker is.")
    ] = "unsupported"
    coverage: Annotated[
        float,
        Meta(ge=0, le=1, description="Share of a claim's words that the passage must hold."),
    ] = 0.5

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        return [
            self._one(e.answer.text, e.context) if e.context else NO_PASSAGES for e in exchanges
        ]

    def _one(self, text: str, context: Sequence[str]) -> Score:
        from assay.scorers.grounding.sentences import MARK, claims, cleaned, sentences
        from assay.scorers.grounding.statements import taken_apart

        made, reasons = 0, []
        # A marker after the full stop belongs to the sentence before it.
        for sentence in sentences(_AFTER_END.sub(r" \2\1 ", cleaned(text))):
            for part in () if sentence.endswith("?") else claims(sentence):
                cited = _numbers(part) or _numbers(sentence)
                bare = MARK.sub("", part).strip()
                statement = taken_apart(bare)
                if not (statement.words or statement.dates or statement.quantities):
                    continue
                if cited or self.uncited == "unsupported":
                    made += 1
                    if reason := self._refusal(bare, cited, context):
                        reasons.append((bare, reason))
        return share_borne_out(made, reasons)

    def _refusal(self, claim: str, cited: Sequence[int], context: Sequence[str]) -> str:
        """Why none of the cited passages bears a claim out; "" where one does."""
        from assay.scorers.grounding.statements import taken_apart
        from assay.scorers.grounding.support import unsupported

        if not cited:
            return "it cites nothing"
        there = [n for n in cited if self.first <= n < len(context) + self.first]
        if not there:
            return f"there is no passage {cited[0]}"
        reason = ""
        for number in there:
            passage = _passage(context[number - self.first])
            found = unsupported(taken_apart(claim), passage, self.coverage)
            if not found:
                return ""
            reason = reason or f"[{number}] {found}"
        return reason


@lru_cache(maxsize=256)
def _passage(text: str) -> Passages:
    from assay.scorers.grounding.passages import Passages

    return Passages((text,))


def _numbers(text: str) -> list[int]:
    """The numbers that a text's markers name, each once."""
    from assay.scorers.grounding.sentences import MARK

    found: dict[int, None] = {}
    for mark in MARK.finditer(text):
        for part in mark[1].split(","):
            low, _, high = part.replace("–", "-").partition("-")
            last = min(int(high or low), int(low) + _WIDEST)
            found |= dict.fromkeys(range(int(low), last + 1))
    return list(found)[:_WIDEST]
