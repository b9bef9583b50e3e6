"""A grade for each answer, by a rubric: of a person's own, or one of those kept as data."""

from __future__ import annotations

import tomllib
from abc import abstractmethod
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from msgspec import Meta

from assay.core.judged import Case, JudgedScorer, Question
from assay.core.scorer import Score, scorer
from assay.scorers.judged.material import asked, passages, prompt, said, targets
from assay.scorers.judged.reading import grade, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.judged import Replies

_REFERENCE = (
    "Zheng et al. 2023, Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena, NeurIPS Datasets "
    "and Benchmarks"
)
Part = Literal["question", "context", "target"]
Given = Annotated[
    tuple[Part, ...],
    Meta(description="What the judge sees beside the answer, where the sample has it."),
]


@dataclass(frozen=True, kw_only=True)
class Graded(JudgedScorer):
    """Base of the scorers whose judge gives one grade."""

    @abstractmethod
    def _rubric(self) -> str:
        """What earns which grade."""

    def _given(self) -> Sequence[str]:
        return ("question",)

    def questions(self, case: Case, replies: Replies) -> tuple[Question, ...]:
        low, high = self.bounds()
        parts = [("answer", said(case.answer))]
        given = self._given()
        if "target" in given and case.sample.target:
            parts.insert(0, ("reference", targets(case.sample)))
        if "context" in given and case.context:
            parts.insert(0, ("context", passages(case.context)))
        if "question" in given and (question := asked(case.sample)):
            parts.insert(0, ("question", question))
        task = (
            "You grade the answer of an assistant by a rubric, and by nothing else: neither its "
            f"length nor its tone counts unless the rubric says so.\n\nRubric:\n{self._rubric()}"
        )
        reply = (
            "First say in at most three sentences what in the answer speaks for and against it, by "
            f"the rubric. Then end with a line that holds nothing but GRADE: and a number from "
            f"{low:g} to {high:g}."
        )
        return (Question("grade", prompt(task, parts, reply)),)

    def judged(self, case: Case, replies: Replies) -> Score:
        value, why = grade(replies["grade"], *self.bounds())
        return Score(value, f"{value:g}: {shown(why)[1:-1]}" if why else f"{value:g}")


@scorer(
    "judge",
    low=1.0,
    high=5.0,
    formula="mean over answers of the judge's grade",
    reference=_REFERENCE,
    example={
        "judge": "grader",
        "rubric": "1 if the answer is polite, 0 if it is not.",
        "scale": (0, 1),
    },
)
class RubricGrade(Graded):
    """Mean grade that a judge, another language model, gives the answers by a rubric.

    The judge sees the question, the sample's context and target where it has them (``given``), and
    the answer; it says what speaks for and against it, then gives a number on the ``scale``. A
    reply without such a number is no grade: the sample counts as unknown, and the result says how
    many there were. With several judges (a panel) their grades are averaged, or the grade counts
    that more than half of them give, and the result says how far they agree.

    A judge is a model with habits: it may prefer long answers, its own, and confident ones. Hold it
    against people: ``labels`` names a field of the samples with human grades of some of them.
    """

    rubric: Annotated[str, Meta(min_length=1, description="What earns which grade.")]
    scale: Annotated[
        tuple[float, ...],
        Meta(min_length=2, max_length=2, description="The worst and the best grade."),
    ] = (1.0, 5.0)
    given: Given = ("question", "context", "target")

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.scale) != 2 or not self.scale[0] < self.scale[1]:
            raise ValueError("`scale` must name the worst grade and then a higher, best one")

    def bounds(self) -> tuple[float, float]:
        return float(self.scale[0]), float(self.scale[1])

    def _rubric(self) -> str:
        return self.rubric.strip()

    def _given(self) -> Sequence[str]:
        return self.given


@dataclass(frozen=True, kw_only=True)
class Preset(Graded):
    """Base of the scorers whose rubric is kept in ``rubrics.toml``."""

    rubric_text: ClassVar[str]

    def _rubric(self) -> str:
        return self.rubric_text


def presets() -> dict[str, dict[str, Any]]:
    """The rubrics that are kept as data, by the names of their scorers."""
    text = files("assay.scorers.judged").joinpath("rubrics.toml").read_text("utf-8")
    return tomllib.loads(text)


def _register(name: str, kept: dict[str, Any]) -> None:
    scale = " ".join(kept["scale"].split())
    body = {
        "__doc__": f"{kept['summary']}\n\n    {kept['about'].strip()}\n    ",
        "__module__": __name__,
        "rubric_text": f"{kept['rubric'].strip()}\n{scale}",
    }
    scorer(
        name,
        low=float(kept["low"]),
        high=float(kept["high"]),
        higher_is_better=kept["higher_is_better"],
        formula="mean over answers of the judge's grade",
        reference=kept["reference"],
        example={"judge": "grader"},
        version=kept["version"],
    )(type(f"{name.title()}Grade", (Preset,), body))


for _name, _kept in presets().items():
    _register(_name, _kept)
