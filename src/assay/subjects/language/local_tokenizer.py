"""The tokenizer of weights on this machine; the weights themselves are not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.errors import MissingExtraError, SubjectError
from assay.subjects.language.failures import LastingFailure
from assay.subjects.language.loading import words_of
from assay.subjects.language.weights import Weights, find_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from assay.subjects.language.tokenizer import Turn


def open_local_tokenizer(local: str, *, folder: str) -> LocalTokenizer:
    """The tokenizer beside weights; it is loaded when it is asked.

    Raises:
        SubjectError: there is no such model.
        MissingExtraError: transformers is not installed.
    """
    import importlib.util

    if importlib.util.find_spec("transformers") is None:
        raise MissingExtraError("transformers", "transformers")
    return LocalTokenizer(find_weights(local, folder=folder))


class LocalTokenizer:
    """A :class:`~assay.subjects.language.tokenizer.Tokenizer` of Hugging Face's library."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._tokenizer: Any = None

    async def __aenter__(self) -> Self:
        from transformers import AutoTokenizer

        try:
            self._tokenizer = AutoTokenizer.from_pretrained(
                self._weights.folder, trust_remote_code=False, local_files_only=True
            )
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            raise SubjectError(
                f"The tokenizer of {self._weights.name!r} cannot be loaded: {words_of(error)}"
            ) from None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tokenizer = None

    async def encode(self, text: str) -> list[int]:
        """The text's tokens."""
        found: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return found

    async def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens."""
        return str(
            self._tokenizer.decode(
                list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False
            )
        )

    async def rendered(self, turns: Sequence[Turn], *, generation: bool = True) -> str:
        """The turns as the chat template writes them."""
        from jinja2.exceptions import TemplateError

        if self._tokenizer.chat_template is None:
            raise SubjectError(f"{self._weights.name!r} has no chat template.")
        said = [{"role": turn.role, "content": turn.text} for turn in turns]
        try:
            return str(
                self._tokenizer.apply_chat_template(
                    said, tokenize=False, add_generation_prompt=generation
                )
            )
        except TemplateError as error:
            raise LastingFailure(f"the chat template refuses: {words_of(error)}") from None

    async def tokens(self, turns: Sequence[Turn]) -> list[int]:
        """The tokens that the model reads."""
        return await self.encode(await self.rendered(turns))

    async def controls(self) -> Mapping[str, int]:
        """Strings of control tokens, and their numbers."""
        added = self._tokenizer.added_tokens_decoder
        return {token.content: number for number, token in added.items() if token.special}
