"""Money and tokens that a pass may use: calls stop before the bound is crossed, not after."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from assay.core.errors import SubjectError
from assay.core.exchange import Tokens

if TYPE_CHECKING:
    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Message

_TURN_TOKENS = 16
"""Beyond its text, what a chat template may add to a turn."""
_IMAGE_TOKENS = 50_000
"""The most that a vendor counts for one image (OpenAI's smallest models, in high detail)."""
_PER = 1_000_000


class Spent(NamedTuple):
    """Tokens, and money in the suite's currency."""

    tokens: int = 0
    money: float = 0.0


@dataclass(frozen=True)
class Prices:
    """Of a million tokens of prompt and of completion; None where not known."""

    prompt: float | None
    completion: float | None

    def cost(self, tokens: Tokens) -> float | None:
        """Money for a call; None where tokens or prices are not known."""
        if None in (tokens.prompt, tokens.completion, self.prompt, self.completion):
            return None
        assert tokens.prompt is not None
        assert tokens.completion is not None
        assert self.prompt is not None
        assert self.completion is not None
        return (tokens.prompt * self.prompt + tokens.completion * self.completion) / _PER


def prompt_bound(messages: tuple[Message, ...]) -> int:
    """No tokenizer makes more tokens of a prompt: one for each byte of its text, and as many for
    an image as any vendor counts."""
    return sum(_bytes(message) + _TURN_TOKENS for message in messages)


def _bytes(message: Message) -> int:
    content = message.content
    if isinstance(content, str):
        return len(content) if content.isascii() else len(content.encode("utf-8", "replace"))
    images = sum(part.get("type") in ("image", "image_url") for part in content or ())
    return len(msgspec.json.encode(message)) + images * _IMAGE_TOKENS


class Budget:
    """What may still be used; calls under way count with the most that they can use.

    Calls that fail count as nothing, as servers count them.

    Args:
        spent: by the answers that are there already.

    Raises:
        SubjectError: the budget cannot be kept: no price, or no bound of an answer's length.
    """

    def __init__(self, spec: LanguageModelSpec, spent: Spent) -> None:
        self._money, self._tokens = spec.budget, spec.budget_tokens
        self._prices = Prices(spec.price_prompt, spec.price_completion)
        self._longest = longest_answer(spec)
        self.limited = self._money is not None or self._tokens is not None
        self._hold_to_sense()
        self.spent = spent
        self.exhausted = False
        self._reserved = Spent()
        self._settled = asyncio.Event()

    def _hold_to_sense(self) -> None:
        if self.limited and self._longest is None:
            raise SubjectError(
                "A budget cannot be kept where an answer may be of any length.",
                hint="Set `max_tokens`, the most tokens of an answer.",
            )
        prices = (self._prices.prompt, self._prices.completion)
        if self._money is not None and None in prices:
            raise SubjectError(
                "A budget in money needs the prices of tokens.",
                hint="Set `price_prompt` and `price_completion`, of a million tokens each.",
            )

    async def reserve(self, messages: tuple[Message, ...]) -> Spent | None:
        """The most that a call can use, set aside; None where the budget does not allow it.

        It waits for calls under way where they, once settled, may leave enough.
        """
        if not self.limited:
            return Spent()
        worst = self._worst(messages)
        while not self.exhausted:
            if self._fits(worst):
                self._reserved = _sum(self._reserved, worst)
                return worst
            if self._reserved.tokens == 0:
                self.exhausted = True
                break
            self._settled.clear()
            await self._settled.wait()
        return None

    def settle(self, reserved: Spent, used: Tokens | None) -> None:
        """A call ended: with tokens used (the reserve, where not known), or, None, it failed."""
        if not self.limited:
            return
        self._reserved = Spent(
            self._reserved.tokens - reserved.tokens, self._reserved.money - reserved.money
        )
        if used is not None:
            known = used.prompt is not None and used.completion is not None
            total = (used.prompt or 0) + (used.completion or 0)
            actual = Spent(total, self._prices.cost(used) or 0.0) if known else reserved
            self.spent = _sum(self.spent, actual)
        self._settled.set()

    def _worst(self, messages: tuple[Message, ...]) -> Spent:
        tokens = Tokens(prompt=prompt_bound(messages), completion=self._longest)
        total = (tokens.prompt or 0) + (tokens.completion or 0)
        return Spent(total, self._prices.cost(tokens) or 0.0)

    def _fits(self, more: Spent) -> bool:
        after = _sum(_sum(self.spent, self._reserved), more)
        return (self._tokens is None or after.tokens <= self._tokens) and (
            self._money is None or after.money <= self._money + 1e-12 * self._money
        )

    def words(self) -> str:
        """The bound, for a person."""
        of = [f"{self._money:,.10g} of money"] if self._money is not None else []
        of += [f"{self._tokens:,} tokens"] if self._tokens is not None else []
        return " or ".join(of)


def _sum(a: Spent, b: Spent) -> Spent:
    return Spent(a.tokens + b.tokens, a.money + b.money)


def longest_answer(spec: LanguageModelSpec) -> int | None:
    """The most tokens of an answer, where the suite bounds it."""
    for name in ("max_completion_tokens", "max_tokens"):
        found = spec.options.get(name)
        if isinstance(found, int):
            return found
    return spec.max_tokens
