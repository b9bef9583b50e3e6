"""What a wire format is to the transport: bodies go out, replies come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Message
    from assay.subjects.language.reply import Reply


class Malformed(Exception):
    """A body is not what the wire format says; the text tells how."""


class ErrorInBody(Exception):
    """An error stands where an answer should.

    Attributes:
        error: as the server words it: an object, or a text.
    """

    def __init__(self, error: Any) -> None:
        super().__init__()
        self.error = error


class Cutter(Protocol):
    """Cuts a stream of bytes into its events."""

    def feed(self, chunk: bytes) -> Iterable[bytes]:
        """The data of the events that this chunk completes."""
        ...

    def left(self) -> bytes:
        """The data of an event that the end of the stream completes."""
        ...


class Assembling(Protocol):
    """Puts the pieces of one answer together.

    Attributes:
        begun: a piece of the answer itself has come.
        error: what a server says in place of going on.
    """

    begun: bool
    error: object

    def add(self, data: bytes) -> None:
        """Take in the data of one event.

        Raises:
            Malformed: it is not of the wire format.
        """
        ...

    def reply(self, *, seconds: float, first_token_s: float | None) -> Reply:
        """The whole answer.

        Raises:
            Malformed: the stream ended before the answer did.
        """
        ...


class WireFormat(Protocol):
    """A vendor's wire format.

    Attributes:
        name: as a suite's key ``api`` has it.
    """

    name: str

    def suffix(self, spec: LanguageModelSpec) -> str:
        """What is added to the path of the address, unless it ends so."""
        ...

    def query(self, spec: LanguageModelSpec) -> str:
        """What the address's query must hold; "" for nothing."""
        ...

    def key_headers(self, key: str) -> Mapping[str, str]:
        """The headers that a key is sent with."""
        ...

    def headers(self) -> Mapping[str, str]:
        """Headers of every call, beside the key's."""
        ...

    def fixed(self, spec: LanguageModelSpec) -> dict[str, Any]:
        """The body's fields that are the same in every call; options have the last word."""
        ...

    def body(self, fixed: dict[str, Any], messages: tuple[Message, ...]) -> bytes:
        """The body of a request; equal questions give equal bytes.

        Raises:
            LastingFailure: a turn holds what the format cannot say.
        """
        ...

    def reply(self, content: bytes, *, seconds: float) -> Reply:
        """The reply in a response that came whole.

        Raises:
            Malformed: it holds no answer.
            ErrorInBody: it holds an error.
        """
        ...

    def cutter(self) -> Cutter:
        """For the events of one stream."""
        ...

    def assembly(self) -> Assembling:
        """For the pieces of one answer."""
        ...
