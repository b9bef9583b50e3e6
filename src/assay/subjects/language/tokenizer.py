"""What the tokenizer and chat template of a language model look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self


class Turn(NamedTuple):
    """A turn of plain text."""

    role: str
    text: str


class Tokenizer(Protocol):
    """A tokenizer and its chat template: an asynchronous context, within which they are asked.

    Each method raises a SubjectError where the model shows no such thing, or nobody is there, and a
    CallFailure where this text, or these turns, are refused.
    """

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def encode(self, text: str) -> list[int]:
        """The text's tokens as the model reads a prompt; nothing is added before or after."""
        ...

    async def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens, control tokens included."""
        ...

    async def rendered(self, turns: Sequence[Turn], *, generation: bool = True) -> str:
        """The turns as the chat template writes them.

        Args:
            generation: with what tells the model that it is its turn.
        """
        ...

    async def tokens(self, turns: Sequence[Turn]) -> list[int]:
        """The tokens that the model reads where it is asked with these turns."""
        ...

    async def controls(self) -> Mapping[str, int]:
        """Strings of the vocabulary's control tokens, and their numbers."""
        ...


SHOWN_BY = (
    "llama.cpp's server and vLLM do, at /tokenize; or name the weights: `llm: transformers:FOLDER`."
)
