"""What OpenAI's chat completions hold: records of a response, and of one event of a stream.

Servers vary: fields may be missing or null, ``content`` may be a list of parts, arguments of a tool
call an object. What can be read without guessing is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.exchange import Tokens
from assay.subjects.language.formats.reading import decoded

if TYPE_CHECKING:
    from assay.core.exchange import Finish

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
    reasoning_content: str | None = None
    """What the model thought, as DeepSeek, vLLM and llama.cpp name it."""


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


class Details(msgspec.Struct):
    """What the tokens of a prompt were."""

    cached_tokens: int | None = None


class Usage(msgspec.Struct):
    """Tokens, as the server counts them."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: Details | None = None


class Completion(msgspec.Struct):
    """A response, or one event of a stream."""

    choices: list[Choice] | None = None
    usage: Usage | None = None
    error: Any = None


_decoder = msgspec.json.Decoder(Completion)


def completion(body: bytes) -> Completion:
    """A response's body, or the data of an event.

    Raises:
        Malformed: it is not JSON, or not of this shape.
    """
    return decoded(body, _decoder, "OpenAI's")


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
    details = usage.prompt_tokens_details
    return Tokens(
        prompt=usage.prompt_tokens,
        completion=usage.completion_tokens,
        cached=details.cached_tokens if details is not None else None,
    )
