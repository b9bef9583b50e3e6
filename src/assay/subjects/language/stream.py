"""An answer that comes piece by piece, as server-sent events.

Reference: WHATWG HTML Living Standard, section 9.2 (server-sent events).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assay.core.exchange import Tokens, ToolCall
from assay.subjects.language.reply import Reply
from assay.subjects.language.text import well_formed
from assay.subjects.language.wire import (
    Malformed,
    arguments_of,
    decoded,
    finish_of,
    logprobs_of,
    text_of,
    tokens_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.subjects.language.wire import Call, Completion

_END = b"[DONE]"


class Events:
    """Cuts a stream of bytes into the data of its events, wherever the network cuts it."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The data of the events that this chunk completes."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            line = line.removesuffix(b"\r")
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif not line and self._data:
                yield b"\n".join(self._data)
                self._data = []

    def left(self) -> bytes:
        """The data of an event that the end of the stream completes, where it has no blank line."""
        return b"\n".join(self._data) if not self._rest else b""


@dataclass
class _Tool:
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass
class Assembly:
    """The pieces of one answer, put together.

    Attributes:
        complete: the answer said that it ended; what stops before that is cut off.
        begun: a piece of the answer itself has come.
        error: what a server says in place of going on.
    """

    texts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    tools: dict[int, _Tool] = field(default_factory=dict)
    tokens: Tokens = field(default_factory=Tokens)
    finish: str | None = None
    complete: bool = False
    begun: bool = False
    error: object = None

    def add(self, data: bytes) -> None:
        """Take in the data of one event.

        Raises:
            Malformed: it is not of the wire format.
        """
        if data.strip() == _END:
            self.complete = True
            return
        found: Completion = decoded(data)
        if found.error is not None:
            self.error = found.error
            return
        if found.usage is not None:
            self.tokens = tokens_of(found.usage)
        if not found.choices:
            return
        choice = found.choices[0]
        self.logprobs += logprobs_of(choice)
        if choice.finish_reason is not None:
            self.finish, self.complete = choice.finish_reason, True
        said = choice.delta or choice.message
        if said is None:
            return
        text = text_of(said.content)
        if text:
            self.texts.append(text)
        if said.refusal:
            self.refusals.append(said.refusal)
        for call in said.tool_calls or ():
            self._call(call)
        self.begun = bool(self.begun or text or said.refusal or said.tool_calls)

    def _call(self, call: Call) -> None:
        tool = self.tools.setdefault(len(self.tools) if call.index is None else call.index, _Tool())
        tool.id = call.id or tool.id
        if call.function is not None:
            tool.name += call.function.name or ""
            tool.arguments += arguments_of(call.function.arguments)

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
            finish=finish_of(self.finish),
            refusal=well_formed("".join(self.refusals)),
            tool_calls=calls,
            logprobs=tuple(self.logprobs),
            tokens=self.tokens,
            seconds=seconds,
            first_token_s=first_token_s,
        )
