"""JSON of people's files: what is none, or nested without end, is one kind of error."""

from __future__ import annotations

from typing import Any

import msgspec


def from_json(text: str | bytes) -> Any:
    """The value that a JSON text holds.

    Raises:
        ValueError: it is no JSON, not UTF-8, or nested too deeply to be read.
    """
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
