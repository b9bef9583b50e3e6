"""The network of weights on this machine: from tokens to logits, without an answer being made."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from assay.core.errors import MissingExtraError, SubjectError
from assay.subjects.language.loading import Loaded, load, words_of
from assay.subjects.language.weights import find_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assay.core.check import LanguageModelSpec
    from assay.subjects.language.tokenizer import Turn

_TOLERANCE = {"float64": 1e-9, "float32": 1e-4, "float16": 1e-2, "bfloat16": 5e-2}
"""Of the greatest logit: some hundred units in the last place, which sums in another order cost."""
_COARSE = 5e-2


def open_network(spec: LanguageModelSpec, *, folder: str) -> Network:
    """The network that ``spec.local`` names, in memory.

    Raises:
        SubjectError: it is not here, or cannot be loaded.
        MissingExtraError: torch or transformers are not installed.
    """
    import importlib.util

    if spec.local is None:
        raise SubjectError(
            "This language model does not show its logits.",
            hint="Name weights on this machine: `llm: transformers:FOLDER`.",
        )
    for library in ("torch", "transformers"):
        if importlib.util.find_spec(library) is None:
            raise MissingExtraError(library, "transformers")
    return Network(load(find_weights(spec.local, folder=folder)))


class Network:
    """A causal language model in evaluation mode."""

    def __init__(self, loaded: Loaded) -> None:
        self._model, self._tokenizer = loaded.model, loaded.tokenizer
        self.longest = loaded.longest
        taken = inspect.signature(self._model.forward).parameters
        self._placed = "position_ids" in taken

    @property
    def vocabulary(self) -> int:
        """Tokens that the configuration says it knows."""
        return int(self._model.config.get_text_config().vocab_size)

    @property
    def named(self) -> int:
        """Tokens that its tokenizer may give it."""
        return len(self._tokenizer)

    @property
    def precision(self) -> str:
        """Of its weights: ``float32``."""
        return str(self._model.dtype).removeprefix("torch.")

    @property
    def tolerance(self) -> float:
        """Deviation of logits that its precision explains, as a share of the greatest logit."""
        return _TOLERANCE.get(self.precision, _COARSE)

    def tokens(self, turns: Sequence[Turn], most: int) -> list[int]:
        """The first tokens of the turns: as its template writes them, or of the last text."""
        said = [{"role": turn.role, "content": turn.text} for turn in turns]
        text = turns[-1].text
        if self._tokenizer.chat_template is not None:
            from jinja2.exceptions import TemplateError

            try:
                text = self._tokenizer.apply_chat_template(said, tokenize=False)
            except TemplateError:  # which turns it refuses is asked elsewhere
                text = turns[-1].text
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids[: most if self.longest is None else min(most, self.longest)]

    def logits(self, batch: Sequence[Sequence[int]], *, padding: int = 0) -> NDArray[np.float32]:
        """Logits, shape (batch, length, vocabulary) as the model gives it.

        Args:
            batch: tokens, all rows of one length.
            padding: tokens put before each row, and masked as generation masks them.

        Raises:
            SubjectError: the model cannot be called so.
        """
        import torch

        ids = torch.tensor([[self._filler] * padding + list(row) for row in batch])
        mask = torch.ones_like(ids)
        mask[:, :padding] = 0
        where = {"position_ids": (mask.cumsum(-1) - 1).clamp(min=0)} if self._placed else {}
        device = self._model.device
        more: dict[str, Any] = {name: each.to(device) for name, each in where.items()}
        try:
            with torch.inference_mode():
                found = self._model(
                    input_ids=ids.to(device), attention_mask=mask.to(device), use_cache=False,
                    **more,
                ).logits  # fmt: skip
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            raise SubjectError(f"The model cannot be called: {words_of(error)}") from None
        array: NDArray[np.float32] = found[:, padding:].float().cpu().numpy()
        return array

    @property
    def _filler(self) -> int:
        """The token that stands for nothing; any other would do, since it is masked."""
        for number in (self._tokenizer.pad_token_id, self._tokenizer.eos_token_id):
            if isinstance(number, int):
                return number
        return 0

    def broken_embeddings(self) -> list[int]:
        """Tokens whose embeddings hold what is not a finite number."""
        import torch

        weight = self._model.get_input_embeddings().weight
        finite = torch.isfinite(weight).all(dim=1)
        found: list[int] = torch.nonzero(~finite).flatten().tolist()
        return found
