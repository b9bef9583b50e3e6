"""Whether an answer keeps to the passages that it should rest on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.scorer import Score, Scorer, scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange
    from assay.scorers.grounding.statements import Statement

NO_PASSAGES = Score(None, "there are no passages: neither the answer nor the sample has any")
_SHOWN = 120
# What says that nothing is known claims nothing.
_ABSTAINS = re.compile(
    r"\b(?:do not|don['’]t|does not|doesn['’]t|did not|didn['’]t|cannot|can['’]t|could not|"
    r"couldn['’]t|unable to|not able to) (?:\w{1,20} ){0,2}?"
    r"(?:know|say|tell|find|answer|determine|specify|mention|state|provide|contain|indicate|help)\b"
    r"|\b(?:no|not enough|insufficient) information\b",
    re.IGNORECASE,
)
_OF_A_TEXT = re.compile(
    r"\b(?:i|we|context|passages?|text|documents?|information|sources?|article)\b", re.IGNORECASE
)


@scorer(
    "groundedness",
    needs=("context",),
    unit="share",
    formula="mean over answers of claims that the context bears out / claims",
    reference="rules for English, measured on a labelled set: docs/guide/scorers.md; negation as "
    "in NegEx, Chapman et al. 2001, J. Biomed. Inform. 34",
)
class Groundedness(Scorer):
    """Share of an answer's claims that the ``context`` bears out: the passages that an application
    looked up for it, or else those of the sample.

    The answer is cut into sentences and clauses. For each, the sentences of the context that share
    most of its words are found, and compared by rules: numbers with their units, dates, names,
    negation and opposites, "all" and "only", and how many of its words stand there. It is no
    measure of likeness: one wrong digit, or one "not", makes a claim unsupported.

    It cannot see: a paraphrase in other words (held unsupported), a conclusion that follows but is
    not written (held unsupported), who did what to whom where all words are the same (held
    supported, unless both are named about one verb), small additions within a clause, and whether
    the context itself is true. It reads English. An answer that claims nothing (a question, "I do
    not know") is not scored.
    """

    coverage: Annotated[
        float,
        Meta(ge=0, le=1, description="Share of a claim's words that the context must hold."),
    ] = 0.5

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        from assay.scorers.grounding.passages import searchable
        from assay.scorers.grounding.support import unsupported

        found = []
        for exchange in exchanges:
            if not exchange.context:
                found.append(NO_PASSAGES)
                continue
            passages = searchable(exchange.context)
            made = claimed(exchange.answer.text)
            judged = ((c.text, unsupported(c, passages, self.coverage)) for c in made)
            reasons = [(text, reason) for text, reason in judged if reason]
            found.append(share_borne_out(len(made), reasons))
        return found


def claimed(text: str) -> list[Statement]:
    """The claims of an answer: its clauses, without questions and what says nothing."""
    from assay.scorers.grounding.sentences import MARK, claims, cleaned, sentences
    from assay.scorers.grounding.statements import taken_apart

    made = []
    for sentence in sentences(MARK.sub("", cleaned(text))):
        if sentence.endswith("?"):
            continue
        for part in claims(sentence):
            statement = taken_apart(part)
            abstains = _ABSTAINS.search(part) and _OF_A_TEXT.search(part)
            if (statement.words or statement.dates or statement.quantities) and not abstains:
                made.append(statement)
    return made


def share_borne_out(claims: int, refused: Sequence[tuple[str, str]]) -> Score:
    """The share of claims that are borne out; of the others, each with why, the first is named."""
    if not claims:
        return Score(None, "it claims nothing")
    if not refused:
        return Score(1.0)
    text, reason = refused[0]
    shown = repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …")
    count = f" ({len(refused)} of {claims} claims)" if claims > 1 else ""
    return Score(1 - len(refused) / claims, f"not supported: {shown}: {reason}{count}")
