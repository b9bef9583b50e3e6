"""What a server of chat completions may do with a call: answer, or one of the many ways to fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

Behaviour = Callable[[web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]
USAGE = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}


def completion(
    message: Mapping[str, Any], *, finish: str | None = "stop", **more: Any
) -> dict[str, Any]:
    """The body of a whole response."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion", "choices": [choice], "usage": USAGE, **more}


def says(text: str | None, *, finish: str = "stop", after_s: float = 0.0, **more: Any) -> Behaviour:
    """A whole answer, after a while; ``more`` goes into its message."""
    return body(completion({"content": text, **more}, finish=finish), after_s=after_s)


def echoes(*, after_s: float = 0.0) -> Behaviour:
    """The last turn's text as the answer."""

    async def behave(_request: web.Request, asked: dict[str, Any]) -> web.Response:
        await asyncio.sleep(after_s)
        return web.json_response(completion({"content": asked["messages"][-1]["content"]}))

    return behave


def body(content: Any, *, status: int = 200, after_s: float = 0.0, **headers: str) -> Behaviour:
    """JSON; ``_`` in the name of a header stands for ``-``."""
    text = json.dumps(content).encode()
    return raw(text, status=status, kind="application/json", after_s=after_s, **headers)


def raw(
    content: bytes, *, status: int = 200, kind: str = "application/json", after_s: float = 0.0,
    **headers: str,
) -> Behaviour:  # fmt: skip
    """Any bytes under any content type."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def behave(_request: web.Request, _asked: dict[str, Any]) -> web.Response:
        await asyncio.sleep(after_s)
        return web.Response(body=content, status=status, content_type=kind, headers=named)

    return behave


def refuses(status: int, message: str = "no", code: Any = None, **headers: str) -> Behaviour:
    """An error as OpenAI words it."""
    error = {"message": message, "type": "error", "code": code}
    return body({"error": error}, status=status, **headers)


def event(delta: Mapping[str, Any] | None = None, **choice: Any) -> bytes:
    """One event of a stream."""
    found = {"choices": [{"index": 0, "delta": delta or {}, "finish_reason": None, **choice}]}
    return b"data: " + json.dumps(found).encode() + b"\n\n"


def pieces_of(text: str) -> list[bytes]:
    """The events of a whole streamed answer, a letter each."""
    usage = b"data: " + json.dumps({"choices": [], "usage": USAGE}).encode() + b"\n\n"
    letters = [event({"content": letter}) for letter in text]
    return [event({"role": "assistant"}), *letters, event(finish_reason="stop"), usage,
            b"data: [DONE]\n\n"]  # fmt: skip


def streams(*pieces: bytes, every_s: float = 0.0, cut: bool = False) -> Behaviour:
    """Events, one after the other; ``cut`` breaks the connection in place of an end."""

    async def behave(request: web.Request, _asked: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for piece in pieces:
            await asyncio.sleep(every_s)
            await response.write(piece)
        if cut and request.transport is not None:
            request.transport.close()
        return response

    return behave


def drops() -> Behaviour:
    """The connection is broken before anything is said."""

    async def behave(request: web.Request, _asked: dict[str, Any]) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    return behave


def cuts_short() -> Behaviour:
    """Half of the body that was announced."""

    async def behave(request: web.Request, _asked: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        response.content_type = "application/json"
        await response.prepare(request)
        await response.write(b'{"choices": [')
        assert request.transport is not None
        request.transport.close()
        return response

    return behave
