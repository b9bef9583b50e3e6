"""What is asked of a language model, and what it answered."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Role = Literal["system", "developer", "user", "assistant", "tool"]

Finish = Literal["stop", "length", "content_filter", "tool_calls", "other"]
"""Why an answer ended: as it should, at the token limit, by a filter, to call tools."""


class ToolCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call that the model asked for; ``arguments`` is the JSON text as it came."""

    name: str
    arguments: str = ""
    id: str = ""


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One turn of a conversation.

    ``content`` is text, or the parts of a message as OpenAI's wire format has them (text, images);
    ``{"type": "image", "path": …}`` is an image of a file.
    """

    role: Role
    content: str | list[dict[str, Any]] | None = None
    name: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


class Image(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An image of a file: named and hashed, not held.

    Attributes:
        path: relative to the suite's folder.
        sha256: of its bytes, in hexadecimal digits.
        media: its media type, as its bytes say.
    """

    path: str
    sha256: str = ""
    media: str = ""


class Sample(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One question of a data set, with what is known of its answer.

    Attributes:
        id: identifies it in the data set; runs are paired by it.
        input: the question, as one user turn; "" where ``messages`` say all.
        messages: turns, in place of ``input`` or before it.
        images: that go with ``input``.
        target: answers that are right; any of them is. Empty where none is known.
        context: passages that the answer should rest on, and that the prompt may hold.
        choices: the options of a multiple choice question.
        cluster: samples of the same cluster (a source document) are not independent.
        metadata: what else the line holds; slices are taken from it.
    """

    id: str
    input: str = ""
    messages: tuple[Message, ...] = ()
    images: tuple[Image, ...] = ()
    target: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    cluster: str | None = None
    metadata: dict[str, Any] = {}


class Tokens(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tokens that a call took, as the server counts them; None where it does not say.

    Attributes:
        prompt: of the whole question, those that the server had cached included.
        completion: of the answer, and of what the model thought before it.
        cached: those of the prompt that the server took from its cache.
    """

    prompt: int | None = None
    completion: int | None = None
    cached: int | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came back of one call: an answer of the model, or why there is none.

    Attributes:
        unit: the sample's id; ``repeat`` counts from 0.
        text: of the answer; "" where it has none (an empty completion, tool calls alone).
        finish: why it ended.
        refusal: the text of a refusal, where the server marks it as one.
        tool_calls: that the model asked for.
        reasoning: what the model thought before it answered, where the server shows it.
        context: passages that an application looked up for this answer; scorers prefer them to
            those of the sample.
        logprobs: natural logarithms of the probabilities of the answer's tokens.
        tokens: of prompt and completion.
        cost: in the suite's currency; None where no price is known.
        seconds: of the call that was answered, from sending to the last byte; None where a file
            of answers does not say.
        first_token_s: seconds to the first piece of the answer (streaming only).
        attempts: calls made, this one included.
        cached: the answer was taken from the cache; no call was made.
        error: why there is no answer: the failure of a network or server, never the model's.
    """

    unit: str
    repeat: int = 0
    text: str = ""
    finish: Finish = "stop"
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    context: tuple[str, ...] = ()
    logprobs: tuple[float, ...] = ()
    tokens: Tokens = Tokens()
    cost: float | None = None
    seconds: float | None = 0.0
    first_token_s: float | None = None
    attempts: int = 1
    cached: bool = False
    error: str = ""


class Exchange(msgspec.Struct, frozen=True):
    """A sample and an answer to it."""

    sample: Sample
    answer: Answer

    @property
    def context(self) -> tuple[str, ...]:
        """The passages that the answer should rest on: those that the application under test
        looked up for it, or else those of the sample."""
        return self.answer.context or self.sample.context
