"""The pieces of one answer, put together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assay.core.exchange import Tokens, ToolCall
from assay.subjects.language.formats.protocol import Malformed
from assay.subjects.language.reply import Reply
from assay.subjects.language.text import well_formed

if TYPE_CHECKING:
    from assay.core.exchange import Finish


@dataclass
class Tool:
    """A tool call, as far as it has come."""

    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass
class Assembly(ABC):
    """The pieces of one answer; what an event holds is for the wire format.

    Attributes:
        finish: why it ended.
        complete: the answer said that it ended; what stops before that is cut off.
        begun: a piece of the answer itself has come.
        error: what a server says in place of going on.
    """

    texts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    tools: dict[int, Tool] = field(default_factory=dict)
    tokens: Tokens = field(default_factory=Tokens)
    finish: Finish = "other"
    complete: bool = False
    begun: bool = False
    error: object = None

    @abstractmethod
    def add(self, data: bytes) -> None:
        """Take in the data of one event.

        Raises:
            Malformed: it is not of the wire format.
        """

    def reply(self, *, seconds: float, first_token_s: float | None) -> Reply:
        """The whole answer.

        Raises:
            Malformed: the stream ended before the answer did.
        """
        if not self.complete:
            raise Malformed("the stream ended before the answer did")
        calls = tuple(
            ToolCall(name=t.name, arguments=well_formed(t.arguments), id=t.id)
            for _, t in sorted(self.tools.items())
        )
        return Reply(
            text=well_formed("".join(self.texts)),
            finish=self.finish,
            refusal=well_formed("".join(self.refusals)),
            tool_calls=calls,
            reasoning=well_formed("".join(self.thoughts)),
            logprobs=tuple(self.logprobs),
            tokens=self.tokens,
            seconds=seconds,
            first_token_s=first_token_s,
        )
