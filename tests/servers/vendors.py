"""Answers as the vendors' servers word them: Anthropic, Google, Amazon Bedrock."""

from __future__ import annotations

import binascii
import json
import struct
from typing import Any

from tests.servers.behaviours import Behaviour, body, raw, streams

ANTHROPIC_USAGE = {
    "input_tokens": 10, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 5,
    "output_tokens": 2,
}  # fmt: skip


def message(*content: dict[str, Any], stop: str = "end_turn") -> Behaviour:
    """A whole answer of Anthropic's."""
    return body(
        {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude",
            "content": list(content), "stop_reason": stop, "stop_sequence": None,
            "usage": ANTHROPIC_USAGE,
        }
    )  # fmt: skip


def anthropic_refuses(status: int, kind: str, words: str, **headers: str) -> Behaviour:
    """An error of Anthropic's."""
    error = {"type": kind, "message": words}
    return body({"type": "error", "error": error, "request_id": "r"}, status=status, **headers)


def anthropic_event(kind: str, **more: Any) -> bytes:
    """One event of Anthropic's stream."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()


def anthropic_pieces() -> list[bytes]:
    """A stream with a thought, a text and a tool call."""
    start = {"id": "m", "type": "message", "role": "assistant", "content": [], "stop_reason": None}
    usage = ANTHROPIC_USAGE | {"output_tokens": 1}

    def begins(index: int, block: dict[str, Any]) -> bytes:
        return anthropic_event("content_block_start", index=index, content_block=block)

    def goes_on(index: int, kind: str, **delta: str) -> bytes:
        return anthropic_event("content_block_delta", index=index, delta={"type": kind, **delta})

    return [
        anthropic_event("message_start", message=start | {"usage": usage}),
        anthropic_event("ping"),
        begins(0, {"type": "thinking", "thinking": "", "signature": ""}),
        goes_on(0, "thinking_delta", thinking="Hm."),
        goes_on(0, "signature_delta", signature="EqQB"),
        anthropic_event("content_block_stop", index=0),
        begins(1, {"type": "text", "text": ""}),
        goes_on(1, "text_delta", text="Let me "),
        goes_on(1, "text_delta", text="look."),
        anthropic_event("content_block_stop", index=1),
        begins(2, {"type": "tool_use", "id": "t1", "name": "look", "input": {}}),
        goes_on(2, "input_json_delta", partial_json=""),
        goes_on(2, "input_json_delta", partial_json='{"at":'),
        goes_on(2, "input_json_delta", partial_json=" 1}"),
        anthropic_event("content_block_stop", index=2),
        anthropic_event(
            "message_delta", delta={"stop_reason": "tool_use", "stop_sequence": None},
            usage={"output_tokens": 2},
        ),
        anthropic_event("message_stop"),
    ]  # fmt: skip


GOOGLE_USAGE = {
    "promptTokenCount": 18, "cachedContentTokenCount": 5, "candidatesTokenCount": 2,
    "thoughtsTokenCount": 7, "totalTokenCount": 27,
}  # fmt: skip


def candidate(*parts: dict[str, Any], finish: str | None = "STOP", **more: Any) -> dict[str, Any]:
    """A response of Google's, or an event of its stream."""
    found: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0, **more}
    if finish:
        found["finishReason"] = finish
    return {"candidates": [found], "usageMetadata": GOOGLE_USAGE, "modelVersion": "gemini"}


def google_refuses(
    status: int, state: str, words: str, *details: dict[str, Any], **headers: str
) -> Behaviour:
    """An error of Google's."""
    error = {"code": status, "message": words, "status": state, "details": list(details)}
    return body({"error": error}, status=status, **headers)


def google_streams(*responses: dict[str, Any]) -> Behaviour:
    """A stream of Google's: its lines end as those of DOS do."""
    return streams(*(b"data: " + json.dumps(r).encode() + b"\r\n\r\n" for r in responses))


BEDROCK_USAGE = {
    "inputTokens": 10, "cacheReadInputTokens": 5, "cacheWriteInputTokens": 3, "outputTokens": 2,
    "totalTokens": 20,
}  # fmt: skip


def converse(*content: dict[str, Any], stop: str = "end_turn") -> Behaviour:
    """A whole answer of Bedrock's."""
    said = {"role": "assistant", "content": list(content)}
    return body(
        {"output": {"message": said}, "stopReason": stop, "usage": BEDROCK_USAGE,
         "metrics": {"latencyMs": 5}}
    )  # fmt: skip


def bedrock_refuses(status: int, kind: str, words: str) -> Behaviour:
    """An error of AWS's: its kind stands in a header."""
    return body({"message": words}, status=status, x_amzn_ErrorType=f"{kind}:http://aws/doc")


def frame(kind: str, content: dict[str, Any], *, exception: bool = False) -> bytes:
    """One message of ``application/vnd.amazon.eventstream``, from its specification.

    Lengths of the whole and of the headers, a CRC of both, the headers (length, name, type 7,
    length, text), the content, and a CRC of all before it.
    """
    heads = {
        ":exception-type" if exception else ":event-type": kind,
        ":content-type": "application/json",
        ":message-type": "exception" if exception else "event",
    }
    headers = b"".join(
        struct.pack(">B", len(name)) + name.encode() + b"\x07"
        + struct.pack(">H", len(value)) + value.encode()
        for name, value in heads.items()
    )  # fmt: skip
    payload = json.dumps(content).encode()
    prelude = struct.pack(">II", 12 + len(headers) + len(payload) + 4, len(headers))
    whole = prelude + struct.pack(">I", binascii.crc32(prelude)) + headers + payload
    return whole + struct.pack(">I", binascii.crc32(whole))


def bedrock_frames() -> list[bytes]:
    """A stream with a thought, a text and a tool call."""
    use = {"toolUseId": "t1", "name": "look"}

    def goes_on(index: int, **delta: Any) -> bytes:
        return frame("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})

    return [
        frame("messageStart", {"role": "assistant"}),
        goes_on(0, reasoningContent={"text": "Hm."}),
        frame("contentBlockStop", {"contentBlockIndex": 0}),
        goes_on(1, text="Let me "),
        goes_on(1, text="look."),
        frame("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": use}}),
        goes_on(2, toolUse={"input": '{"at":'}),
        goes_on(2, toolUse={"input": " 1}"}),
        frame("messageStop", {"stopReason": "tool_use"}),
        frame("metadata", {"usage": BEDROCK_USAGE, "metrics": {"latencyMs": 9}}),
    ]


def bedrock_streams(*frames: bytes) -> Behaviour:
    """A stream of Bedrock's, sent at once."""
    return raw(b"".join(frames), kind="application/vnd.amazon.eventstream")
