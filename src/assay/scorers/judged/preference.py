"""Which of two models' answers a judge prefers, asked in both orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from assay.core.judged import Case, JudgedScorer, Question
from assay.core.scorer import Score, scorer
from assay.scorers.judged.material import asked, passages, prompt, said, targets
from assay.scorers.judged.reading import choice, shown
from assay.scorers.judged.rubric import Given

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.core.judged import Replies

_CHOICES = ("A", "B", "TIE")
_HELPFUL = "The better answer does more of what the question asks for, and says nothing false."


@scorer(
    "preference",
    unit="share",
    formula="mean over answers: 1 if the judge prefers it in both orders, 0 if it prefers the "
    "rival's in both, else 0.5",
    reference="position swap: Wang et al. 2024, Large Language Models are not Fair Evaluators, ACL;"
    " Zheng et al. 2023, NeurIPS Datasets and Benchmarks",
    example={"judge": "grader", "against": "other"},
)
class Preference(JudgedScorer):
    """Win rate of a model's answers against those of another model, by a judge.

    The judge sees both answers to a question, without the models' names, and says which is better,
    or that neither is. It is asked twice, with the answers in either order: only what it says both
    times counts, and an answer that wins by its place alone is a tie, which counts one half. The
    result says how often the place decided. Pairs are of the same sample, so 0.5 is no difference,
    whatever the questions are like. Where the judge is one of the two, it may prefer itself.
    """

    calls: ClassVar[int] = 2
    competes: ClassVar[bool] = True

    against: Annotated[str, Meta(description="The language model whose answers compete.")]
    rubric: Annotated[str, Meta(min_length=1, description="What makes an answer better.")] = (
        _HELPFUL
    )
    given: Given = ("question", "context", "target")

    def questions(self, case: Case, replies: Replies) -> tuple[Question, ...]:
        assert case.rival is not None  # by `competes`
        own, other = said(case.answer), said(case.rival)
        if own == other:
            return ()
        return (
            Question("first", self._prompt(case, own, other)),
            Question("second", self._prompt(case, other, own)),
        )

    def _prompt(self, case: Case, a: str, b: str) -> str:
        parts = []
        if "question" in self.given and (question := asked(case.sample)):
            parts.append(("question", question))
        if "context" in self.given and case.sample.context:  # what each looked up may differ
            parts.append(("context", passages(case.sample.context)))
        if "target" in self.given and case.sample.target:
            parts.append(("reference", targets(case.sample)))
        parts += [("answer_A", a), ("answer_B", b)]
        task = (
            "You compare two answers to one question. Their order means nothing, and neither does "
            f"their length.\n\n{self.rubric.strip()}"
        )
        reply = (
            "First say in at most three sentences where they differ. Then end with a line that "
            "holds nothing but CHOICE: and A, B or TIE."
        )
        return prompt(task, parts, reply)

    def judged(self, case: Case, replies: Replies) -> Score:
        if not replies:
            return Score(0.5, "both answers are the same")
        first, why = choice(replies["first"], "CHOICE", _CHOICES)
        second, _ = choice(replies["second"], "CHOICE", _CHOICES)
        rival = shown(said(case.rival), 200) if case.rival is not None else ""
        reason = f"{shown(why)[1:-1]} (the other answer: {rival})"
        if first == "A" and second == "B":
            return Score(1.0, f"it wins: {reason}")
        if first == "B" and second == "A":
            return Score(0.0, f"it loses: {reason}")
        if first == second and first != "TIE":
            place = "first" if first == "A" else "second"
            return Score(0.5, f"a tie: whichever stands {place} is preferred. {reason}")
        return Score(0.5, f"a tie: {reason}")

    def marks(self, replies: Replies) -> Sequence[str]:
        if not replies:
            return ("same",)
        first, _ = choice(replies["first"], "CHOICE", _CHOICES)
        second, _ = choice(replies["second"], "CHOICE", _CHOICES)
        place = {("A", "A"): "first", ("B", "B"): "last"}.get((first, second))
        return ("pair",) if place is None else ("pair", place)

    def remarks(self, marks: Mapping[str, int]) -> tuple[str, ...]:
        found = []
        if pairs := marks.get("pair", 0):
            first, last = marks.get("first", 0), marks.get("last", 0)
            found.append(
                f"Place decided in {first + last:,} of {pairs:,} pairs, which count as ties: the "
                f"first answer was preferred both times in {first:,}, the second in {last:,}."
            )
        if same := marks.get("same", 0):
            found.append(f"In {same:,} pairs both answers are the same: ties, not asked about.")
        return tuple(found)
