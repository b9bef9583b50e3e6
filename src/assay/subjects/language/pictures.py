"""Images on their way to a model: from a path in a turn to what is sent."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from typing import TYPE_CHECKING, Any

import msgspec

from assay.subjects.language.failures import LastingFailure

if TYPE_CHECKING:
    from assay.core.exchange import Image, Message


def part_of(image: Image) -> dict[str, Any]:
    """The part of a turn that names an image."""
    return {"type": "image", **msgspec.to_builtins(image)}


async def with_pictures(messages: tuple[Message, ...], folder: str) -> tuple[Message, ...]:
    """The turns with their images as OpenAI's format has them, which others are made from.

    Args:
        folder: where paths start.

    Raises:
        LastingFailure: an image is not there any more, or is another one.
    """
    parts = (p for m in messages if isinstance(m.content, list) for p in m.content)
    if not any(part.get("type") == "image" for part in parts):
        return messages
    return await asyncio.to_thread(_read, messages, folder)


def _read(messages: tuple[Message, ...], folder: str) -> tuple[Message, ...]:
    return tuple(
        msgspec.structs.replace(m, content=[_sent(part, folder) for part in m.content])
        if isinstance(m.content, list)
        else m
        for m in messages
    )


def _sent(part: dict[str, Any], folder: str) -> dict[str, Any]:
    if part.get("type") != "image" or "sha256" not in part:
        return part
    path = part["path"]
    try:
        with open(os.path.join(folder, path), "rb") as file:
            content = file.read()
    except OSError as error:
        raise LastingFailure(f"the image {path!r} cannot be read: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != part["sha256"]:
        raise LastingFailure(f"the image {path!r} was changed while samples were asked")
    data = base64.b64encode(content).decode()
    return {"type": "image_url", "image_url": {"url": f"data:{part['media']};base64,{data}"}}
