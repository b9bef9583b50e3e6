"""Delivery, against servers that hang, redirect, fail, hang up, or are not who they say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from assay.core.check import WebhookSpec
from assay.notify.signature import signature
from assay.notify.webhook import Delivery, deliver

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.server import BaseHTTPRequestHandler

    from tests.notify.conftest import Receiver

    Start = Callable[..., Receiver]

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'


def send(url: str, **more: Any) -> Delivery:
    spec = WebhookSpec(url=url, **{"timeout_s": 2.0, "attempts": 3, **more})
    return deliver(spec, BODY, message_id="msg_1")


def test_the_signature_of_the_published_example() -> None:
    """The vector of the reference implementation's tests (standard-webhooks, Python and others)."""
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    for secret in (SECRET, SECRET.removeprefix("whsec_")):
        assert signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY) == expected


def test_what_is_sent(receiver: Start) -> None:
    server = receiver(204)
    before = int(time.time())
    assert send(server.url, secret=SECRET) == Delivery(True, 1, 204, "")
    (got,) = server.got
    assert got.path == "/hook?a=b"
    assert got.body == BODY
    assert got.headers["content-type"] == "application/json"
    assert got.headers["webhook-id"] == "msg_1"
    stamp = int(got.headers["webhook-timestamp"])
    assert before <= stamp <= time.time()
    # Verified as a receiver does, from what arrived.
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = b"msg_1." + str(stamp).encode() + b"." + got.body
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{digest}"


def test_without_a_secret_nothing_is_signed(receiver: Start) -> None:
    server = receiver(200)
    assert send(server.url).delivered
    assert "webhook-signature" not in server.got[0].headers
    assert "authorization" not in server.got[0].headers


def test_credentials_of_the_address_become_a_header(receiver: Start) -> None:
    server = receiver(200)
    assert send(server.url.replace("://", "://us%40er:pass%3Aword@")).delivered
    expected = base64.b64encode(b"us@er:pass:word").decode()
    assert server.got[0].headers["authorization"] == f"Basic {expected}"
    assert "pass" not in server.got[0].path


def test_a_server_that_recovers_is_told(receiver: Start) -> None:
    server = receiver(500, 503, 200)
    assert send(server.url, secret=SECRET) == Delivery(True, 3, 200, "")
    assert len({got.headers["webhook-id"] for got in server.got}) == 1
    first, second, third = (got.at for got in server.got)
    assert 0.25 <= second - first < 1.0
    assert 0.5 <= third - second < 1.5


def test_a_server_that_does_not_is_given_up(receiver: Start) -> None:
    server = receiver(502)
    assert send(server.url, attempts=2) == Delivery(False, 2, 502, "it answered with status 502")
    assert len(server.got) == 2


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
def test_a_refusal_is_final(receiver: Start, status: int) -> None:
    server = receiver(status, 200)
    assert send(server.url) == Delivery(False, 1, status, f"it answered with status {status}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Start, status: int) -> None:
    target = receiver(200)
    server = receiver((status, {"Location": target.url}))
    delivery = send(server.url)
    assert (delivery.delivered, delivery.attempts, delivery.status) == (False, 1, status)
    assert delivery.reason == f"it answered with a redirect ({status}), which is not followed"
    assert target.got == []


def test_too_many_requests_waits_as_asked(receiver: Start) -> None:
    server = receiver((429, {"Retry-After": "2"}), 200)
    assert send(server.url) == Delivery(True, 2, 200, "")
    assert 2.0 <= server.got[1].at - server.got[0].at < 4.0


def test_a_date_to_wait_for(receiver: Start) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    server = receiver((503, {"Retry-After": then}), 200)
    assert send(server.url).delivered
    assert 1.5 <= server.got[1].at - server.got[0].at < 4.0


@pytest.mark.parametrize("asked", ["soon", "-5", "1e9", "", "Mon, 99 Nov 2026 00:00:00 GMT"])
def test_a_wait_that_cannot_be_read(receiver: Start, asked: str) -> None:
    server = receiver((429, {"Retry-After": asked}), 200)
    assert send(server.url).delivered
    assert server.got[1].at - server.got[0].at < 1.5


def test_no_server_may_ask_for_more_than_the_most(
    receiver: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.notify.webhook.MOST_WAIT_S", 0.8)
    server = receiver((429, {"Retry-After": "86400"}), 200)
    assert send(server.url).delivered
    assert server.got[1].at - server.got[0].at < 2.0


def test_the_whole_is_bounded(receiver: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.notify.webhook.TOTAL_S", 1.5)
    server = receiver((503, {"Retry-After": "1"}))
    start = time.monotonic()
    delivery = send(server.url, attempts=10)
    assert time.monotonic() - start < 2.5
    assert not delivery.delivered
    assert 1 <= delivery.attempts < 10


def test_a_server_that_hangs_ends_by_the_timeout(receiver: Start) -> None:
    server = receiver(lambda handler: time.sleep(5))
    start = time.monotonic()
    delivery = send(server.url, timeout_s=0.4, attempts=2)
    assert time.monotonic() - start < 2.0
    assert delivery == Delivery(False, 2, None, "there was no answer in 0.4 s")


def test_a_server_that_drips_ends_by_the_timeout_too(receiver: Start) -> None:
    """Each byte comes within the timeout of a socket; the whole answer does not."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        for byte in b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 20:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(0.1)

    server = receiver(drip)
    start = time.monotonic()
    delivery = send(server.url, timeout_s=0.5, attempts=1)
    assert time.monotonic() - start < 1.5
    assert delivery == Delivery(False, 1, None, "there was no answer in 0.5 s")


def test_a_connection_that_is_closed_is_tried_again(receiver: Start) -> None:
    def close(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)

    server = receiver(close, 200)
    assert send(server.url) == Delivery(True, 2, 200, "")
    gone = send(receiver(close).url, attempts=1)
    assert not gone.delivered
    assert gone.status is None
    assert "RemoteDisconnected" in gone.reason or "connection" in gone.reason


def test_what_is_not_http(receiver: Start) -> None:
    def babble(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"220 mail.example.org ESMTP\r\n\r\n")

    assert send(receiver(babble).url, attempts=1).reason == "the answer is not HTTP (BadStatusLine)"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    delivery = send(f"http://127.0.0.1:{port}/", attempts=2)
    assert delivery == Delivery(False, 2, None, "the connection failed: connection refused")


def test_a_host_that_there_is_not() -> None:
    delivery = send("https://no-such-host.invalid/hush", attempts=1)
    assert not delivery.delivered
    assert delivery.status is None
    assert "hush" not in delivery.reason
    assert "invalid" not in delivery.reason
    assert send("https://a..b/", attempts=3).attempts == 1


def test_a_certificate_that_nobody_vouches_for(receiver: Start) -> None:
    server = receiver(200, tls=True)
    delivery = send(server.url, secret=SECRET)
    assert delivery == Delivery(
        False, 1, None, "the certificate is not valid: self-signed certificate"
    )
    assert server.got == []  # nothing was said to whoever it is


def test_plain_text_where_tls_is_due(receiver: Start) -> None:
    server = receiver(200)
    delivery = send(server.url.replace("http://", "https://"), attempts=1)
    assert not delivery.delivered
    assert delivery.reason.startswith("the connection failed")


def test_proxies_of_the_environment_are_not_used(
    receiver: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, server = receiver(200), receiver(200)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    assert send(server.url).delivered
    assert proxy.got == []


def test_no_thread_is_left_behind(receiver: Start) -> None:
    server = receiver(lambda handler: time.sleep(3))
    send(server.url, timeout_s=0.3, attempts=2)
    until = time.monotonic() + 1
    while time.monotonic() < until and _ours():
        time.sleep(0.02)
    assert _ours() == []


def _ours() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("assay-webhook")]
