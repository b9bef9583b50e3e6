"""A language model in this process: Hugging Face ``transformers``, on the weights themselves."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from time import perf_counter
from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.errors import MissingExtraError, SubjectError
from assay.core.exchange import Tokens
from assay.subjects.language.failures import LastingFailure, TemporaryFailure
from assay.subjects.language.formats.parts import text_of
from assay.subjects.language.generating import Watch, cut, logprobs_of, settings_of
from assay.subjects.language.loading import Loaded, load, words_of
from assay.subjects.language.reply import Reply
from assay.subjects.language.text import well_formed
from assay.subjects.language.threads import in_thread
from assay.subjects.language.weights import Weights, find_weights

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Message


def open_local(spec: LanguageModelSpec, *, folder: str) -> LocalModel:
    """The model that ``spec.local`` names; it is loaded when it is asked.

    Raises:
        SubjectError: there is no such model, or no weights that are safe to load.
        MissingExtraError: torch or transformers are not installed.
    """
    import importlib.util

    for library in ("torch", "transformers"):
        if importlib.util.find_spec(library) is None:
            raise MissingExtraError(library, "transformers")
    return LocalModel(spec, find_weights(spec.local or "", folder=folder))


class LocalModel:
    """Weights as a :class:`~assay.subjects.language.model.LanguageModel`.

    One question is answered at a time: more would share the same processor. A question's seconds
    are its own, without those that it waited for others. No code of the model's author is run:
    weights are safetensors, and models that bring code of their own are refused.
    """

    def __init__(self, spec: LanguageModelSpec, weights: Weights) -> None:
        self._spec, self._weights = spec, weights
        self._loaded: Loaded | None = None
        self._digest = weights.fingerprint

    def __repr__(self) -> str:
        return f"LocalModel({self._weights.name})"

    @property
    def description(self) -> str:
        """The model's name."""
        return f"{self._weights.name} in transformers"

    @property
    def fingerprint(self) -> str:
        """Hash of the files, the sampling and the prompt."""
        spec = self._spec
        asked = (
            self._digest, spec.system, spec.template, spec.temperature, spec.top_p,
            spec.max_tokens, spec.stop, spec.seed, dict(spec.options), spec.logprobs,
        )  # fmt: skip
        content = msgspec.json.encode(asked, order="deterministic")
        return f"sha256:{hashlib.sha256(b'assay.local/1' + content).hexdigest()}"

    async def __aenter__(self) -> Self:
        self._one_at_a_time = asyncio.Lock()
        if self._loaded is None:
            self._loaded = await in_thread(load, self._weights)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loaded = None

    async def ask(self, messages: tuple[Message, ...]) -> Reply:
        """One answer."""
        assert self._loaded is not None, "a language model is asked within its context"
        loaded = self._loaded
        async with self._one_at_a_time:
            left = threading.Event()
            try:
                return await in_thread(lambda m: self._answer(loaded, m, left), messages)
            finally:
                left.set()  # nobody waits any more: the thread stops at its next token

    def _answer(
        self, loaded: Loaded, messages: tuple[Message, ...], left: threading.Event
    ) -> Reply:
        import torch
        from transformers import StoppingCriteriaList

        ids = self._prompt(loaded, messages)
        watch = Watch(left, perf_counter())
        if self._spec.seed is not None:
            torch.manual_seed(self._spec.seed)
        try:
            with torch.inference_mode():
                made = loaded.model.generate(
                    ids, attention_mask=torch.ones_like(ids), tokenizer=loaded.tokenizer,
                    stopping_criteria=StoppingCriteriaList([watch]),
                    **settings_of(self._spec, loaded, ids.shape[1]),
                )  # fmt: skip
        except (RuntimeError, ValueError, IndexError) as error:  # of torch: no memory, NaN, a shape
            raise LastingFailure(words_of(error)) from error
        return self._reply(loaded, made, ids.shape[1], watch)

    def _prompt(self, loaded: Loaded, messages: tuple[Message, ...]) -> Any:
        """The question's tokens, as the model's chat template has them.

        Raises:
            LastingFailure: the template cannot say it, or it is longer than the model reads.
        """
        from jinja2.exceptions import TemplateError

        tokenizer = loaded.tokenizer
        turns = [{"role": m.role, "content": _said(m)} for m in messages]
        if tokenizer.chat_template is not None:
            try:
                text = tokenizer.apply_chat_template(
                    turns, tokenize=False, add_generation_prompt=True
                )
            except TemplateError as error:
                raise LastingFailure(f"the chat template refuses: {words_of(error)}") from None
            ids = tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
        elif len(turns) == 1:
            ids = tokenizer(turns[0]["content"], return_tensors="pt").input_ids
        else:
            raise SubjectError(
                f"{self._weights.name!r} has no chat template, and is asked with several turns.",
                hint="A model that was not made for chats goes on with one text: use `template`.",
            )
        longest = loaded.longest
        if longest is not None and ids.shape[1] >= longest:
            raise LastingFailure(
                f"the question has {ids.shape[1]:,} tokens, and the model reads {longest:,} with "
                "its answer"
            )
        if ids.shape[1] == 0:
            raise LastingFailure("the question has no tokens")
        return ids.to(loaded.model.device)

    def _reply(self, loaded: Loaded, made: Any, asked: int, watch: Watch) -> Reply:
        """The answer that was made.

        Raises:
            TemporaryFailure: it was not finished in time.
        """
        seconds = perf_counter() - watch.began
        ids = made.sequences[0, asked:].tolist()
        ended = bool(ids) and ids[-1] in loaded.ends
        text, stopped = cut(loaded.tokenizer.decode(ids, skip_special_tokens=True), self._spec.stop)
        if seconds > self._spec.timeout_s and not ended and not stopped:
            raise TemporaryFailure(f"no answer within {self._spec.timeout_s:g} s", cause="timeout")
        return Reply(
            text=well_formed(text),
            finish="stop" if ended or stopped else "length",
            logprobs=logprobs_of(made.logits, ids) if self._spec.logprobs else (),
            tokens=Tokens(prompt=asked, completion=len(ids)),
            seconds=seconds,
            first_token_s=watch.first_s,
        )


def _said(message: Message) -> str:
    """The text of a turn.

    Raises:
        LastingFailure: it holds what is no text.
    """
    content = message.content
    if isinstance(content, list) and any(part.get("type") != "text" for part in content):
        raise LastingFailure("a local model is asked with text alone")
    return text_of(message)
