"""What one call of a language model brought back."""

from __future__ import annotations

import msgspec

from assay.core.exchange import Finish, Tokens, ToolCall  # at run time: msgspec resolves them

MOST_TOKENS = 2**53
"""More is no count of tokens, and no column holds it."""


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one call brought back; for the fields see :class:`~assay.core.exchange.Answer`."""

    text: str = ""
    finish: Finish = "stop"
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    context: tuple[str, ...] = ()
    logprobs: tuple[float, ...] = ()
    tokens: Tokens = Tokens()
    seconds: float = 0.0
    first_token_s: float | None = None


def plausible(tokens: Tokens) -> Tokens:
    """The counts that can be: a server that says -5, or 10^25, has not said.

    A count below 0 would take money back from a budget.
    """
    said = (tokens.prompt, tokens.completion, tokens.cached)
    prompt, completion, cached = (
        n if n is not None and 0 <= n <= MOST_TOKENS else None for n in said
    )
    return Tokens(prompt=prompt, completion=completion, cached=cached)
