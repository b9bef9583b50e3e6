"""How large a document is with its aliases written out, before anything walks through it.

In YAML one value may stand in many places (``&a``, ``*a``): ten lines can be a thousand million
values ("billion laughs"), or a value that holds itself.
"""

from __future__ import annotations

from typing import Any

MOST_VALUES = 1_000_000
_TEXT = 100
"""Letters of a text that count as one value."""


def hold_to_written_out(document: Any, *, most: int = MOST_VALUES) -> None:
    """Refuse a document that would be too large, or without end.

    Raises:
        ValueError: it has more values than ``most``, or holds itself.
    """
    _size(document, {}, most)


def _size(value: Any, sizes: dict[int, int | None], most: int) -> int:
    """Values of a document; each is counted once, and added wherever it stands."""
    if not isinstance(value, dict | list):
        return 1 + (len(value) // _TEXT if isinstance(value, str | bytes) else 0)
    place = id(value)
    if place in sizes:
        known = sizes[place]
        if known is None:
            raise ValueError("a value in it holds itself")
        return known
    sizes[place] = None
    inner = [*value, *value.values()] if isinstance(value, dict) else value
    size = 1
    for one in inner:
        size += _size(one, sizes, most)
        if size > most:
            raise ValueError(f"it holds more than {most:,} values (aliases written out)")
    sizes[place] = size
    return size
