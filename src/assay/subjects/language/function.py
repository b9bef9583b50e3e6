"""A Python callable as a language model: an application, a pipeline, an agent."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from collections.abc import Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.errors import AssayError, SubjectError
from assay.subjects.importing import import_object
from assay.subjects.language.failures import CallFailure, LastingFailure, TemporaryFailure
from assay.subjects.language.formats.openai import wire_turn
from assay.subjects.language.reply import Reply
from assay.subjects.language.text import Secrets, well_formed
from assay.subjects.language.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Message

_PREFIX = "python:"
_WORDLESS = Secrets(())


def open_function(spec: LanguageModelSpec, *, folder: str, allow_code: bool) -> LanguageFunction:
    """The callable at ``spec.call`` (``module:attribute``), or ``spec.instance`` itself.

    The fingerprint of an imported one is that of its module's source: what the module loads or
    calls is not in it.

    Raises:
        UntrustedError: it would be imported, and the run does not allow code.
        SubjectError: there is no such module or attribute, or it is not callable.
    """
    if spec.call is None:
        found = spec.instance
        name = getattr(found, "__name__", type(found).__name__)
        _hold_to_callable(found, name)
        return LanguageFunction(found, spec, name, "")
    path = spec.call.removeprefix(_PREFIX)
    found, digest = import_object(path, folder=folder, allow_code=allow_code, what="language model")
    _hold_to_callable(found, path)
    return LanguageFunction(found, spec, path, digest)


def _hold_to_callable(found: Any, name: str) -> None:
    if not callable(found) or isinstance(found, type):
        what = "a class" if isinstance(found, type) else f"a {type(found).__name__}"
        raise SubjectError(
            f"{name!r} is {what}, not a function.",
            hint="It takes a text, or `messages`, and returns the answer's text.",
        )


class LanguageFunction:
    """A callable as a :class:`~assay.subjects.language.model.LanguageModel`.

    It may be asynchronous. With a parameter ``messages`` it is given the turns, a list of
    ``{"role": …, "content": …}``; else the text of the one turn there is. It returns the text of
    the answer, or a mapping with fields of a reply (``text``, ``finish``, ``refusal``,
    ``tool_calls``, ``logprobs``, ``tokens``, ``first_token_s``).
    """

    def __init__(
        self, function: Callable[..., Any], spec: LanguageModelSpec, name: str, digest: str
    ) -> None:
        self._function = function
        self._spec = spec
        self._name = name
        self._digest = digest
        self._turns = _takes_messages(function)
        called = getattr(function, "__call__", function)  # noqa: B004  # the method of an object
        self._awaits = any(inspect.iscoroutinefunction(f) for f in (function, called))

    def __repr__(self) -> str:
        return f"LanguageFunction({self._name})"

    @property
    def description(self) -> str:
        """The function's name."""
        return f"function {self._name}"

    @property
    def fingerprint(self) -> str:
        """Hash of the module's source, the name and the prompt; "" for a live object."""
        if not self._digest:
            return ""
        content = msgspec.json.encode(
            (self._digest, self._name, self._spec.system, self._spec.template)
        )
        return f"sha256:{hashlib.sha256(b'assay.function/1' + content).hexdigest()}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    async def ask(self, messages: tuple[Message, ...]) -> Reply:
        """One call of the function."""
        argument = [wire_turn(m) for m in messages] if self._turns else self._text(messages)
        began = perf_counter()
        try:
            async with asyncio.timeout(self._spec.timeout_s):
                answer = await (
                    self._function(argument)
                    if self._awaits
                    else in_thread(self._function, argument)
                )
                if inspect.isawaitable(answer):
                    answer = await answer
        except TimeoutError as error:
            raise TemporaryFailure(
                f"no answer within {self._spec.timeout_s:g} s", cause="timeout"
            ) from error
        except OSError as error:
            raise TemporaryFailure(_words(error), cause="network") from error
        except Exception as error:  # an application may raise anything of its own
            if isinstance(error, AssayError | CallFailure):
                raise
            raise LastingFailure(_words(error)) from error
        return self._reply(answer, perf_counter() - began)

    def _text(self, messages: tuple[Message, ...]) -> str:
        """The one turn there is, as text.

        Raises:
            SubjectError: there are more turns, which a text does not hold.
        """
        content = messages[0].content
        if len(messages) != 1 or not isinstance(content, str):
            raise SubjectError(
                f"{self._name} takes one text, and is asked with several turns.",
                hint="Name its parameter `messages` to be given the turns; a system prompt is one.",
            )
        return well_formed(content)

    def _reply(self, answer: Any, seconds: float) -> Reply:
        """What the function returned, held to a reply's shape."""
        fields = {"text": answer} if isinstance(answer, str) else answer
        if isinstance(fields, Mapping):
            unknown = set(fields) - set(Reply.__struct_fields__)
            if unknown:
                raise SubjectError(f"{self._name} returned unknown fields: {sorted(unknown)}.")
            try:
                reply = msgspec.convert({"seconds": seconds, **fields}, Reply)
            except msgspec.ValidationError as error:
                raise SubjectError(f"{self._name} returned what is no answer: {error}.") from None
            return msgspec.structs.replace(
                reply, text=well_formed(reply.text), refusal=well_formed(reply.refusal)
            )
        raise SubjectError(
            f"{self._name} returned {type(answer).__name__}, and an answer is a text.",
            hint="Return a text, or a mapping with `text`, `finish`, `tokens` …",
        )


def _takes_messages(function: Callable[..., Any]) -> bool:
    try:
        return "messages" in inspect.signature(function).parameters
    except (TypeError, ValueError):  # written in C
        return False


def _words(error: BaseException) -> str:
    """The function's own words, for an error."""
    return _WORDLESS.message(f"{type(error).__name__}: {error}")
