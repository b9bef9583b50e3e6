"""Anthropic's Messages API.

Reference: Claude API, "Messages", "Streaming Messages", "Handling stop reasons"
(docs.claude.com/en/api/messages), version 2023-06-01.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.exchange import Tokens, ToolCall
from assay.subjects.language.formats.assembly import Assembly, Tool
from assay.subjects.language.formats.events import Events
from assay.subjects.language.formats.parts import (
    arguments_of,
    blocks_of,
    count,
    system_of,
    text_of,
    turns,
)
from assay.subjects.language.formats.protocol import ErrorInBody, Malformed
from assay.subjects.language.formats.reading import decoded, json_text
from assay.subjects.language.formats.sampling import without_nulls
from assay.subjects.language.reply import Reply
from assay.subjects.language.text import well_formed

if TYPE_CHECKING:
    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Finish, Message
    from assay.subjects.language.formats.parts import Picture

_VERSION = "2023-06-01"
LONGEST = 4096
"""Tokens of an answer where a suite does not say: the format demands a number."""
_FINISHES: dict[str, Finish] = {
    "end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length",
    "model_context_window_exceeded": "length", "tool_use": "tool_calls",
    "refusal": "content_filter",
}  # fmt: skip


class Block(msgspec.Struct):
    """A block of content, or a piece of one (``partial_json``)."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    id: str | None = None
    name: str | None = None
    input: Any = None
    partial_json: str | None = None


class Usage(msgspec.Struct):
    """Tokens; those of ``input_tokens`` were neither read from the cache nor written to it."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class Said(msgspec.Struct):
    """A message."""

    content: list[Block] | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    type: str = ""
    error: Any = None


class Delta(msgspec.Struct):
    """What an event adds: to a block, or to the message."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None


class Event(msgspec.Struct):
    """An event of a stream."""

    type: str = ""
    index: int = 0
    message: Said | None = None
    content_block: Block | None = None
    delta: Delta | None = None
    usage: Usage | None = None
    error: Any = None


_said = msgspec.json.Decoder(Said)
_event = msgspec.json.Decoder(Event)


def finish_of(reason: str | None) -> Finish:
    """Why an answer ended, in our words. A refusal is a stop by the provider's classifiers."""
    return _FINISHES.get(reason or "", "other")


def tokens_of(usage: Usage | None) -> Tokens:
    """What the server counted, the cached tokens among the prompt's."""
    if usage is None:
        return Tokens()
    read = usage.cache_read_input_tokens
    prompt = count(usage.input_tokens, read, usage.cache_creation_input_tokens)
    return Tokens(prompt=prompt, completion=usage.output_tokens, cached=read)


def blocks(message: Message) -> list[dict[str, Any]]:
    """The blocks of a turn."""
    if message.role == "tool":
        result = {"type": "tool_result", "tool_use_id": message.tool_call_id}
        return [{**result, "content": text_of(message)}]
    found = blocks_of(message, lambda text: {"type": "text", "text": text}, _picture)
    return found + [
        {"type": "tool_use", "id": c.id, "name": c.name, "input": arguments_of(c)}
        for c in message.tool_calls
    ]


def _picture(picture: Picture) -> dict[str, Any]:
    source = (
        {"type": "url", "url": picture.url}
        if picture.url
        else {"type": "base64", "media_type": picture.media, "data": picture.data}
    )
    return {"type": "image", "source": source}


class Pieces(Assembly):
    """A streamed answer: ``message_start``, blocks in pieces, ``message_delta``,
    ``message_stop``."""

    def add(self, data: bytes) -> None:
        """Take in the data of one event."""
        event = decoded(data, _event, "Anthropic's")
        match event.type:
            case "error":
                self.error = event.error or {"type": "api_error"}
            case "message_start" if event.message is not None:
                self.tokens = tokens_of(event.message.usage)
            case "content_block_start" if event.content_block is not None:
                self._block(event.index, event.content_block)
            case "content_block_delta" if event.delta is not None:
                self._piece(event.index, event.delta)
            case "message_delta":
                self._ending(event)
            case "message_stop":
                self.complete = True

    def _block(self, index: int, block: Block) -> None:
        if block.type == "tool_use":
            self.tools[index] = Tool(id=block.id or "", name=block.name or "")
            self.begun = True
        if block.text:
            self.texts.append(block.text)
            self.begun = True

    def _piece(self, index: int, delta: Delta) -> None:
        if delta.text:
            self.texts.append(delta.text)
            self.begun = True
        if delta.thinking:
            self.thoughts.append(delta.thinking)
        if delta.partial_json and index in self.tools:
            self.tools[index].arguments += delta.partial_json

    def _ending(self, event: Event) -> None:
        if event.delta is not None and event.delta.stop_reason is not None:
            self.finish = finish_of(event.delta.stop_reason)
        if event.usage is not None:  # counts of the whole; those of the prompt may be left out
            last, first = tokens_of(event.usage), self.tokens
            self.tokens = Tokens(
                prompt=first.prompt if last.prompt is None else last.prompt,
                completion=last.completion,
                cached=first.cached if last.cached is None else last.cached,
            )


class Anthropic:
    """Anthropic's format, as a :class:`~assay.subjects.language.formats.protocol.WireFormat`."""

    name = "anthropic"

    def suffix(self, _spec: LanguageModelSpec) -> str:
        """One address for all."""
        return "/messages"

    def query(self, _spec: LanguageModelSpec) -> str:
        """Nothing."""
        return ""

    def key_headers(self, key: str) -> dict[str, str]:
        """The vendor's own header."""
        return {"x-api-key": key}

    def headers(self) -> dict[str, str]:
        """The version of the format."""
        return {"anthropic-version": _VERSION}

    def fixed(self, spec: LanguageModelSpec) -> dict[str, Any]:
        """The sampling; ``max_tokens`` must be there."""
        found: dict[str, Any] = {
            "model": spec.model,
            "max_tokens": spec.max_tokens or LONGEST,
            "temperature": spec.temperature,
            "top_p": spec.top_p,
            "stop_sequences": list(spec.stop) or None,
            "stream": True if spec.stream else None,
        }
        return without_nulls(found | dict(spec.options))

    def body(self, fixed: dict[str, Any], messages: tuple[Message, ...]) -> bytes:
        """The body of a request."""
        found = {**fixed, "messages": turns(messages, blocks, "assistant")}
        if system := system_of(messages):
            found["system"] = system
        return msgspec.json.encode(found)

    def reply(self, content: bytes, *, seconds: float) -> Reply:
        """The reply in a whole response."""
        found = decoded(content, _said, "Anthropic's")
        if found.error is not None:
            raise ErrorInBody(found.error)
        if found.content is None:
            raise Malformed("the response holds no answer")
        calls = tuple(
            ToolCall(name=b.name or "", arguments=well_formed(json_text(b.input)), id=b.id or "")
            for b in found.content
            if b.type == "tool_use"
        )
        return Reply(
            text=well_formed("".join(b.text or "" for b in found.content if b.type == "text")),
            reasoning=well_formed("".join(b.thinking or "" for b in found.content)),
            finish=finish_of(found.stop_reason),
            tool_calls=calls,
            tokens=tokens_of(found.usage),
            seconds=seconds,
        )

    def cutter(self) -> Events:
        """Server-sent events."""
        return Events()

    def assembly(self) -> Pieces:
        """Put together block by block."""
        return Pieces()
