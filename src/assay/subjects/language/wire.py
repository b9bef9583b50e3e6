"""OpenAI's wire format of chat completions: bodies of requests, and what responses hold.

Servers vary: fields may be missing or null, ``content`` may be a list of parts, arguments of a tool
call an object. What can be read without guessing is read.

Reference: OpenAI API, "Create chat completion" (platform.openai.com/docs/api-reference/chat).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.exchange import Tokens, ToolCall
from assay.subjects.language.reply import Reply
from assay.subjects.language.text import well_formed

if TYPE_CHECKING:
    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Finish, Message

_FINISHES: dict[str, Finish] = {
    "stop": "stop", "eos": "stop", "length": "length", "max_tokens": "length",
    "content_filter": "content_filter", "tool_calls": "tool_calls", "function_call": "tool_calls",
}  # fmt: skip


LEAST_LOGPROB = -9999.0
"""OpenAI's word for a token of no probability; others say minus infinity."""


class Function(msgspec.Struct):
    """What a tool call calls."""

    name: str | None = None
    arguments: Any = None


class Call(msgspec.Struct):
    """A tool call, or a piece of one."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None


class Said(msgspec.Struct):
    """The message of a choice, or a piece of it."""

    content: str | list[Any] | None = None
    refusal: str | None = None
    tool_calls: list[Call] | None = None


class Token(msgspec.Struct):
    """A token of the answer."""

    logprob: float | None = None


class Logprobs(msgspec.Struct):
    """Tokens with their logarithms of probabilities."""

    content: list[Token] | None = None


class Choice(msgspec.Struct):
    """One answer: ``message`` when it comes whole, ``delta`` when in pieces."""

    message: Said | None = None
    delta: Said | None = None
    finish_reason: str | None = None
    logprobs: Logprobs | None = None


class Usage(msgspec.Struct):
    """Tokens, as the server counts them."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Completion(msgspec.Struct):
    """A response, or one event of a stream."""

    choices: list[Choice] | None = None
    usage: Usage | None = None
    error: Any = None


class Malformed(Exception):
    """A body is not what the wire format says; the text tells how."""


_decoder = msgspec.json.Decoder(Completion)


def decoded(body: bytes) -> Completion:
    """A response's body.

    Raises:
        Malformed: it is not JSON, or not of this shape.
    """
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:  # lone surrogates and NaN, which some servers send
        return msgspec.convert(json.loads(body.decode("utf-8", "replace")), Completion)
    except msgspec.ValidationError as error:
        raise Malformed(f"the answer is not in OpenAI's format ({error})") from None
    except (ValueError, RecursionError):
        raise Malformed("the answer is not valid JSON") from None


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
    found |= spec.options
    return {name: value for name, value in found.items() if value is not None}


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


def text_of(content: str | list[Any] | None) -> str:
    """The text of an answer: of its parts that are text, where it comes in parts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    parts = [part.get("text") for part in content if isinstance(part, dict)]
    return "".join(part for part in parts if isinstance(part, str))


def arguments_of(value: Any) -> str:
    """Arguments of a tool call as JSON text."""
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


def finish_of(reason: str | None) -> Finish:
    """Why an answer ended, in our words."""
    return _FINISHES.get(reason or "", "other")


def logprobs_of(choice: Choice) -> list[float]:
    """Logarithms of the probabilities of a choice's tokens, none below ``LEAST_LOGPROB``."""
    tokens = (choice.logprobs.content if choice.logprobs else None) or []
    return [max(t.logprob, LEAST_LOGPROB) for t in tokens if t.logprob is not None]


def tokens_of(usage: Usage | None) -> Tokens:
    """What the server counted."""
    if usage is None:
        return Tokens()
    return Tokens(prompt=usage.prompt_tokens, completion=usage.completion_tokens)


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
        logprobs=tuple(logprobs_of(choice)),
        tokens=tokens_of(found.usage),
        seconds=seconds,
    )
