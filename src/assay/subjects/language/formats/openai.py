"""OpenAI's wire format of chat completions: bodies of requests, and the answers in responses.

Reference: OpenAI API, "Create chat completion" (platform.openai.com/docs/api-reference/chat).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.exchange import ToolCall
from assay.subjects.language.formats.assembly import Assembly, Tool
from assay.subjects.language.formats.bearer import Bearer
from assay.subjects.language.formats.completions import (
    arguments_of,
    completion,
    finish_of,
    logprobs_of,
    text_of,
    tokens_of,
)
from assay.subjects.language.formats.events import Events
from assay.subjects.language.formats.protocol import ErrorInBody, Malformed
from assay.subjects.language.formats.sampling import without_nulls
from assay.subjects.language.reply import Reply
from assay.subjects.language.text import well_formed

if TYPE_CHECKING:
    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Message
    from assay.subjects.language.formats.completions import Call, Completion

_END = b"[DONE]"


def fixed_fields(spec: LanguageModelSpec) -> dict[str, Any]:
    """The body's fields that are the same in every call; options have the last word.

    A field that the options set to null is not sent.
    """
    found: dict[str, Any] = {
        "model": spec.model or None,
        "temperature": spec.temperature,
        "top_p": spec.top_p,
        "max_tokens": spec.max_tokens,
        "stop": list(spec.stop) or None,
        "seed": spec.seed,
        "logprobs": True if spec.logprobs else None,
    }
    if spec.stream:
        found |= {"stream": True, "stream_options": {"include_usage": True}}
    return without_nulls(found | dict(spec.options))


def wire_turn(message: Message) -> dict[str, Any]:
    """One turn as it is sent."""
    content = message.content
    turn: dict[str, Any] = {
        "role": message.role,
        "content": well_formed(content) if isinstance(content, str) else content,
    }
    if message.name:
        turn["name"] = message.name
    if message.tool_call_id:
        turn["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        turn["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
            for c in message.tool_calls
        ]
    return turn


def body_of(fixed: dict[str, Any], messages: tuple[Message, ...]) -> bytes:
    """The body of a request; equal questions give equal bytes."""
    return msgspec.json.encode({**fixed, "messages": [wire_turn(m) for m in messages]})


def reply_of(found: Completion, *, seconds: float) -> Reply:
    """The reply in a whole response.

    Raises:
        Malformed: it holds no answer.
    """
    choice = found.choices[0] if found.choices else None
    if choice is None or choice.message is None:
        raise Malformed("the response holds no answer")
    said = choice.message
    calls = tuple(
        ToolCall(
            name=call.function.name or "",
            arguments=well_formed(arguments_of(call.function.arguments)),
            id=call.id or "",
        )
        for call in said.tool_calls or ()
        if call.function is not None
    )
    return Reply(
        text=well_formed(text_of(said.content)),
        finish=finish_of(choice.finish_reason),
        refusal=well_formed(said.refusal or ""),
        tool_calls=calls,
        reasoning=well_formed(said.reasoning_content or ""),
        logprobs=tuple(logprobs_of(choice)),
        tokens=tokens_of(found.usage),
        seconds=seconds,
    )


class Pieces(Assembly):
    """A streamed answer: ``data: [DONE]`` ends it, or a reason why it finished."""

    def add(self, data: bytes) -> None:
        """Take in the data of one event."""
        if data.strip() == _END:
            self.complete = True
            return
        found: Completion = completion(data)
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
            self.finish, self.complete = finish_of(choice.finish_reason), True
        said = choice.delta or choice.message
        if said is None:
            return
        text = text_of(said.content)
        if text:
            self.texts.append(text)
        if said.refusal:
            self.refusals.append(said.refusal)
        if said.reasoning_content:
            self.thoughts.append(said.reasoning_content)
        for call in said.tool_calls or ():
            self._call(call)
        self.begun = bool(self.begun or text or said.refusal or said.tool_calls)

    def _call(self, call: Call) -> None:
        tool = self.tools.setdefault(len(self.tools) if call.index is None else call.index, Tool())
        tool.id = call.id or tool.id
        if call.function is not None:
            tool.name += call.function.name or ""
            tool.arguments += arguments_of(call.function.arguments)


class OpenAi(Bearer):
    """OpenAI's format, as a :class:`~assay.subjects.language.formats.protocol.WireFormat`."""

    name = "openai"

    def suffix(self, _spec: LanguageModelSpec) -> str:
        """One address for all."""
        return "/chat/completions"

    def fixed(self, spec: LanguageModelSpec) -> dict[str, Any]:
        """See :func:`fixed_fields`."""
        return fixed_fields(spec)

    def body(self, fixed: dict[str, Any], messages: tuple[Message, ...]) -> bytes:
        """See :func:`body_of`."""
        return body_of(fixed, messages)

    def reply(self, content: bytes, *, seconds: float) -> Reply:
        """The reply in a whole response."""
        found = completion(content)
        if found.error is not None:
            raise ErrorInBody(found.error)
        return reply_of(found, seconds=seconds)

    def cutter(self) -> Events:
        """Server-sent events."""
        return Events()

    def assembly(self) -> Pieces:
        """Put together by hand."""
        return Pieces()
