"""Text that came from elsewhere: made fit to encode, to show in an error, and free of secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN = "***"
_SHORTEST = 6
"""Letters of a value that is hidden: hiding shorter ones would garble innocent text."""
_KEY_LIKE = re.compile(r"\b(?:sk|pk|key|bearer)[-_ ][\w*.\-]{6,}", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")
_SURROGATES = re.compile("[\ud800-\udfff]")
_LONGEST = 300


def well_formed(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, which UTF-8 cannot hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text)
    return text


class Secrets:
    """Values that must not be seen, in what a server says back.

    Args:
        values: the secrets; those of fewer than six letters are left alone.
    """

    def __init__(self, values: Iterable[str]) -> None:
        kept = {v.strip() for v in values if len(v.strip()) >= _SHORTEST}
        self._values = tuple(sorted(kept, key=len, reverse=True))

    def __repr__(self) -> str:
        return f"Secrets({len(self._values)})"

    def hidden(self, text: str) -> str:
        """The text without them."""
        for value in self._values:
            if value in text:
                text = text.replace(value, HIDDEN)
        return text

    def message(self, text: str) -> str:
        """A server's words for an error: one line, of bounded length, without secrets, without
        what looks like part of a key, and without what a terminal would obey."""
        shown = _KEY_LIKE.sub(HIDDEN, self.hidden(well_formed(text)))
        shown = " ".join(_CONTROL.sub(" ", shown).split())
        return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
