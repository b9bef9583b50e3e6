"""Whether an answer is one to the question, by a judge: asked backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec
from msgspec import Meta

from assay.core.judged import Case, JudgedScorer, Question, Unreadable
from assay.core.scorer import Score, scorer
from assay.scorers.judged.material import asked, prompt, said
from assay.scorers.judged.reading import decoded, flags, shown

if TYPE_CHECKING:
    from assay.core.judged import Replies


class Guessed(msgspec.Struct):
    """What a judge makes of an answer: questions that it answers, and whether it evades."""

    questions: list[str]
    evasive: bool


@scorer(
    "answer_relevance",
    unit="share",
    formula="mean over answers of guessed questions that ask the same as the question / guessed "
    "questions; 0 for an evasive answer",
    reference="answer relevance of Es et al. 2024, RAGAs, EACL; questions are compared by the "
    "judge where ragas compares embeddings; prompts of our own",
    example={"judge": "grader"},
)
class AnswerRelevance(JudgedScorer):
    """How far an answer is one to the question that was asked, whether it is true or not.

    The judge sees the answer alone and writes questions that it would answer; then it says which of
    them ask for the same as the real question. An answer that speaks of something else, or of much
    else beside, gives rise to other questions. One that evades ("I do not know") counts 0.
    """

    rounds: ClassVar[int] = 2
    calls: ClassVar[int] = 2

    guesses: Annotated[int, Meta(ge=1, le=20, description="Questions to guess.")] = 3

    def questions(self, case: Case, replies: Replies) -> tuple[Question, ...]:
        guess = Question("guess", self._guess(case))
        if "guess" not in replies or not (guessed := self._guessed(replies)):
            return (guess,)
        return guess, Question("same", self._same(case, guessed))

    def _guess(self, case: Case) -> str:
        task = (
            f"Write {self.guesses} different questions to which the answer is a direct and whole "
            "answer, without anything in it that is beside the point. Say too whether the answer "
            "is evasive: whether it says only that it does not know, cannot or will not say."
        )
        reply = (
            "Reply with JSON and nothing else: "
            f'{{"questions": [{self.guesses} texts], "evasive": true or false}}.'
        )
        return prompt(task, [("answer", said(case.answer))], reply)

    def _same(self, case: Case, guessed: list[str]) -> str:
        task = (
            "Say of each guess whether it asks for the same as the question does: whether whoever "
            "asks the one would be served by a good answer to the other."
        )
        listed = "\n".join(f"{i}. {guess}" for i, guess in enumerate(guessed, 1))
        reply = (
            f"Reply with a JSON list of {len(guessed)} truth values in the order of the guesses, "
            "and nothing else: [true, false, …]."
        )
        return prompt(task, [("question", asked(case.sample)), ("guesses", listed)], reply)

    def _guessed(self, replies: Replies) -> list[str]:
        """The guessed questions; none of an evasive answer.

        Raises:
            Unreadable: they are not as many as were asked for.
        """
        found = decoded(replies["guess"], Guessed)
        if found.evasive:
            return []
        guessed = [" ".join(text.split()) for text in found.questions if text.strip()]
        if len(guessed) != self.guesses:
            raise Unreadable(f"it has {len(guessed)} questions, not {self.guesses}")
        return guessed

    def judged(self, case: Case, replies: Replies) -> Score:
        guessed = self._guessed(replies)
        if not guessed:
            return Score(0.0, "it evades the question")
        same = flags(replies["same"], len(guessed))
        others = [g for g, good in zip(guessed, same, strict=True) if not good]
        value = sum(same) / len(same)
        if not others:
            return Score(value, "")
        return Score(value, f"it answers rather: {shown(others[0], 150)}")
