"""Scorers that ask a judge: another language model, whose replies they read.

A judged scorer is pure too. It says what to ask of an answer, given the replies that are there
already, and it makes a score of the replies; the calls are made where all calls are::

    @scorer("politeness", formula="mean grade", reference="...")
    class Politeness(JudgedScorer):
        '''How polite an answer is.'''

        def questions(self, case, replies):
            return (Question("grade", f"... {case.answer.text} ..."),)

        def judged(self, case, replies):
            return Score(read(replies["grade"]))

Its parameter ``judge`` names the language models of the suite that are asked.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping  # at run time: the hints of scorers are resolved
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

from msgspec import Meta

from assay.core.scorer import Score, Scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Answer, Exchange, Sample

Judge = Annotated[
    str | tuple[str, ...],
    Meta(description="The language model of the suite that judges, or several: a panel."),
]
Panel = Annotated[
    Literal["mean", "majority"],
    Meta(description="Of a panel: the mean of its judges, or what more than half of them say."),
]
Replies = Mapping[str, str]
"""What a judge said, by the names of the questions."""


class Question(NamedTuple):
    """One question for a judge: the name that its reply goes by, and the text of the turn."""

    name: str
    text: str


class Case(NamedTuple):
    """What is judged: an answer to a sample, and another model's to the same where they compete."""

    sample: Sample
    answer: Answer
    rival: Answer | None = None

    @property
    def context(self) -> tuple[str, ...]:
        """The passages that the answer should rest on, as :attr:`Exchange.context`."""
        return self.answer.context or self.sample.context


class Unreadable(ValueError):
    """A reply is not what was asked for: a clause for a person says what is wrong."""


def judges_of(judge: object) -> tuple[str, ...]:
    """The names that a parameter ``judge`` holds."""
    if isinstance(judge, str):
        return (judge,)
    return tuple(map(str, judge)) if isinstance(judge, list | tuple) else ()


@dataclass(frozen=True, kw_only=True)
class JudgedScorer(Scorer):
    """Base of the scorers that ask a judge.

    Class attributes:
        rounds: how often it asks: later questions may rest on earlier replies.
        calls: questions about one answer, at most, of each judge.
        competes: it compares with another model's answer to the same sample; its parameter
            ``against`` names that model.
    """

    rounds: ClassVar[int] = 1
    calls: ClassVar[int] = 1
    competes: ClassVar[bool] = False

    judge: Judge
    panel: Panel = "mean"

    def __post_init__(self) -> None:
        names = judges_of(self.judge)
        if not names or not all(names):
            raise ValueError("`judge` must name a language model of the suite")
        if len(set(names)) < len(names):
            raise ValueError("`judge` names a model twice: a panel has different judges")
        if self.panel == "majority" and len(names) < 3:
            raise ValueError("a majority needs a panel of three judges or more")

    @abstractmethod
    def questions(self, case: Case, replies: Replies) -> Sequence[Question]:
        """What to ask about an answer, given the replies so far; those among them too.

        A question is asked once, however many answers and checks it is about.

        Raises:
            Unreadable: a reply is not what was asked for, so there is nothing more to ask.
        """

    @abstractmethod
    def judged(self, case: Case, replies: Replies) -> Score:
        """The score, once every question has a reply.

        Raises:
            Unreadable: a reply is not what was asked for.
        """

    def marks(self, replies: Replies) -> Sequence[str]:
        """What to count over all readable replies, for :meth:`remarks`."""
        return ()

    def remarks(self, marks: Mapping[str, int]) -> tuple[str, ...]:
        """What a person should know of the judge, from what was counted."""
        return ()

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        """Without replies nothing is known."""
        return [Score(None, "no judge was asked") for _ in exchanges]
