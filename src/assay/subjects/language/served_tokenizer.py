"""The tokenizer of a server that shows it: llama.cpp's, or vLLM.

Both answer ``/tokenize`` and ``/detokenize`` beside their ``/v1``, each in a way of its own.
llama.cpp writes turns out at ``/apply-template``; vLLM tokenizes turns, and the text is read back
from the tokens.
(llama.cpp, tools/server/README.md; vLLM, vllm/entrypoints/serve/tokenize/protocol.py.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from assay.core.errors import MissingExtraError, SubjectError
from assay.subjects.language.address import address_of
from assay.subjects.language.control_tokens import candidates
from assay.subjects.language.failures import CallFailure, LastingFailure, TemporaryFailure
from assay.subjects.language.refused import failure, told
from assay.subjects.language.text import Secrets
from assay.subjects.language.tokenizer import SHOWN_BY
from assay.subjects.language.transport import broken, content_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

    import aiohttp

    from assay.core.check import LanguageModelSpec
    from assay.subjects.language.tokenizer import Turn

_ABSENT = (404, 405, 501)
_AT_ONCE = 8_192
"""Tokens of the vocabulary whose texts are asked for in one call."""
_REFUSED = (400, 422, 500)
"""What comes of a text or of turns that are refused: of a template that raises, 500."""


def open_served_tokenizer(spec: LanguageModelSpec) -> ServedTokenizer:
    """The tokenizer at ``spec.url``. Nothing is sent yet.

    Raises:
        SubjectError: the address is none, or a header cannot be sent.
        MissingExtraError: aiohttp is not installed.
    """
    try:
        import aiohttp  # noqa: F401  # found out now, not at the first call
    except ImportError:
        raise MissingExtraError("aiohttp", "llm") from None
    return ServedTokenizer(spec)


class ServedTokenizer:
    """A :class:`~assay.subjects.language.tokenizer.Tokenizer` behind HTTP.

    Redirects are not followed. What the server says is asked for once: nothing here is a matter of
    chance.
    """

    def __init__(self, spec: LanguageModelSpec) -> None:
        self._spec = spec
        self._address = address_of(spec)
        self._secrets = Secrets(self._address.secrets)
        whole = self._address.url.partition("?")[0]
        self._root = whole.removesuffix("/chat/completions").removesuffix("/v1")
        self._query = self._address.url.partition("?")[2]
        self._kind: Literal["llama.cpp", "vLLM"] = "llama.cpp"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        import aiohttp

        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._spec.concurrency),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._address.headers,
            timeout=aiohttp.ClientTimeout(total=self._spec.timeout_s),
        )
        try:
            # Each finds its own field, and leaves the other's alone.
            found = await self._said("/tokenize", content="a", prompt="a", **self._model)
            if not isinstance(found.get("tokens"), list):
                raise LastingFailure("/tokenize answers with no tokens")
        except BaseException as error:
            await self.__aexit__(None, None, None)
            if isinstance(error, CallFailure):
                raise SubjectError(f"{self._address.shown} shows no tokenizer: {error}.") from None
            raise
        self._kind = "vLLM" if "count" in found else "llama.cpp"
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

    async def encode(self, text: str) -> list[int]:
        """The text's tokens."""
        return await self._encoded(text, special=True)

    async def _encoded(self, text: str, *, special: bool) -> list[int]:
        """Tokens of a text, in which control tokens' strings are such tokens, or plain text.

        vLLM has no way to ask for the latter.
        """
        if self._kind == "vLLM":
            return await self._tokens(prompt=text, add_special_tokens=False)
        return await self._tokens(content=text, add_special=False, parse_special=special)

    async def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens."""
        field = "prompt" if self._kind == "vLLM" else "content"
        found = (await self._said("/detokenize", tokens=list(ids), **self._model)).get(field)
        if not isinstance(found, str):
            raise TemporaryFailure("/detokenize answers with no text", cause="malformed")
        return self._secrets.hidden(found)

    async def rendered(self, turns: Sequence[Turn], *, generation: bool = True) -> str:
        """The turns as the chat template writes them."""
        if self._kind == "vLLM":
            return await self.decode(await self._chat(turns, generation=generation))
        said = await self._said(
            "/apply-template", messages=_wire(turns), add_generation_prompt=generation
        )
        found = said.get("prompt")
        if not isinstance(found, str):
            raise TemporaryFailure("/apply-template answers with no text", cause="malformed")
        return self._secrets.hidden(found)

    async def tokens(self, turns: Sequence[Turn]) -> list[int]:
        """The tokens that the model reads."""
        if self._kind == "vLLM":
            return await self._chat(turns, generation=True)
        return await self.encode(await self.rendered(turns))

    async def controls(self) -> Mapping[str, int]:
        """Strings of control tokens: those tried that are one token, and are not as plain text."""
        found = {}
        for string in candidates(*await self._told_of()):
            ids = await self.encode(string)
            if len(ids) == 1 and (
                self._kind == "vLLM" or await self._encoded(string, special=False) != ids
            ):
                found[string] = ids[0]
        return found

    async def _told_of(self) -> list[str]:
        """Texts in which control tokens stand: the chat template, and the whole vocabulary, as far
        as the server shows them."""
        if self._kind == "vLLM":
            return []
        texts = []
        for asked in (self._template(), self._vocabulary()):
            try:
                texts.append(await asked)
            except (SubjectError, CallFailure):  # those that are known are tried all the same
                continue
        return texts

    async def _template(self) -> str:
        said = await self._said("/props")
        names = ("chat_template", "bos_token", "eos_token")
        return " ".join(str(said.get(name, "")) for name in names)

    async def _vocabulary(self) -> str:
        """Every token's text, one after the other."""
        listed = (await self._said("/v1/models")).get("data")
        meta = listed[0].get("meta") if isinstance(listed, list) and listed else None
        size = meta.get("n_vocab") if isinstance(meta, dict) else None
        if not isinstance(size, int):
            return ""
        parts = [range(at, min(at + _AT_ONCE, size)) for at in range(0, size, _AT_ONCE)]
        return "".join([await self.decode(part) for part in parts])

    async def _chat(self, turns: Sequence[Turn], *, generation: bool) -> list[int]:
        return await self._tokens(
            messages=_wire(turns), add_generation_prompt=generation, add_special_tokens=False
        )

    async def _tokens(self, **body: Any) -> list[int]:
        found = (await self._said("/tokenize", **body, **self._model)).get("tokens")
        if not isinstance(found, list) or not all(isinstance(number, int) for number in found):
            raise TemporaryFailure("/tokenize answers with no tokens", cause="malformed")
        return found

    @property
    def _model(self) -> dict[str, str]:
        return {"model": self._spec.model} if self._spec.model else {}

    async def _said(self, route: str, **body: Any) -> dict[str, Any]:
        """What the server says there; without a body it is only looked at.

        Raises:
            SubjectError: there is no such thing, it is not allowed, or nobody is there.
            CallFailure: this text is refused.
        """
        import aiohttp

        assert self._session is not None, "a tokenizer is asked within its context"
        url = f"{self._root}{route}{'?' if self._query else ''}{self._query}"
        data = msgspec.json.encode(body) if body else None
        try:
            async with self._session.request(
                "POST" if body else "GET", url, data=data, allow_redirects=False
            ) as response:
                content = await content_of(response)
                status, headers = response.status, response.headers
        except TimeoutError:
            raise SubjectError(f"{self._address.shown} does not answer at {route}.") from None
        except aiohttp.ClientError as error:
            raise SubjectError(f"{broken(error, self._address.shown, self._secrets)}.") from None
        try:
            found = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found = None
        if status in _ABSENT or (status == 200 and not isinstance(found, dict)):
            shown = "chat template" if route == "/apply-template" else "tokenizer"
            raise SubjectError(
                f"{self._address.shown} shows no {shown}: there is nothing at {route} ({status}).",
                hint=SHOWN_BY,
            )
        if status == 200:
            assert isinstance(found, dict)
            return found
        raised = failure(
            status, told(found), headers, place=self._address.shown, model=self._spec.model,
            secrets=self._secrets,
        )  # fmt: skip
        if isinstance(raised, SubjectError):
            raise raised
        if status in _REFUSED:
            raise LastingFailure(str(raised))
        raise SubjectError(f"{self._address.shown}: {raised}.")


def _wire(turns: Sequence[Turn]) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.text} for turn in turns]
