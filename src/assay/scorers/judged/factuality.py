"""Whether an answer says the same as the target, by a judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.judged import Case, JudgedScorer, Question
from assay.core.scorer import Score, scorer
from assay.scorers.judged.material import asked, prompt, said, targets
from assay.scorers.judged.reading import choice, shown

if TYPE_CHECKING:
    from assay.core.judged import Replies

_CHOICES = ("SAME", "MORE", "LESS", "CONFLICT")


@scorer(
    "factuality",
    needs=("target",),
    unit="share",
    formula="mean over answers: 1 if they say what a target says, or that and more; `partial` if "
    "less; 0 if they conflict with it",
    reference="the relations of the model-graded `fact` template of OpenAI evals (2023, GitHub); "
    "prompt of our own",
    example={"judge": "grader"},
)
class Factuality(JudgedScorer):
    """Whether answers agree in what they state with the target, whatever their words, by a judge.

    The judge says whether the answer states the same as a target, more without conflict, only a
    part of it (which counts ``partial``), or something that conflicts with it. What goes beyond the
    target is not checked: it may be false.
    """

    partial: Annotated[
        float, Meta(ge=0, le=1, description="What an answer counts that says only a part.")
    ] = 0.5

    def questions(self, case: Case, replies: Replies) -> tuple[Question, ...]:
        task = (
            "Compare what the answer states with what the reference states, as answers to the "
            "question; wording, order and length do not matter. Where the reference has several "
            "lines, each is a right answer: compare with the nearest.\n\n"
            "SAME: both state the same, or differ in what does not matter to the question.\n"
            "MORE: the answer states all that the reference does, and more without conflict.\n"
            "LESS: the answer states a part of the reference and nothing that conflicts with it.\n"
            "CONFLICT: the answer contradicts the reference, or states another answer, or none."
        )
        parts = [
            ("question", asked(case.sample)),
            ("reference", targets(case.sample)),
            ("answer", said(case.answer)),
        ]
        reply = (
            "First say in at most three sentences where they differ. Then end with a line that "
            "holds nothing but VERDICT: and SAME, MORE, LESS or CONFLICT."
        )
        return (Question("verdict", prompt(task, parts, reply)),)

    def judged(self, case: Case, replies: Replies) -> Score:
        verdict, why = choice(replies["verdict"], "VERDICT", _CHOICES)
        value = {"SAME": 1.0, "MORE": 1.0, "LESS": self.partial, "CONFLICT": 0.0}[verdict]
        return Score(value, f"{verdict.lower()}: {shown(why)[1:-1]}" if why else verdict.lower())
