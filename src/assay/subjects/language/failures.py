"""How a call of a language model fails, by what can be done about it.

What no other call would survive (a wrong key, a model that is not there) is a
:class:`~assay.core.errors.SubjectError`: it ends the collection.
"""

from __future__ import annotations

from typing import Literal

Cause = Literal["rate", "server", "network", "unreachable", "timeout", "malformed"]
"""Why a call may be tried again: too many calls; the server failed; the connection broke; nobody
is there; no answer in time; an answer that is none."""


class CallFailure(Exception):
    """A call has no answer; the text says why, in words that may be shown and stored."""


class TemporaryFailure(CallFailure):
    """The same call may succeed later.

    Args:
        text: why it failed.
        cause: of the failure.
        wait_s: seconds that the server asks to wait; None where it does not say.
    """

    def __init__(self, text: str, *, cause: Cause, wait_s: float | None = None) -> None:
        super().__init__(text)
        self.cause = cause
        self.wait_s = wait_s


class LastingFailure(CallFailure):
    """The same call would fail again; calls for other samples need not."""
