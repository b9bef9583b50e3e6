"""A server of language models on a free port, in a thread or in a process of its own.

    python tests/servers/endpoint.py [--after 0.02] [--limited 0.1] [--broken 0.05]

prints its address, answers each call after that many seconds, and says at ``/seen`` how many
calls there were, how many are in flight, the most at once, and when the first came (seconds since
1970). Of the calls it refuses the stated shares, drawn at random: with 429 and a second to wait,
and with 500.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from tests.servers.behaviours import Behaviour

Chooser = Callable[[dict[str, Any], int], "Behaviour"]


@dataclass
class Call:
    """One call, as it arrived."""

    headers: dict[str, str]
    body: dict[str, Any]
    path: str
    at: float
    since_1970: float = field(default_factory=time.time)


@dataclass
class Served:
    """A server while it runs.

    Attributes:
        url: the base address, as a suite names it.
        calls: that arrived, in order.
        most: calls that were in flight at once.
    """

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    flying: int = 0
    most: int = 0

    def asked(self) -> list[str]:
        """The last turn's text of each call."""
        return [call.body["messages"][-1]["content"] for call in self.calls]


def application(served: Served, choose: Chooser, *, keep: bool = True) -> web.Application:
    """The application that notes each call and does with it what is chosen."""

    async def chat(request: web.Request) -> web.StreamResponse:
        served.flying += 1
        served.most = max(served.most, served.flying)
        try:
            body = await request.json()
            number = len(served.calls)
            at = asyncio.get_running_loop().time()
            kept = (dict(request.headers), body) if keep else ({}, {})
            served.calls.append(Call(*kept, request.raw_path, at))
            return await choose(body, number)(request, body)
        finally:
            served.flying -= 1

    async def seen(_request: web.Request) -> web.Response:
        first = served.calls[0].since_1970 if served.calls else None
        told = {"calls": len(served.calls), "flying": served.flying, "most": served.most}
        return web.json_response(told | {"first": first})

    app = web.Application(client_max_size=64 * 2**20)
    app.router.add_post("/{path:.*}", chat)
    app.router.add_get("/seen", seen)
    return app


async def _listen(app: web.Application) -> tuple[web.AppRunner, int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, int(runner.addresses[0][1])


@contextmanager
def serving(choose: Chooser | None = None, *script: Behaviour) -> Iterator[Served]:
    """A server in a thread: it follows the script, then does what is chosen (echo, by itself)."""
    from tests.servers.behaviours import echoes

    def next_of(body: dict[str, Any], number: int) -> Behaviour:
        if number < len(script):
            return script[number]
        return choose(body, number) if choose is not None else echoes()

    served, ready = Served(), threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        runner, port = await _listen(application(served, next_of))
        served.url = f"http://127.0.0.1:{port}/v1"
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


async def _run(after_s: float, limited: float, broken: float) -> None:
    content = (
        b'{"id":"c","object":"chat.completion","model":"mock","choices":[{"index":0,"message":'
        b'{"role":"assistant","content":"Paris"},"finish_reason":"stop"}],'
        b'"usage":{"prompt_tokens":20,"completion_tokens":1,"total_tokens":21}}'
    )

    draw = random.Random(0)
    error = b'{"error":{"message":"no","type":"server_error"}}'

    async def behave(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        drawn = draw.random()
        await asyncio.sleep(after_s)
        if drawn < limited + broken:
            status, wait = (429, {"Retry-After": "1"}) if drawn < limited else (500, {})
            return web.Response(
                body=error, status=status, headers=wait, content_type="application/json"
            )
        return web.Response(body=content, content_type="application/json")

    _, port = await _listen(application(Served(), lambda _body, _number: behave, keep=False))
    print(f"http://127.0.0.1:{port}/v1", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--after", type=float, default=0.02)
    parser.add_argument("--limited", type=float, default=0.0)
    parser.add_argument("--broken", type=float, default=0.0)
    asked = parser.parse_args()
    asyncio.run(_run(asked.after, asked.limited, asked.broken))
