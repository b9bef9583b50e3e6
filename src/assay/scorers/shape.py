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

    count: Annotated[
        Literal["words", "characters", "lines"], Meta(description="What is counted.")
    ] = "words"

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        return [Score(float(self._length(e.answer.text))) for e in exchanges]

    def _length(self, text: str) -> int:
        match self.count:
            case "words":
                return len(text.split())
            case "characters":
                return len(text)
            case "lines":
                return len(text.splitlines())


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
        inside = _FENCED.match(text) if self.fenced else None
        try:
            json.loads(inside[1] if inside else text, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            return Score(0.0, f"not JSON: {error}")
        return Score(1.0)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no value of JSON")
