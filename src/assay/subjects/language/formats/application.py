"""An application behind HTTP (retrieval, an agent): its own JSON, read by pointers.

Reference: JSON Pointer, RFC 6901; a part that is ``*`` stands for every item of a list.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.exchange import Tokens, ToolCall
from assay.subjects.language.formats.bearer import Bearer
from assay.subjects.language.formats.events import Events
from assay.subjects.language.formats.protocol import ErrorInBody, Malformed
from assay.subjects.language.formats.reading import json_text
from assay.subjects.language.reply import Reply
from assay.subjects.language.text import well_formed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.core.check import ApplicationSpec, LanguageModelSpec
    from assay.core.exchange import Message
    from assay.subjects.language.formats.protocol import Assembling

REQUEST = "request"
"""The type of the one part that the turn of an application has."""


def pointed(value: Any, pointer: str) -> Iterator[Any]:
    """What a pointer points at: nothing, one value, or, with ``*``, many."""
    if not pointer:
        yield value
        return
    part, slash, rest = pointer[1:].partition("/")
    rest = slash + rest
    if part == "*":
        for item in value if isinstance(value, list) else ():
            yield from pointed(item, rest)
        return
    name = part.replace("~1", "/").replace("~0", "~")
    if isinstance(value, dict) and name in value:
        yield from pointed(value[name], rest)
    elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
        yield from pointed(value[int(name)], rest)


class Application(Bearer):
    """An application, as a :class:`~assay.subjects.language.formats.protocol.WireFormat`."""

    name = "application"

    def __init__(self, spec: ApplicationSpec) -> None:
        self._spec = spec

    def suffix(self, _spec: LanguageModelSpec) -> str:
        """Nothing: the address is whole."""
        return ""

    def fixed(self, _spec: LanguageModelSpec) -> dict[str, Any]:
        """What the answer is read by, and what is asked: it tells applications apart."""
        return msgspec.to_builtins(self._spec)  # type: ignore[no-any-return]

    def body(self, _fixed: dict[str, Any], messages: tuple[Message, ...]) -> bytes:
        """The request that the turn holds."""
        (turn,) = messages
        assert isinstance(turn.content, list), "an application is asked with a request"
        return msgspec.json.encode(turn.content[0]["body"])

    def reply(self, content: bytes, *, seconds: float) -> Reply:
        """The reply in a response."""
        found = _decoded(content)
        answer = list(pointed(found, self._spec.answer))
        if not answer or answer[0] is None:
            if isinstance(found, dict) and found.get("error"):
                raise ErrorInBody(found["error"])
            raise Malformed(f"the response holds no answer at {self._spec.answer!r}")
        return Reply(
            text=well_formed(_text(answer[0], self._spec.answer)),
            context=tuple(well_formed(text) for text in self._passages(found)),
            tool_calls=tuple(self._calls(found)),
            tokens=Tokens(
                prompt=_count(found, self._spec.prompt_tokens),
                completion=_count(found, self._spec.completion_tokens),
            ),
            seconds=seconds,
        )

    def _passages(self, found: Any) -> Iterator[str]:
        pointer = self._spec.context
        for value in pointed(found, pointer) if pointer is not None else ():
            for item in value if isinstance(value, list) else [value]:
                if item is not None:
                    yield _text(item, pointer or "")

    def _calls(self, found: Any) -> Iterator[ToolCall]:
        pointer = self._spec.tool_calls
        for value in pointed(found, pointer) if pointer is not None else ():
            for item in value if isinstance(value, list) else [value]:
                yield _call(item, pointer or "")

    def cutter(self) -> Events:
        """Server-sent events, which end in :meth:`assembly`."""
        return Events()

    def assembly(self) -> Assembling:
        """An application is not asked for a stream.

        Raises:
            Malformed: it answers with one all the same.
        """
        raise Malformed("the application answers in a stream, which is not read")


def _decoded(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:  # lone surrogates and NaN, which some servers send
        return json.loads(content.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Malformed("the answer is not valid JSON") from None


def _text(value: Any, pointer: str) -> str:
    if isinstance(value, dict | list):
        what = "a list" if isinstance(value, list) else "a mapping"
        raise Malformed(f"{pointer!r} points at {what}, not at text")
    return value if isinstance(value, str) else json_text(value)


def _call(value: Any, pointer: str) -> ToolCall:
    """A tool call as ``{"name": …, "arguments": …}``, or as OpenAI has it."""
    outer = value if isinstance(value, dict) else {}
    call = outer.get("function", outer)
    call = call if isinstance(call, dict) else {}
    name, arguments = call.get("name"), call.get("arguments")
    if not isinstance(name, str):
        raise Malformed(f"{pointer!r} points at what is no call of a tool with a name")
    given = arguments if isinstance(arguments, str) else json_text(arguments or {})
    return ToolCall(name=name, arguments=well_formed(given), id=str(outer.get("id") or ""))


def _count(found: Any, pointer: str | None) -> int | None:
    value = next(pointed(found, pointer), None) if pointer is not None else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
