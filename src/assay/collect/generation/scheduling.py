"""One pass over samples: so many calls in flight, each tried again as long as that may help."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from assay.collect.generation.budget import Prices, prompt_bound
from assay.collect.generation.layout import asked
from assay.collect.generation.pace import Bucket
from assay.collect.generation.patience import Patience
from assay.core.errors import SubjectError
from assay.core.exchange import Answer
from assay.subjects.language.failures import LastingFailure, TemporaryFailure
from assay.subjects.language.reply import Reply
from assay.subjects.language.turns import turns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.collect.generation.budget import Budget
    from assay.collect.generation.cache import ReplyCache
    from assay.collect.generation.layout import Asked
    from assay.collect.generation.store import Left
    from assay.collect.generation.telling import Teller
    from assay.collect.generation.writing import Writer
    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Message, Sample
    from assay.subjects.language.model import LanguageModel

_NOBODY = 3
"""Attempts of one call after which nobody is taken to be at an address that never answered."""
_IN_VAIN = 20
"""Samples in a row that got no answer, or twice as many as are in flight: the pass ends."""
_BREATH = 200
"""Rows without a call between two looks at what else there is to do (Ctrl-C, say)."""


class Scheduler:
    """Asks what is to be asked, ``spec.concurrency`` calls at a time.

    Args:
        left: what an earlier pass left; what it finished is not asked again.
        repeats: answers to each sample.
    """

    def __init__(
        self,
        model: LanguageModel,
        spec: LanguageModelSpec,
        *,
        repeats: int,
        left: Left,
        budget: Budget,
        cache: ReplyCache | None,
        writer: Writer,
        teller: Teller,
    ) -> None:
        self._model, self._spec, self._repeats = model, spec, repeats
        self._left, self._budget, self._cache = left, budget, cache
        self._writer, self._teller = writer, teller
        self._prices = Prices(spec.price_prompt, spec.price_completion)
        self._requests = Bucket(spec.requests_per_minute) if spec.requests_per_minute else None
        self._tokens = Bucket(spec.tokens_per_minute) if spec.tokens_per_minute else None
        self._longest_seen = 0
        self._jitter = random.Random()  # noqa: S311  # spreads waits, guards nothing
        self._heard = False
        self._in_vain = self._got = 0
        self._last_words = ""
        self.reused = self.mended = 0

    async def run(self, samples: Iterator[Sample]) -> None:
        """Ask all.

        Raises:
            SubjectError: every call would fail; a sample cannot be read.
            StorageError: answers cannot be kept.
        """
        todo = self._todo(samples)
        workers = [asyncio.create_task(self._work(todo)) for _ in range(self._spec.concurrency)]
        try:
            done, _ = await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
            for worker in done:
                worker.result()
            if self._in_vain and not self._got:
                raise self._vain("None of the samples got an answer")
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    def _todo(self, samples: Iterator[Sample]) -> Iterator[tuple[Asked, int, bytes]]:
        """What is still to be asked; what stands in a part is passed over."""
        for sample in samples:
            ready = asked(sample)
            self.mended += ready.mended
            for repeat in range(self._repeats):
                key = ready.key(repeat)
                if key in self._left.finished:
                    self._left.finished.discard(key)
                    self.reused += 1
                    self._got += 1
                    self._teller.one()
                else:
                    yield ready, repeat, key

    async def _work(self, todo: Iterator[tuple[Asked, int, bytes]]) -> None:
        """One of the workers: each has one call in flight at most."""
        quick = 0
        for ready, repeat, key in todo:
            kept = self._left.journaled.pop(key, None)
            if kept is not None:
                self.reused += 1
                self._remember(ready, repeat, kept)
                answer = kept
            else:
                answer = await self._answer(ready, repeat, key)
                if answer.attempts:
                    self._writer.journal(key, answer)
            await self._writer.add(key, ready, answer)
            self._got += not answer.error
            self._teller.one(answer.cost)
            called = kept is None and answer.attempts > 0
            quick = 0 if called else quick + 1
            if quick >= _BREATH:
                quick = 0
                await asyncio.sleep(0)

    def _remember(self, ready: Asked, repeat: int, kept: Answer) -> None:
        """Put an answer of the journal into the cache: a kill may have come before it was there."""
        if self._cache is None or kept.error or kept.cached or kept.seconds is None:
            return
        reply = Reply(
            text=kept.text, finish=kept.finish, refusal=kept.refusal, tool_calls=kept.tool_calls,
            reasoning=kept.reasoning, context=kept.context, logprobs=kept.logprobs,
            tokens=kept.tokens, seconds=kept.seconds, first_token_s=kept.first_token_s,
        )  # fmt: skip
        self._cache.put(self._cache.key(turns_of(ready.sample, self._spec), repeat), reply)

    async def _answer(self, ready: Asked, repeat: int, key: bytes) -> Answer:
        """The answer to one sample, or why there is none."""
        messages = turns_of(ready.sample, self._spec)
        unit = ready.sample.id
        earlier = self._left.failed.get(key, 0)
        name = b""
        if self._cache is not None:
            name = self._cache.key(messages, repeat)
            kept = self._cache.get(name)
            if kept is not None:
                return self._answered(kept, unit, repeat, attempts=earlier, cached=True)
        reply, error, attempts = await self._tried(messages)
        if reply is None:
            return Answer(unit=unit, repeat=repeat, attempts=earlier + attempts, error=error)
        if self._cache is not None:
            self._cache.put(name, reply)
        return self._answered(reply, unit, repeat, attempts=earlier + attempts, cached=False)

    def _answered(
        self, reply: Reply, unit: str, repeat: int, *, attempts: int, cached: bool
    ) -> Answer:
        cost = self._prices.cost(reply.tokens)
        return Answer(
            unit=unit, repeat=repeat, text=reply.text, finish=reply.finish, refusal=reply.refusal,
            tool_calls=reply.tool_calls, reasoning=reply.reasoning, context=reply.context,
            logprobs=reply.logprobs, tokens=reply.tokens,
            cost=0.0 if cached and cost is not None else cost, seconds=reply.seconds,
            first_token_s=reply.first_token_s, attempts=attempts, cached=cached,
        )  # fmt: skip

    async def _tried(self, messages: tuple[Message, ...]) -> tuple[Reply | None, str, int]:
        """A reply, or the words why there is none; and how many calls were made."""
        patience = Patience(self._spec.attempts, self._jitter)
        attempts = 0
        while True:
            reserved = await self._budget.reserve(messages)
            if reserved is None:
                why = f"not asked: the budget of {self._budget.words()} is used up"
                return None, why, attempts
            reply = None
            try:
                taken = await self._paced(messages)
                attempts += 1
                reply = await self._model.ask(messages)
            except TemporaryFailure as failure:
                self._hold_to_somebody(failure, attempts)
                wait, words = patience.wait(failure), str(failure)
            except LastingFailure as failure:
                self._heard = True
                wait, words = None, str(failure)
            finally:
                self._budget.settle(reserved, reply.tokens if reply is not None else None)
            if reply is not None:
                self._in_vain, self._heard = 0, True
                self._repaid(taken, reply)
                return reply, "", attempts
            if wait is None:
                self._count_in_vain(words)
                return None, words, attempts
            await asyncio.sleep(wait)

    async def _paced(self, messages: tuple[Message, ...]) -> float:
        """Wait until the limits allow a call; the tokens that it is taken to use."""
        if self._requests is not None:
            await self._requests.take()
        if self._tokens is None:
            return 0.0
        expected = prompt_bound(messages) / 3 + (self._spec.max_tokens or self._longest_seen)
        await self._tokens.take(expected)
        return expected

    def _repaid(self, taken: float, reply: Reply) -> None:
        """Correct what was taken of the tokens' limit by what was used."""
        prompt, completion = reply.tokens.prompt, reply.tokens.completion
        self._longest_seen = max(self._longest_seen, completion or 0)
        if self._tokens is not None and prompt is not None and completion is not None:
            self._tokens.settle(taken, prompt + completion)

    def _hold_to_somebody(self, failure: TemporaryFailure, attempts: int) -> None:
        """End the pass where nobody ever answered at the address.

        Raises:
            SubjectError: nobody is there.
        """
        if failure.cause != "unreachable":
            self._heard = True
        elif not self._heard and attempts >= min(_NOBODY, self._spec.attempts):
            raise SubjectError(
                f"The language model cannot be reached: {failure}.",
                hint="Is the server running, and is the address right?",
            )

    def _count_in_vain(self, words: str) -> None:
        """End the pass where one sample after the other gets no answer.

        Raises:
            SubjectError: it is of no use to go on.
        """
        self._in_vain += 1
        self._last_words = words
        if self._in_vain >= max(_IN_VAIN, 2 * self._spec.concurrency):
            raise self._vain(f"{self._in_vain} samples in a row got no answer")

    def _vain(self, what: str) -> SubjectError:
        return SubjectError(
            f"{what}; the last one: {self._last_words}.",
            hint="With `cache: true`, another run takes the answers that came.",
        )
