"""A language model behind an address, on aiohttp, in whichever wire format it speaks."""

from __future__ import annotations

import hashlib
import io
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import msgspec

from assay.core.endpoint import AWS
from assay.core.errors import MissingExtraError
from assay.subjects.language.address import address_of
from assay.subjects.language.failures import TemporaryFailure
from assay.subjects.language.formats.named import format_of
from assay.subjects.language.formats.protocol import ErrorInBody, Malformed
from assay.subjects.language.pictures import with_pictures
from assay.subjects.language.refused import Filtered, Told, failure, status_of, told
from assay.subjects.language.reply import Reply, plausible
from assay.subjects.language.text import Secrets
from assay.subjects.language.transport import broken, content_of, hold_to_size

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    import aiohttp

    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Message
    from assay.subjects.language.signing import Signer

_WHOLE = 2**20
"""Bytes of a question that are sent in one piece; aiohttp warns of more, which stalls others."""


_STREAMS = ("text/event-stream", "application/vnd.amazon.eventstream")


def open_endpoint(spec: LanguageModelSpec, *, folder: str = ".") -> Endpoint:
    """The model at ``spec.url``. Nothing is sent yet.

    Args:
        folder: where the paths of images start.

    Raises:
        SubjectError: the address is none, or a header cannot be sent.
        MissingExtraError: aiohttp is not installed.
    """
    try:
        import aiohttp  # noqa: F401  # found out now, not at the first call
    except ImportError:
        raise MissingExtraError("aiohttp", "llm") from None
    found = Endpoint(spec, folder)
    if found.needs_botocore:
        try:
            import botocore.eventstream  # noqa: F401
        except ImportError:
            raise MissingExtraError("botocore", "bedrock") from None
    return found


class Endpoint:
    """A :class:`~assay.subjects.language.model.LanguageModel` behind HTTP.

    Redirects are not followed, so the key goes to the host of the address alone.
    """

    def __init__(self, spec: LanguageModelSpec, folder: str) -> None:
        self._spec, self._folder = spec, folder
        self._format = format_of(spec)
        self._address = address_of(spec, self._format)
        self._secrets = Secrets(self._address.secrets)
        self._fixed = self._format.fixed(spec)
        self._signer: Signer | None = None
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
        asked: tuple[Any, ...] = (
            self._address.shown, self._fixed, self._spec.system, self._spec.template,
        )  # fmt: skip
        if self._format.name != "openai":  # the others may name the model in the address alone
            asked += (self._format.name, self._spec.model, self._spec.stream)
        content = msgspec.json.encode(asked, order="deterministic")
        return f"sha256:{hashlib.sha256(b'assay.endpoint/1' + content).hexdigest()}"

    @property
    def needs_botocore(self) -> bool:
        """Whether calls are signed, or streams come in AWS's frames."""
        return self._format.name == "bedrock" and (self._spec.stream or self._signs)

    @property
    def _signs(self) -> bool:
        host = urlsplit(self._address.url).hostname or ""
        return (
            self._format.name == "bedrock"
            and not self._address.keyed
            and AWS.fullmatch(host) is not None
        )

    async def __aenter__(self) -> Self:
        import aiohttp
        from yarl import URL

        if self._signs:
            from assay.subjects.language.signing import Signer

            self._signer = Signer(self._address.url)
            self._secrets = Secrets((*self._address.secrets, *self._signer.secrets))
        # A model's name in the path is quoted already, and is signed as it is.
        self._url = URL(self._address.url, encoded=self._format.name != "openai")
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
        """One call."""
        import aiohttp

        assert self._session is not None, "a language model is asked within its context"
        messages = await with_pictures(messages, self._folder)
        body = self._format.body(self._fixed, messages)
        headers = self._signer.headers(body, self._address.headers) if self._signer else None
        data = body if len(body) < _WHOLE else io.BytesIO(body)
        began = perf_counter()
        try:
            async with self._session.post(
                self._url, data=data, headers=headers, allow_redirects=False
            ) as response:
                if response.status != 200:
                    await self._refuse(response)
                if response.content_type in _STREAMS:
                    return self._safe(await self._pieces(response, began))
                content = await content_of(response)
                return self._safe(self._whole(response, content, perf_counter() - began))
        except Filtered:
            return Reply(finish="content_filter", seconds=perf_counter() - began)
        except TimeoutError as error:
            raise TemporaryFailure(
                f"no answer within {self._spec.timeout_s:g} s", cause="timeout"
            ) from error
        except aiohttp.ClientError as error:
            raise broken(error, self._address.shown, self._secrets) from error

    def _whole(self, response: aiohttp.ClientResponse, content: bytes, seconds: float) -> Reply:
        """The reply in a response that came whole."""
        try:
            return self._format.reply(content, seconds=seconds)
        except ErrorInBody as error:
            raise self._error(error.error, response) from None
        except Malformed as error:
            kind = response.content_type
            note = "" if "json" in kind else f", and calls itself {self._secrets.message(kind)}"
            raise TemporaryFailure(f"{error}{note}", cause="malformed") from None

    async def _pieces(self, response: aiohttp.ClientResponse, began: float) -> Reply:
        """The reply in a stream."""
        size, first = 0, None
        try:
            events, answer = self._format.cutter(), self._format.assembly()
            async for chunk in response.content.iter_any():
                size += len(chunk)
                hold_to_size(size)
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
        content = await content_of(response)
        try:
            said = told(msgspec.json.decode(content))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            plain = response.content_type == "text/plain"
            said = Told(words=content.decode("utf-8", "replace") if plain else "")
        if not said.code and (kind := response.headers.get("x-amzn-ErrorType")):
            said = said._replace(code=kind.partition(":")[0])
        raise self._failure(response.status, said, response)

    def _failure(self, status: int, said: Told, response: aiohttp.ClientResponse) -> Exception:
        return failure(
            status, said, response.headers, place=self._address.shown, model=self._spec.model,
            secrets=self._secrets,
        )  # fmt: skip

    def _safe(self, reply: Reply) -> Reply:
        """The reply without secrets, should the server have repeated one, and without counts that
        cannot be."""
        hidden = self._secrets.hidden
        return msgspec.structs.replace(
            reply,
            text=hidden(reply.text),
            refusal=hidden(reply.refusal),
            reasoning=hidden(reply.reasoning),
            context=tuple(map(hidden, reply.context)),
            tokens=plausible(reply.tokens),
            tool_calls=tuple(
                msgspec.structs.replace(
                    call,
                    name=hidden(call.name),
                    arguments=hidden(call.arguments),
                    id=hidden(call.id),
                )
                for call in reply.tool_calls
            ),
        )
