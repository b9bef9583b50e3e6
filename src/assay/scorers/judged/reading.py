"""Reading a judge's reply: what was asked for, or nothing at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from assay.core.judged import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN = 300
_THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
"""What some models put before their reply, where the server does not part it."""
_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)\n?```", re.DOTALL | re.IGNORECASE)
T = TypeVar("T")


def last_line(reply: str, word: str) -> tuple[str, str]:
    """What follows ``WORD:`` on the reply's last line, and the text before that line.

    Emphasis around it (``**GRADE: 3**``) does not matter.

    Raises:
        Unreadable: the last line is no such line, or an earlier one says something else.
    """
    lines = [line for line in reply.strip().splitlines() if line.strip()]
    shape = re.compile(rf"[\s*_#>`]*{word}\s*:[\s*_`]*(.+?)[\s*_`.]*", re.IGNORECASE)
    found = [(at, match[1].strip()) for at, line in enumerate(lines)
             if (match := shape.fullmatch(line))]  # fmt: skip
    if not found or found[-1][0] != len(lines) - 1:
        raise Unreadable(f"its last line is not `{word}: …`")
    if len({value.casefold() for _, value in found}) > 1:
        raise Unreadable(f"it gives more than one {word}")
    return found[-1][1], "\n".join(lines[: found[0][0]])


def grade(reply: str, low: float, high: float) -> tuple[float, str]:
    """The number on the reply's last line (``GRADE: 3``, ``GRADE: 3/5``), and the text before it.

    Raises:
        Unreadable: there is none, or it lies outside the scale.
    """
    written, before = last_line(reply, "GRADE")
    match = re.fullmatch(r"(-?\d{1,6}(?:\.\d{1,6})?)(?:\s*/\s*(\d{1,6}))?", written)
    if match is None or (match[2] is not None and float(match[2]) != high):
        raise Unreadable(f"{shown(written, 40)} is no grade from {low:g} to {high:g}")
    value = float(match[1])
    if not low <= value <= high:
        raise Unreadable(f"the grade {value:g} does not lie from {low:g} to {high:g}")
    return value, before


def choice(reply: str, word: str, choices: Sequence[str]) -> tuple[str, str]:
    """The choice on the reply's last line (``VERDICT: SAME``), and the text before it.

    Raises:
        Unreadable: there is none, or it is another.
    """
    written, before = last_line(reply, word)
    for one in choices:
        if written.casefold() == one.casefold():
            return one, before
    raise Unreadable(f"{shown(written, 40)} is none of {', '.join(choices)}")


def decoded(reply: str, shape: type[T]) -> T:
    """The reply as JSON of the shape that was asked for; it may stand alone, or in one fence.

    Raises:
        Unreadable: it is no such JSON.
    """
    reply = _THOUGHT.sub("", reply, count=1) if reply.lstrip().startswith("<think>") else reply
    fences = _FENCE.findall(reply)
    text = fences[0] if len(fences) == 1 else reply
    try:
        return msgspec.json.decode(text.strip().encode("utf-8", "replace"), type=shape)
    except msgspec.DecodeError as error:
        raise Unreadable(f"it is not the JSON that was asked for ({_clause(error)})") from None


def flags(reply: str, wanted: int) -> list[bool]:
    """A JSON list of so many truth values.

    Raises:
        Unreadable: it is none, or has another length.
    """
    found: list[Any] = decoded(reply, list[bool])
    if len(found) != wanted:
        raise Unreadable(f"it has {len(found)} verdicts, not {wanted}")
    return found


def texts(reply: str) -> list[str]:
    """A JSON list of texts, without empty ones.

    Raises:
        Unreadable: it is none.
    """
    return [text.strip() for text in decoded(reply, list[str]) if text.strip()]


def shown(text: str, most: int = _SHOWN) -> str:
    """A text for a person, cut."""
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= most else f"{flat[:most]} …")


def _clause(error: Exception) -> str:
    return str(error).split(" - at")[0].rstrip(".")[:80]
