"""A language model behind an address that speaks OpenAI's wire format, on aiohttp."""

from __future__ import annotations

import hashlib
import io
import os
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from assay.core.errors import MissingExtraError, SubjectError
from assay.subjects.language.address import address_of
from assay.subjects.language.failures import LastingFailure, TemporaryFailure
from assay.subjects.language.refused import Filtered, Told, failure, status_of, told
from assay.subjects.language.reply import Reply
from assay.subjects.language.stream import Assembly, Events
from assay.subjects.language.text import Secrets, well_formed
from assay.subjects.language.wire import Malformed, body_of, decoded, fixed_fields, reply_of

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    import aiohttp

    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Message

_LARGEST = 32 * 2**20
"""Bytes of an answer: more is no answer but a mistake, and would fill the memory."""
_WHOLE = 2**20
"""Bytes of a question that are sent in one piece; aiohttp warns of more, which stalls others."""


def open_endpoint(spec: LanguageModelSpec) -> Endpoint:
    """The model at ``spec.url``. Nothing is sent yet.

    Raises:
        SubjectError: the address is none, or a header cannot be sent.
        MissingExtraError: aiohttp is not installed.
    """
    try:
        import aiohttp  # noqa: F401  # found out now, not at the first call
    except ImportError:
        raise MissingExtraError("aiohttp", "llm") from None
    return Endpoint(spec)


class Endpoint:
    """A :class:`~assay.subjects.language.model.LanguageModel` behind HTTP.

    Redirects are not followed, so the key goes to the host of the address alone.
    """

    def __init__(self, spec: LanguageModelSpec) -> None:
        self._spec = spec
        self._address = address_of(spec)
        self._secrets = Secrets(self._address.secrets)
        self._fixed = fixed_fields(spec)
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"Endpoint({self.description})"

    @property
    def description(self) -> str:
        """Model and address, without secrets."""
        model = self._spec.model
        return f"{model} at {self._address.shown}" if model else self._address.shown

    @property
    def fingerprint(self) -> str:
        """Hash of address, model, sampling and prompt; no secret is in it."""
        asked = (self._address.shown, self._fixed, self._spec.system, self._spec.template)
        content = msgspec.json.encode(asked, order="deterministic")
        return f"sha256:{hashlib.sha256(b'assay.endpoint/1' + content).hexdigest()}"

    async def __aenter__(self) -> Self:
        import aiohttp
        from yarl import URL

        self._url = URL(self._address.url)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._address.headers,
            timeout=aiohttp.ClientTimeout(total=self._spec.timeout_s),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(self, messages: tuple[Message, ...]) -> Reply:
        """One call of ``chat/completions``."""
        import aiohttp

        assert self._session is not None, "a language model is asked within its context"
        body = body_of(self._fixed, messages)
        data = body if len(body) < _WHOLE else io.BytesIO(body)
        began = perf_counter()
        try:
            async with self._session.post(self._url, data=data, allow_redirects=False) as response:
                if response.status != 200:
                    await self._refuse(response)
                if response.content_type == "text/event-stream":
                    return self._safe(await self._pieces(response, began))
                content = await _content(response)
                return self._safe(self._whole(response, content, perf_counter() - began))
        except Filtered:
            return Reply(finish="content_filter", seconds=perf_counter() - began)
        except TimeoutError as error:
            raise TemporaryFailure(
                f"no answer within {self._spec.timeout_s:g} s", cause="timeout"
            ) from error
        except aiohttp.ClientError as error:
            raise self._broken(error) from error

    def _whole(self, response: aiohttp.ClientResponse, content: bytes, seconds: float) -> Reply:
        """The reply in a response that came whole."""
        try:
            found = decoded(content)
            if found.error is None:
                return reply_of(found, seconds=seconds)
        except Malformed as error:
            kind = response.content_type
            note = "" if "json" in kind else f", and calls itself {self._secrets.message(kind)}"
            raise TemporaryFailure(f"{error}{note}", cause="malformed") from None
        raise self._error(found.error, response)

    async def _pieces(self, response: aiohttp.ClientResponse, began: float) -> Reply:
        """The reply in a stream."""
        events, answer, size = Events(), Assembly(), 0
        first: float | None = None
        try:
            async for chunk in response.content.iter_any():
                size += len(chunk)
                _hold_to_size(size)
                for data in events.feed(chunk):
                    answer.add(data)
                if first is None and answer.begun:
                    first = perf_counter() - began
            if left := events.left():
                answer.add(left)
            if answer.error is None:
                return answer.reply(seconds=perf_counter() - began, first_token_s=first)
        except Malformed as error:
            raise TemporaryFailure(str(error), cause="malformed") from None
        raise self._error(answer.error, response)

    def _error(self, error: Any, response: aiohttp.ClientResponse) -> Exception:
        """What an error in place of an answer comes to."""
        said = told(error)
        return self._failure(status_of(said), said, response)

    async def _refuse(self, response: aiohttp.ClientResponse) -> NoReturn:
        """Raise what a status other than 200 comes to."""
        content = await _content(response)
        try:
            said = told(msgspec.json.decode(content))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            plain = response.content_type == "text/plain"
            said = Told(words=content.decode("utf-8", "replace") if plain else "")
        raise self._failure(response.status, said, response)

    def _failure(self, status: int, said: Told, response: aiohttp.ClientResponse) -> Exception:
        return failure(
            status, said, response.headers, place=self._address.shown, model=self._spec.model,
            secrets=self._secrets,
        )  # fmt: skip

    def _safe(self, reply: Reply) -> Reply:
        """The reply without secrets, should the server have repeated one."""
        hidden = self._secrets.hidden
        return msgspec.structs.replace(
            reply,
            text=hidden(reply.text),
            refusal=hidden(reply.refusal),
            tool_calls=tuple(
                msgspec.structs.replace(call, arguments=hidden(call.arguments))
                for call in reply.tool_calls
            ),
        )

    def _broken(self, error: aiohttp.ClientError) -> Exception:
        """What a broken connection comes to."""
        import aiohttp

        words = self._secrets.message(well_formed(str(error)))
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            return SubjectError(f"The certificate of {self._address.shown} is not valid: {words}.")
        if isinstance(error, aiohttp.ClientConnectorError):
            number = error.errno or 0  # names that are not known have numbers below 0
            reason = os.strerror(number) if number > 0 else error.strerror or words
            return TemporaryFailure(
                f"nobody answers at {self._address.shown} ({reason})", cause="unreachable"
            )
        if isinstance(error, aiohttp.ClientPayloadError):
            return TemporaryFailure("the answer ended early", cause="network")
        if isinstance(error, aiohttp.ClientResponseError):
            return TemporaryFailure("the server does not speak HTTP", cause="malformed")
        return TemporaryFailure("the connection broke", cause="network")


async def _content(response: aiohttp.ClientResponse) -> bytes:
    """A response's body.

    Raises:
        LastingFailure: it is too large.
    """
    if response.content_length is not None:
        _hold_to_size(response.content_length)
        return await response.read()
    parts, size = [], 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        _hold_to_size(size)
        parts.append(chunk)
    return b"".join(parts)


def _hold_to_size(size: int) -> None:
    if size > _LARGEST:
        raise LastingFailure(f"the answer is larger than {_LARGEST >> 20} MB")
