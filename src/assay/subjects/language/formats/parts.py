"""Turns taken apart for the formats that are not OpenAI's: system prompt, parts, tool calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from assay.subjects.language.failures import LastingFailure
from assay.subjects.language.text import well_formed

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.core.exchange import Message, ToolCall

_SYSTEM = ("system", "developer")
_DATA = re.compile(r"data:([\w.+/-]+);base64,")


class Picture(NamedTuple):
    """An image of a turn: its bytes in base64, or where it lies.

    Attributes:
        media: its media type; "" of one that lies elsewhere.
        data: base64; "" of one that lies elsewhere.
        url: where it lies; "" of one that is sent.
    """

    media: str
    data: str
    url: str


def system_of(messages: tuple[Message, ...]) -> str:
    """The text of all turns of the system, which the formats hold apart."""
    texts = [text_of(m) for m in messages if m.role in _SYSTEM]
    return "\n\n".join(text for text in texts if text)


def text_of(message: Message) -> str:
    """The text of a turn: of its parts that are text, where it comes in parts."""
    content = message.content
    if content is None or isinstance(content, str):
        return well_formed(content or "")
    parts = [part.get("text") for part in content if part.get("type") in ("text", None)]
    return well_formed("".join(part for part in parts if isinstance(part, str)))


def turns(
    messages: tuple[Message, ...],
    block: Callable[[Message], list[dict[str, Any]]],
    assistant: str,
    *,
    inside: str = "content",
) -> list[dict[str, Any]]:
    """The conversation without the system's turns, each as a role and blocks.

    Turns of one role that follow each other become one: results of several tools must.

    Args:
        block: the blocks of a turn.
        assistant: the format's word for the model's role.
        inside: the field that holds the blocks.
    """
    found: list[dict[str, Any]] = []
    for message in messages:
        if message.role in _SYSTEM:
            continue
        role = assistant if message.role == "assistant" else "user"
        blocks = block(message)
        if found and found[-1]["role"] == role:
            found[-1][inside] += blocks
        else:
            found.append({"role": role, inside: blocks})
    return found


def blocks_of(
    message: Message,
    text: Callable[[str], dict[str, Any]],
    picture: Callable[[Picture], dict[str, Any]],
) -> list[dict[str, Any]]:
    """The parts of a turn's content: text and images in the format's words, others as they are.

    Empty texts are left out: the formats refuse them.
    """
    content = message.content
    if content is None or isinstance(content, str):
        return [text(well_formed(content))] if content else []
    found = []
    for part in content:
        if part.get("type") == "text":
            if words := part.get("text"):
                found.append(text(well_formed(str(words))))
        elif part.get("type") == "image_url":
            found.append(picture(_picture(part)))
        else:
            found.append(part)
    return found


def _picture(part: dict[str, Any]) -> Picture:
    named = part.get("image_url")
    url = named.get("url") if isinstance(named, dict) else named
    if not isinstance(url, str):
        raise LastingFailure("an image of the question names no url")
    data = _DATA.match(url)
    return Picture(data[1], url[data.end() :], "") if data else Picture("", "", url)


def arguments_of(call: ToolCall) -> Any:
    """The arguments of a call that a turn repeats, as an object.

    Raises:
        LastingFailure: they are no JSON object, which these formats demand.
    """
    try:
        found = msgspec.json.decode(call.arguments or "{}")
    except msgspec.DecodeError:
        found = None
    if not isinstance(found, dict):
        raise LastingFailure(
            f"the arguments of the call of {call.name!r} in the question are no JSON object"
        )
    return found


def count(*numbers: int | None) -> int | None:
    """The sum of what was counted; None where nothing was."""
    known = [n for n in numbers if n is not None]
    return sum(known) if known else None
