"""A real HTTP server on this machine that answers as it is told, and writes down what it got."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

CERTIFICATE = Path(__file__).with_name("self_signed.pem")


@dataclass
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class Receiver:
    """Answers in the order given; the last one is repeated.

    An answer is a status, a status with headers, or what to do with the handler.
    """

    answers: list[Any]
    got: list[Got] = field(default_factory=list)
    url: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        body = handler.rfile.read(length)
        self.got.append(Got(handler.path, headers, body, time.monotonic()))
        answer = self.answers[min(len(self.got), len(self.answers)) - 1]
        if callable(answer):
            answer(handler)
            return
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", "0")
        handler.end_headers()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what some tests are about."""


@pytest.fixture
def receiver() -> Iterator[Callable[..., Receiver]]:
    """Start a receiver with its answers; ``tls`` serves a certificate that nobody vouches for."""
    servers: list[_Quiet] = []

    def start(*answers: Any, tls: bool = False) -> Receiver:
        found = Receiver(list(answers))

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                found.answer(self)

            def do_GET(self) -> None:
                found.answer(self)

            def log_message(self, *_: object) -> None: ...

        server = _Quiet(("127.0.0.1", 0), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        found.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/hook?a=b"
        return found

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
