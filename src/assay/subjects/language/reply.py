"""What one call of a language model brought back."""

from __future__ import annotations

import msgspec

from assay.core.exchange import Finish, Tokens, ToolCall  # at run time: msgspec resolves them


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
