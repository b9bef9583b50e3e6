"""What an answer looks like, whatever it says: long, cut off, empty, JSON."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.scorer import Score, Scorer, scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange

_FENCED = re.compile(r"\A\s*```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL | re.IGNORECASE)

Counted = Literal["words", "characters", "lines", "sentences"]

_Most = Annotated[int, Meta(ge=0)]


def length(text: str, count: Counted) -> int:
    """How many words, characters, lines or sentences a text has.

    Sentences are cut as groundedness cuts them: by the rules of English.
    """
    match count:
        case "words":
            return len(text.split())
        case "characters":
            return len(text)
        case "lines":
            return len(text.splitlines())
        case "sentences":
            from assay.scorers.grounding.sentences import sentences

            return len(sentences(text))


@scorer(
    "length",
    high=math.inf,
    higher_is_better=None,
    unit="words",
    formula="mean over answers of their length",
    reference="none: a count",
)
class Length(Scorer):
    """Mean length of the answers."""

    count: Annotated[Counted, Meta(description="What is counted.")] = "words"

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        return [Score(float(length(e.answer.text, self.count))) for e in exchanges]


@scorer(
    "within_length",
    binary=True,
    unit="share",
    formula="answers whose length is within the limits / answers",
    reference="none: a count",
    example={"most": 50},
)
class WithinLength(Scorer):
    """Share of answers that are neither shorter nor longer than was asked for."""

    least: Annotated[int, Meta(ge=0, description="The fewest that there may be.")] = 0
    most: Annotated[_Most | None, Meta(description="The most that there may be.")] = None
    count: Annotated[Counted, Meta(description="What is counted.")] = "words"

    def __post_init__(self) -> None:
        if self.most is not None and self.most < self.least:
            raise ValueError(f"`most` is below `least`: {self.most} and {self.least}")
        if self.most is None and self.least == 0:
            raise ValueError("give `least`, `most` or both")

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        return [self._one(length(e.answer.text, self.count)) for e in exchanges]

    def _one(self, counted: int) -> Score:
        if counted < self.least:
            return Score(0.0, f"{counted} {self.count}, not {self.least} at least")
        if self.most is not None and counted > self.most:
            return Score(0.0, f"{counted} {self.count}, not {self.most} at most")
        return Score(1.0)


@scorer(
    "truncated",
    binary=True,
    higher_is_better=False,
    unit="share",
    formula="answers that end at the token limit / answers",
    reference="finish_reason `length` of the wire format",
)
class Truncated(Scorer):
    """Share of answers that were cut off at the token limit."""

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        return [Score(float(e.answer.finish == "length")) for e in exchanges]


@scorer(
    "empty",
    binary=True,
    higher_is_better=False,
    unit="share",
    formula="answers without text and without a call of a tool / answers",
    reference="none: a count",
)
class Empty(Scorer):
    """Share of answers that say nothing: no text but white space, and no call of a tool."""

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        return [
            Score(float(not e.answer.text.strip() and not e.answer.tool_calls)) for e in exchanges
        ]


@scorer(
    "is_json",
    binary=True,
    unit="share",
    formula="answers that are JSON / answers",
    reference="RFC 8259",
)
class IsJson(Scorer):
    """Share of answers that are JSON as a whole: no word before or after it."""

    fenced: Annotated[bool, Meta(description="JSON within a code fence (```json) counts too.")] = (
        False
    )

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        return [self._one(e.answer.text) for e in exchanges]

    def _one(self, text: str) -> Score:
        try:
            json.loads(unfenced(text) if self.fenced else text, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            return Score(0.0, f"not JSON: {error}")
        return Score(1.0)


def unfenced(text: str) -> str:
    """What stands within a code fence that is the whole text (```json); else the text itself."""
    inside = _FENCED.match(text)
    return inside[1] if inside else text


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no value of JSON")
