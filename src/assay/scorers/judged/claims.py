"""Claims that a judge lists, each then held against passages by the judge."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from assay.core.judged import Case, JudgedScorer, Question, Unreadable
from assay.core.scorer import Score, scorer
from assay.scorers.judged.material import asked, passages, prompt, said, targets
from assay.scorers.judged.reading import flags, shown, texts

if TYPE_CHECKING:
    from assay.core.judged import Replies

_MOST = 100
"""Claims of one answer; a judge that lists more has gone astray."""
_RAGAS = (
    "Es, James, Espinosa Anke & Schockaert 2024, RAGAs: Automated Evaluation of Retrieval "
    "Augmented Generation, EACL system demonstrations; prompts of our own"
)


@dataclass(frozen=True, kw_only=True)
class ClaimsScorer(JudgedScorer):
    """Base: the judge lists the claims of a text, then says which of them the context supports."""

    rounds: ClassVar[int] = 2
    calls: ClassVar[int] = 2

    @abstractmethod
    def text(self, case: Case) -> str:
        """The text whose claims count."""

    def questions(self, case: Case, replies: Replies) -> tuple[Question, ...]:
        listing = Question("claims", self._listing(case))
        if "claims" not in replies or not (claims := _claims(replies)):
            return (listing,)
        return listing, Question("verdicts", self._verdicts(case, claims))

    def _listing(self, case: Case) -> str:
        task = (
            "List the claims that the text makes: everything it states that may be true or false. "
            "Write each as one short sentence that can be understood alone: put names in the place "
            "of pronouns, and take from the question what the text leaves out. Keep numbers, dates "
            "and negations as they are. Leave out greetings, questions, and what merely says that "
            "nothing is known."
        )
        parts = [("question", asked(case.sample)), ("text", self.text(case))]
        reply = 'Reply with a JSON list of texts and nothing else: ["…", "…"]; [] if it has none.'
        return prompt(task, parts, reply)

    def _verdicts(self, case: Case, claims: list[str]) -> str:
        task = (
            "Say of each claim whether the context supports it: whether it is stated there or "
            "follows from it directly. What you know from elsewhere does not count. A claim that "
            "the context contradicts, or says nothing of, is not supported."
        )
        listed = "\n".join(f"{i}. {claim}" for i, claim in enumerate(claims, 1))
        parts = [("context", passages(case.context)), ("claims", listed)]
        reply = (
            f"Reply with a JSON list of {len(claims)} truth values in the order of the claims, and "
            "nothing else: [true, false, …]."
        )
        return prompt(task, parts, reply)

    def judged(self, case: Case, replies: Replies) -> Score:
        claims = _claims(replies)
        if not claims:
            return Score(None, "it claims nothing")
        verdicts = flags(replies["verdicts"], len(claims))
        share = sum(verdicts) / len(claims)
        refused = [c for c, good in zip(claims, verdicts, strict=True) if not good]
        if not refused:
            return Score(1.0, f"all of {len(claims)} claims are supported")
        named = ", ".join(shown(claim, 120) for claim in refused[:3])
        return Score(share, f"not supported, {len(refused)} of {len(claims)}: {named}")


def _claims(replies: Replies) -> list[str]:
    """What the judge listed.

    Raises:
        Unreadable: it is no list, or a very long one.
    """
    found = texts(replies["claims"])
    if len(found) > _MOST:
        raise Unreadable(f"it lists {len(found)} claims")
    return [" ".join(claim.split()) for claim in found]


@scorer(
    "faithfulness",
    needs=("context",),
    unit="share",
    formula="mean over answers of claims that the context supports / claims, as a judge sees it",
    reference=_RAGAS,
    example={"judge": "grader"},
)
class Faithfulness(ClaimsScorer):
    """Share of an answer's claims that the context supports, by a judge.

    The judge lists the answer's claims, then says of each whether the passages support it. It reads
    paraphrases and conclusions in any language that it knows, which ``llm.groundedness`` cannot;
    in return it errs in ways that nobody wrote down, so hold it against people (``labels``). An
    answer that claims nothing is not scored.
    """

    def text(self, case: Case) -> str:
        return said(case.answer)


@scorer(
    "context_recall",
    needs=("context", "target"),
    unit="share",
    formula="mean over samples of the target's claims that the context supports / its claims, as a "
    "judge sees it",
    reference=_RAGAS,
    example={"judge": "grader"},
)
class ContextRecall(ClaimsScorer):
    """Share of what a right answer says that the passages hold, by a judge.

    It measures what was looked up, not the answer: the claims of the sample's target are held
    against the context. What is missing there, no answer can rest on.
    """

    def text(self, case: Case) -> str:
        return targets(case.sample)
