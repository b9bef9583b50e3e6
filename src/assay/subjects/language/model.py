"""What a language model looks like to the rest, and opening what a suite names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from assay.core.errors import SubjectError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Message
    from assay.subjects.language.reply import Reply


class LanguageModel(Protocol):
    """A language model that is open: an asynchronous context, within which it is asked.

    Attributes:
        description: what it is, for a person; it holds no secret.
        fingerprint: ``sha256:…`` of how it is asked (address, model, sampling, prompt); "" for a
            live object, which cannot be told from another.
    """

    @property
    def description(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def ask(self, messages: tuple[Message, ...]) -> Reply:
        """One call.

        Raises:
            TemporaryFailure: the same call may succeed later.
            LastingFailure: this call would fail again.
            SubjectError: every call would fail.
        """
        ...


def open_language_model(spec: LanguageModelSpec, *, folder: str, allow_code: bool) -> LanguageModel:
    """Open the language model that a suite names. Nothing is sent yet.

    Args:
        spec: the model and how it is asked.
        folder: the suite's folder, where the module of a callable is looked for too.
        allow_code: the run may import Python.

    Raises:
        UntrustedError: it is a callable that would be imported, and nobody vouched for it.
        SubjectError: they are answers that exist already, the address is none, a header cannot be
            sent, or there is no such callable.
        MissingExtraError: the library that speaks HTTP is not installed.
    """
    if spec.answers is not None:
        raise SubjectError(
            f"The answers of {spec.answers!r} exist already: they cannot be asked anything else.",
            hint="Name a language model there: `llm: https://…/v1`.",
        )
    known = (spec.url, spec.call, spec.instance, spec.local)
    ways = [way for way in known if way is not None]
    if len(ways) != 1:
        raise SubjectError(
            "A language model needs exactly one of an address, a callable and weights.",
            hint="Write `llm: https://…/v1`, `llm: python:module:attribute`, or "
            "`llm: transformers:FOLDER`.",
        )
    if spec.url is not None:
        from assay.subjects.language.endpoint import open_endpoint

        return open_endpoint(spec, folder=folder)
    if spec.local is not None:
        from assay.subjects.language.local import open_local

        return open_local(spec, folder=folder)
    from assay.subjects.language.function import open_function

    return open_function(spec, folder=folder, allow_code=allow_code)
