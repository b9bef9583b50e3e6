"""Loading a language model into this process, with Hugging Face ``transformers``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assay.core.errors import SubjectError
from assay.subjects.language.text import Secrets

if TYPE_CHECKING:
    from assay.subjects.language.weights import Weights

_WORDLESS = Secrets(())


@dataclass
class Loaded:
    """Tokenizer and model, in memory.

    Attributes:
        ends: tokens that end an answer.
    """

    tokenizer: Any
    model: Any
    ends: frozenset[int] = field(default_factory=frozenset)

    @property
    def longest(self) -> int | None:
        """Tokens that the model reads, question and answer together; None where it does not say."""
        found = getattr(self.model.config, "max_position_embeddings", None)
        return found if isinstance(found, int) and found > 0 else None


def load(weights: Weights) -> Loaded:
    """Tokenizer and model in memory, on the accelerator where there is one.

    Raises:
        SubjectError: they cannot be loaded.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    how: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
    try:
        tokenizer = AutoTokenizer.from_pretrained(weights.folder, **how)
        model = AutoModelForCausalLM.from_pretrained(
            weights.folder, dtype="auto", use_safetensors=True, **how
        )  # fmt: skip
    except (
        OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError,
    ) as error:  # fmt: skip
        raise SubjectError(
            f"The model {weights.name!r} cannot be loaded: {words_of(error)}",
            hint="Models that bring code of their own are not loaded."
            if "trust_remote_code" in str(error)
            else None,
        ) from None
    device = "cuda" if torch.cuda.is_available() else "cpu"
    ends = model.generation_config.eos_token_id
    if ends is None:
        ends = tokenizer.eos_token_id
    listed = ends if isinstance(ends, list) else [] if ends is None else [ends]
    if model.generation_config.pad_token_id is None and listed:
        model.generation_config.pad_token_id = listed[0]
    return Loaded(tokenizer, model.to(device).eval(), frozenset(listed))


def words_of(error: BaseException) -> str:
    """A library's own words, on one line."""
    return _WORDLESS.message(f"{type(error).__name__}: {error}")
