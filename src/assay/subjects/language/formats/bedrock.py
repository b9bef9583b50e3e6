"""Converse, of Amazon Bedrock: one format for the models of many vendors.

Reference: Amazon Bedrock API, "Converse" and "ConverseStream"
(docs.aws.amazon.com/bedrock/latest/APIReference).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from assay.core.errors import MissingExtraError
from assay.core.exchange import Tokens, ToolCall
from assay.subjects.language.failures import LastingFailure
from assay.subjects.language.formats.assembly import Assembly, Tool
from assay.subjects.language.formats.bearer import Bearer
from assay.subjects.language.formats.parts import (
    Picture,
    arguments_of,
    blocks_of,
    count,
    system_of,
    text_of,
    turns,
)
from assay.subjects.language.formats.protocol import Malformed
from assay.subjects.language.formats.reading import decoded, json_text
from assay.subjects.language.formats.sampling import with_options
from assay.subjects.language.reply import Reply
from assay.subjects.language.text import well_formed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Finish, Message

_GROUP = "inferenceConfig"
_FINISHES: dict[str, Finish] = {
    "end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length",
    "model_context_window_exceeded": "length", "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter", "content_filtered": "content_filter",
}  # fmt: skip


class ToolUse(msgspec.Struct, rename="camel"):
    """A tool call, or a piece of one, whose input is text."""

    tool_use_id: str | None = None
    name: str | None = None
    input: Any = None


class ReasoningText(msgspec.Struct):
    """What the model thought."""

    text: str | None = None


class Reasoning(msgspec.Struct, rename="camel"):
    """What the model thought, whole or in pieces."""

    reasoning_text: ReasoningText | None = None
    text: str | None = None


class Block(msgspec.Struct, rename="camel"):
    """A block of content, or a piece of one."""

    text: str | None = None
    tool_use: ToolUse | None = None
    reasoning_content: Reasoning | None = None


class Said(msgspec.Struct):
    """A message."""

    content: list[Block] | None = None


class Output(msgspec.Struct):
    """What came out."""

    message: Said | None = None


class Usage(msgspec.Struct, rename="camel"):
    """Tokens; those of ``inputTokens`` were neither read from the cache nor written to it."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None


class Response(msgspec.Struct, rename="camel"):
    """A response, or what an event of a stream holds."""

    output: Output | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    content_block_index: int = 0
    start: Block | None = None
    delta: Block | None = None
    message: str | None = None


class Event(msgspec.Struct):
    """An event: its type, and what it holds."""

    type: str
    error: bool
    content: msgspec.Raw


_response = msgspec.json.Decoder(Response)
_event = msgspec.json.Decoder(Event)


def tokens_of(usage: Usage | None) -> Tokens:
    """What the server counted, the cached tokens among the prompt's."""
    if usage is None:
        return Tokens()
    read = usage.cache_read_input_tokens
    prompt = count(usage.input_tokens, read, usage.cache_write_input_tokens)
    return Tokens(prompt=prompt, completion=usage.output_tokens, cached=read)


class EventStream:
    """Cuts a stream of ``application/vnd.amazon.eventstream``; botocore knows its frames."""

    def __init__(self) -> None:
        try:
            from botocore.eventstream import EventStreamBuffer
        except ImportError:
            raise MissingExtraError("botocore", "bedrock") from None
        self._buffer = EventStreamBuffer()

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The events that this chunk completes, each as JSON with its type.

        Raises:
            Malformed: a checksum is wrong, or it is no such stream.
        """
        from botocore.eventstream import ParserError

        self._buffer.add_data(chunk)
        try:
            for message in self._buffer:
                heads = message.headers
                failed = heads.get(":message-type") in ("exception", "error")
                kind = heads.get(":exception-type") or heads.get(":error-code")
                kind = (kind if failed else heads.get(":event-type")) or ""
                content = message.payload or b"{}"
                yield msgspec.json.encode(Event(str(kind), failed, msgspec.Raw(content)))
        except ParserError as error:
            raise Malformed(f"the stream is not in Bedrock's format ({error})") from None

    def left(self) -> bytes:
        """Nothing: a frame knows its length."""
        return b""


class Pieces(Assembly):
    """A streamed answer: blocks in pieces, ``messageStop``, then ``metadata`` with the usage."""

    def add(self, data: bytes) -> None:
        """Take in one event."""
        event = decoded(data, _event, "Bedrock's")
        found = decoded(bytes(event.content), _response, "Bedrock's")
        if event.error:
            self.error = {"code": event.type, "message": found.message or ""}
            return
        if event.type == "contentBlockStart" and found.start and (use := found.start.tool_use):
            tool = Tool(use.tool_use_id or "", use.name or "")
            self.tools[found.content_block_index] = tool
            self.begun = True
        elif event.type == "contentBlockDelta" and found.delta is not None:
            self._piece(found.content_block_index, found.delta)
        elif event.type == "messageStop":
            self.finish, self.complete = _FINISHES.get(found.stop_reason or "", "other"), True
        elif event.type == "metadata":
            self.tokens = tokens_of(found.usage)

    def _piece(self, index: int, piece: Block) -> None:
        if piece.text:
            self.texts.append(piece.text)
            self.begun = True
        if piece.reasoning_content is not None and piece.reasoning_content.text:
            self.thoughts.append(piece.reasoning_content.text)
        if piece.tool_use is not None and index in self.tools:
            self.tools[index].arguments += str(piece.tool_use.input or "")


def blocks(message: Message) -> list[dict[str, Any]]:
    """The blocks of a turn."""
    if message.role == "tool":
        result = {"toolUseId": message.tool_call_id, "content": [{"text": text_of(message)}]}
        return [{"toolResult": result}]
    return blocks_of(message, lambda text: {"text": text}, _picture) + [
        {"toolUse": {"toolUseId": c.id, "name": c.name, "input": arguments_of(c)}}
        for c in message.tool_calls
    ]


def _picture(picture: Picture) -> dict[str, Any]:
    if picture.url:
        raise LastingFailure("Bedrock takes no address of an image: give its path")
    kind = picture.media.removeprefix("image/")
    return {"image": {"format": kind, "source": {"bytes": picture.data}}}


class Bedrock(Bearer):
    """Converse, as a :class:`~assay.subjects.language.formats.protocol.WireFormat`."""

    name = "bedrock"

    def suffix(self, spec: LanguageModelSpec) -> str:
        """The model stands in the path; its name may hold colons and slashes."""
        verb = "converse-stream" if spec.stream else "converse"
        return f"/model/{quote(spec.model, safe='')}/{verb}"

    def fixed(self, spec: LanguageModelSpec) -> dict[str, Any]:
        """The sampling has a place of its own in the body."""
        sampling: dict[str, Any] = {
            "temperature": spec.temperature,
            "topP": spec.top_p,
            "maxTokens": spec.max_tokens,
            "stopSequences": list(spec.stop) or None,
        }
        return with_options({_GROUP: sampling}, spec.options, _GROUP)

    def body(self, fixed: dict[str, Any], messages: tuple[Message, ...]) -> bytes:
        """The body of a request."""
        found = {**fixed, "messages": turns(messages, blocks, "assistant")}
        if system := system_of(messages):
            found["system"] = [{"text": system}]
        return msgspec.json.encode(found)

    def reply(self, content: bytes, *, seconds: float) -> Reply:
        """The reply in a whole response."""
        found = decoded(content, _response, "Bedrock's")
        said = found.output.message if found.output is not None else None
        if said is None or said.content is None:
            raise Malformed("the response holds no answer")
        uses = [block.tool_use for block in said.content if block.tool_use is not None]
        thoughts = [b.reasoning_content.reasoning_text for b in said.content if b.reasoning_content]
        return Reply(
            text=well_formed("".join(b.text or "" for b in said.content)),
            reasoning=well_formed("".join(t.text or "" for t in thoughts if t is not None)),
            finish=_FINISHES.get(found.stop_reason or "", "other"),
            tool_calls=tuple(
                ToolCall(
                    name=use.name or "",
                    arguments=well_formed(json_text(use.input)),
                    id=use.tool_use_id or "",
                )
                for use in uses
            ),
            tokens=tokens_of(found.usage),
            seconds=seconds,
        )

    def cutter(self) -> EventStream:
        """Frames of AWS."""
        return EventStream()

    def assembly(self) -> Pieces:
        """Put together block by block."""
        return Pieces()
