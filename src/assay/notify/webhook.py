"""Delivery of one message: an HTTP POST to the host that the suite names, and to no other.

Tried again, with growing waits, where that may help: no connection, no answer in time, 429 and 5xx.
Not tried again: any other answer, among them a redirect, which is not followed, and a certificate
that is not valid. Proxies of the environment are not used. Nothing of the answer but its status is
read, and neither the address nor the secret is in anything that is said or kept.
"""

from __future__ import annotations

import base64
import secrets
import socket
import time
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from assay.notify.signature import signature

if TYPE_CHECKING:
    import http.client

    from assay.core.check import WebhookSpec

FIRST_WAIT_S, MOST_WAIT_S, TOTAL_S = 0.5, 30.0, 180.0
"""Waits double from the first up to the most, also where a server asks for longer; after the total
nothing more is tried, whatever the suite says."""
_AGENT = "assay-webhook/1"


@dataclass(frozen=True)
class Delivery:
    """How it went.

    Attributes:
        attempts: how often it was tried.
        status: of the last answer; None where there was none.
        reason: why it was not delivered; "" where it was.
    """

    delivered: bool
    attempts: int
    status: int | None
    reason: str


@dataclass(frozen=True)
class _Answer:
    """What one attempt came to: a status, or a reason why there is none."""

    status: int | None = None
    reason: str = ""
    again: bool = True
    wait_s: float | None = None


def deliver(spec: WebhookSpec, body: bytes, *, message_id: str) -> Delivery:
    """POST the body until it is taken, refused for good, or there is no attempt or time left.

    Args:
        message_id: the same for the same event, so that a receiver can tell a repetition.
    """
    until = time.monotonic() + TOTAL_S
    answer = _Answer(reason="there was no time for an attempt")
    attempts = 0
    while attempts < spec.attempts and (left := until - time.monotonic()) > 0:
        attempts += 1
        answer = _attempt(spec, body, message_id, min(spec.timeout_s, left))
        if answer.status is not None and 200 <= answer.status < 300:
            return Delivery(True, attempts, answer.status, "")
        if not answer.again or attempts == spec.attempts:
            break
        backoff = min(MOST_WAIT_S, FIRST_WAIT_S * 2 ** (attempts - 1))
        # Jitter, so that many runs that failed together do not come back together.
        wait = backoff * (0.5 + secrets.randbelow(1000) / 2000)
        wait = max(wait, min(MOST_WAIT_S, answer.wait_s or 0.0))
        time.sleep(max(0.0, min(wait, until - time.monotonic())))
    return Delivery(False, attempts, answer.status, answer.reason or _refusal(answer.status))


def _attempt(spec: WebhookSpec, body: bytes, message_id: str, timeout_s: float) -> _Answer:
    """One attempt, which ends in time whatever the other side does.

    A socket's own timeout starts anew with every byte, and looking up a name has none, so the
    attempt runs in a thread that is not waited for longer.
    """
    found: list[_Answer] = []
    post = _Post(spec, body, message_id, timeout_s)
    thread = Thread(target=lambda: found.append(post.send()), daemon=True, name="assay-webhook")
    thread.start()
    thread.join(timeout_s)
    if found:
        return found[0]
    post.abort()
    return _Answer(reason=f"there was no answer in {timeout_s:g} s")


class _Post:
    """One request on a connection of its own."""

    def __init__(self, spec: WebhookSpec, body: bytes, message_id: str, timeout_s: float) -> None:
        self._spec = spec
        self._body = body
        self._message_id = message_id
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def send(self) -> _Answer:
        """Send it and read the status."""
        import http.client
        import ssl

        parts = urlsplit(self._spec.url)
        target = parts.path or "/"
        if parts.query:
            target += f"?{parts.query}"
        try:
            self._connection = connection = self._connect()
            connection.request("POST", target, body=self._body, headers=self._headers())
            answer = connection.getresponse()
            return _judged(answer.status, answer.headers.get("Retry-After"))
        except ssl.SSLCertVerificationError as error:
            said = error.verify_message.partition(",")[0]  # what follows may name the host
            reason = f"the certificate is not valid: {said.lower()}"
            return _Answer(reason=reason, again=False)
        except TimeoutError:
            return _Answer(reason=f"there was no answer in {self._timeout_s:g} s")
        except UnicodeError:
            return _Answer(reason="the host's name is not one", again=False)
        except socket.gaierror:
            return _Answer(reason="the host's name is not known")
        except http.client.HTTPException as error:
            return _Answer(reason=f"the answer is not HTTP ({type(error).__name__})")
        except OSError as error:
            said = error.strerror or type(error).__name__
            return _Answer(reason=f"the connection failed: {said.lower()}")
        finally:
            if self._connection is not None:
                self._connection.close()

    def abort(self) -> None:
        """Cut the connection, so that the thread that waits on it ends."""
        connected = self._connection.sock if self._connection is not None else None
        if connected is not None:
            try:
                connected.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it has ended by itself

    def _connect(self) -> http.client.HTTPConnection:
        import http.client
        import ssl

        parts = urlsplit(self._spec.url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=context)
        return http.client.HTTPConnection(host, port, timeout=self._timeout_s)

    def _headers(self) -> dict[str, str]:
        now = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": _AGENT,
            "webhook-id": self._message_id,
            "webhook-timestamp": str(now),
        }
        if self._spec.secret is not None:
            headers["webhook-signature"] = signature(
                self._spec.secret, self._message_id, now, self._body
            )
        parts = urlsplit(self._spec.url)
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return headers


def _judged(status: int, retry_after: str | None) -> _Answer:
    """The answer with what it means for another attempt."""
    again = status == 429 or status >= 500
    return _Answer(status=status, again=again, wait_s=_seconds(retry_after) if again else None)


def _seconds(retry_after: str | None) -> float | None:
    """Seconds that a server asks to wait: a number, or a date (RFC 9110, 10.2.3)."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _refusal(status: int | None) -> str:
    if status is not None and 300 <= status < 400:
        return f"it answered with a redirect ({status}), which is not followed"
    return f"it answered with status {status}"
