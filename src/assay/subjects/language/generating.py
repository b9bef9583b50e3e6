"""How a model in this process makes an answer: settings, the end, and the tokens' probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from assay.core.errors import SubjectError
from assay.subjects.language.failures import LastingFailure
from assay.subjects.language.formats.completions import LEAST_LOGPROB

if TYPE_CHECKING:
    import threading

    from assay.core.check import LanguageModelSpec
    from assay.subjects.language.loading import Loaded

LONGEST = 512
"""Tokens of an answer where a suite does not say."""
_CODE = ("custom_generate", "trust_remote_code", "assistant_model")
"""Options that would load something else."""


@dataclass
class Watch:
    """Sees each token as it is made: notes the first, and ends what nobody waits for."""

    left: threading.Event
    began: float
    first_s: float | None = None

    def __call__(self, ids: Any, _scores: Any, **_: Any) -> Any:
        import torch

        if self.first_s is None:
            self.first_s = perf_counter() - self.began
        return torch.full((ids.shape[0],), self.left.is_set(), dtype=torch.bool, device=ids.device)


def settings_of(spec: LanguageModelSpec, loaded: Loaded, asked: int) -> dict[str, Any]:
    """How the model samples; what the suite leaves open is left to its own settings.

    Args:
        asked: tokens of the question.

    Raises:
        SubjectError: an option is none of transformers', or would load something else.
    """
    longest = loaded.longest
    most = spec.max_tokens or LONGEST
    found: dict[str, Any] = {
        "max_new_tokens": most if longest is None else min(most, longest - asked),
        "max_time": spec.timeout_s,
        "return_dict_in_generate": True,
        "output_logits": spec.logprobs,
    }
    if spec.stop:
        found["stop_strings"] = list(spec.stop)
    if spec.temperature is not None:
        found["do_sample"] = spec.temperature > 0
        # Greedy search has no temperature; its own values of both are taken back.
        found["temperature"] = spec.temperature or None
        found["top_p"] = spec.top_p
    elif spec.top_p is not None:
        found |= {"do_sample": True, "top_p": spec.top_p}
    if found.get("do_sample") is False:
        found["top_k"] = None
    return found | _options(spec)


def _options(spec: LanguageModelSpec) -> dict[str, Any]:
    from transformers import GenerationConfig

    known = set(GenerationConfig().to_dict()) - set(_CODE)
    for name in spec.options:
        if name not in known:
            raise SubjectError(f"transformers knows no setting {name!r} of generation.")
    return dict(spec.options)


def cut(text: str, stops: tuple[str, ...]) -> tuple[str, bool]:
    """The text before the first stop, and whether there was one: servers leave it out too."""
    places = [at for stop in stops if (at := text.find(stop)) >= 0]
    return (text[: min(places)], True) if places else (text, False)


def logprobs_of(logits: Any, ids: list[int]) -> tuple[float, ...]:
    """Logarithms of the probabilities of the tokens, as the model gave them, before sampling."""
    import torch

    found = []
    for step, token in zip(logits, ids, strict=True):
        value = float(torch.log_softmax(step[0].float(), dim=-1)[token])
        if value != value:
            raise LastingFailure("the model's scores are not numbers (NaN)")
        found.append(max(value, LEAST_LOGPROB))
    return tuple(found)
