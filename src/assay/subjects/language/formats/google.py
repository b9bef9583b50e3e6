"""Google's generateContent, of the Gemini API and of Vertex AI.

Reference: Gemini API, "Generating content" (ai.google.dev/api/generate-content), v1beta.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from assay.core.exchange import Tokens
from assay.subjects.language.formats.assembly import Assembly, Tool
from assay.subjects.language.formats.completions import LEAST_LOGPROB
from assay.subjects.language.formats.events import Events
from assay.subjects.language.formats.parts import (
    Picture,
    arguments_of,
    blocks_of,
    count,
    system_of,
    text_of,
    turns,
)
from assay.subjects.language.formats.protocol import ErrorInBody, Malformed
from assay.subjects.language.formats.reading import decoded, json_text
from assay.subjects.language.formats.sampling import with_options, without_nulls
from assay.subjects.language.reply import Reply

if TYPE_CHECKING:
    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Finish, Message

_GROUP = "generationConfig"
_FINISHES: dict[str, Finish] = {
    "STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter",
    "RECITATION": "content_filter", "BLOCKLIST": "content_filter", "SPII": "content_filter",
    "PROHIBITED_CONTENT": "content_filter", "IMAGE_SAFETY": "content_filter",
}  # fmt: skip


class Call(msgspec.Struct):
    """A tool call."""

    name: str | None = None
    args: Any = None
    id: str | None = None


class Part(msgspec.Struct, rename="camel"):
    """A part of an answer; ``thought`` marks what is none."""

    text: str | None = None
    thought: bool = False
    function_call: Call | None = None


class Content(msgspec.Struct):
    """Parts."""

    parts: list[Part] | None = None


class Chosen(msgspec.Struct, rename="camel"):
    """A token of the answer."""

    log_probability: float | None = None


class LogprobsResult(msgspec.Struct, rename="camel"):
    """Tokens with their logarithms of probabilities."""

    chosen_candidates: list[Chosen] | None = None


class Candidate(msgspec.Struct, rename="camel"):
    """One answer, or a piece of it."""

    content: Content | None = None
    finish_reason: str | None = None
    logprobs_result: LogprobsResult | None = None


class Usage(msgspec.Struct, rename="camel"):
    """Tokens; the cached ones are among the prompt's, thoughts are not among the answer's."""

    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    cached_content_token_count: int | None = None


class Feedback(msgspec.Struct, rename="camel"):
    """What the filter says of the prompt."""

    block_reason: str | None = None


class Response(msgspec.Struct, rename="camel"):
    """A response, or one event of a stream."""

    candidates: list[Candidate] | None = None
    prompt_feedback: Feedback | None = None
    usage_metadata: Usage | None = None
    error: Any = None


_response = msgspec.json.Decoder(Response)


def tokens_of(usage: Usage | None) -> Tokens:
    """What the server counted."""
    if usage is None:
        return Tokens()
    return Tokens(
        prompt=count(usage.prompt_token_count, usage.tool_use_prompt_token_count),
        completion=count(usage.candidates_token_count, usage.thoughts_token_count),
        cached=usage.cached_content_token_count,
    )


class Pieces(Assembly):
    """An answer, of one response or of many: each event is a response of its own."""

    def add(self, data: bytes) -> None:
        """Take in the data of one event."""
        found = decoded(data, _response, "Google's")
        if found.error is not None:
            self.error = found.error
            return
        if found.usage_metadata is not None:
            self.tokens = tokens_of(found.usage_metadata)
        if found.prompt_feedback is not None and found.prompt_feedback.block_reason:
            self.finish, self.complete = "content_filter", True
        if found.candidates:
            self._candidate(found.candidates[0])

    def _candidate(self, answer: Candidate) -> None:
        for part in (answer.content.parts if answer.content else None) or ():
            if part.text:
                (self.thoughts if part.thought else self.texts).append(part.text)
                self.begun = self.begun or not part.thought
            if (call := part.function_call) is not None:
                arguments = json_text(call.args if call.args is not None else {})
                self.tools[len(self.tools)] = Tool(call.id or "", call.name or "", arguments)
                self.begun = True
        for token in (answer.logprobs_result and answer.logprobs_result.chosen_candidates) or ():
            if token.log_probability is not None:
                self.logprobs.append(max(token.log_probability, LEAST_LOGPROB))
        if answer.finish_reason is not None:
            found = _FINISHES.get(answer.finish_reason, "other")
            self.finish = "tool_calls" if found == "stop" and self.tools else found
            self.complete = True


def blocks(message: Message) -> list[dict[str, Any]]:
    """The parts of a turn. The result of a tool goes by the tool's name, not by the call's id."""
    if message.role == "tool":
        result: dict[str, Any] = {
            "name": message.name or message.tool_call_id,
            "response": {"result": text_of(message)},
        }
        if message.tool_call_id:
            result["id"] = message.tool_call_id
        return [{"functionResponse": result}]
    return blocks_of(message, lambda text: {"text": text}, _picture) + [
        {
            "functionCall": without_nulls(
                {"name": c.name, "args": arguments_of(c), "id": c.id or None}
            )
        }
        for c in message.tool_calls
    ]


def _picture(picture: Picture) -> dict[str, Any]:
    if picture.url:
        return {"fileData": {"fileUri": picture.url}}
    return {"inlineData": {"mimeType": picture.media, "data": picture.data}}


class Google:
    """Google's format, as a :class:`~assay.subjects.language.formats.protocol.WireFormat`."""

    name = "google"

    def suffix(self, spec: LanguageModelSpec) -> str:
        """The model and what it is to do stand in the path."""
        model = spec.model if "/" in spec.model else f"models/{spec.model}"
        verb = "streamGenerateContent" if spec.stream else "generateContent"
        return f"/{quote(model, safe='/')}:{verb}"

    def query(self, spec: LanguageModelSpec) -> str:
        """Server-sent events in place of one long list."""
        return "alt=sse" if spec.stream else ""

    def key_headers(self, key: str) -> dict[str, str]:
        """The vendor's own header: a key in the query would stand in logs."""
        return {"x-goog-api-key": key}

    def headers(self) -> dict[str, str]:
        """None of its own."""
        return {}

    def fixed(self, spec: LanguageModelSpec) -> dict[str, Any]:
        """The sampling has a place of its own in the body."""
        sampling: dict[str, Any] = {
            "temperature": spec.temperature,
            "topP": spec.top_p,
            "maxOutputTokens": spec.max_tokens,
            "stopSequences": list(spec.stop) or None,
            "seed": spec.seed,
            "responseLogprobs": True if spec.logprobs else None,
        }
        return with_options({_GROUP: sampling}, spec.options, _GROUP)

    def body(self, fixed: dict[str, Any], messages: tuple[Message, ...]) -> bytes:
        """The body of a request."""
        found = {**fixed, "contents": turns(messages, blocks, "model", inside="parts")}
        if system := system_of(messages):
            found["systemInstruction"] = {"parts": [{"text": system}]}
        return msgspec.json.encode(found)

    def reply(self, content: bytes, *, seconds: float) -> Reply:
        """The reply in a whole response. A prompt that the filter refused has an answer: none."""
        answer = Pieces()
        answer.add(content)
        if answer.error is not None:
            raise ErrorInBody(answer.error)
        if not answer.complete:
            raise Malformed("the response holds no answer")
        return answer.reply(seconds=seconds, first_token_s=None)

    def cutter(self) -> Events:
        """Server-sent events."""
        return Events()

    def assembly(self) -> Pieces:
        """Put together response by response."""
        return Pieces()
