"""Images that samples name: found beside the samples' file, held to what they are, and hashed."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.exchange import Image
from assay.subjects.samples.record import BadRecord

if TYPE_CHECKING:
    from assay.core.exchange import Message, Sample

LARGEST = 20 * 2**20
"""Bytes of an image: more is taken by no vendor."""
_BEGIN: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def media_of(content: bytes) -> str | None:
    """The media type of an image by its first bytes; None where it is none that models take."""
    for begin, media in _BEGIN:
        if content.startswith(begin):
            return media
    webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return "image/webp" if webp else None


def with_images(sample: Sample, *, beside: str, prefix: str) -> Sample:
    """The sample with its images found: each with its hash and its media type.

    Their paths, which start at the samples' file, start at the suite's folder afterwards.

    Args:
        beside: the folder of the samples' file.
        prefix: that folder as the suite names it.

    Raises:
        BadRecord: an image is missing, is none, is too large, or lies outside that folder.
    """
    parted = any(isinstance(message.content, list) for message in sample.messages)
    if not sample.images and not parted:
        return sample
    return msgspec.structs.replace(
        sample,
        images=tuple(_found(image.path, beside, prefix) for image in sample.images),
        messages=tuple(_turn(message, beside, prefix) for message in sample.messages),
    )


def _turn(message: Message, beside: str, prefix: str) -> Message:
    if not isinstance(message.content, list):
        return message
    parts = [_part(part, beside, prefix) for part in message.content]
    return msgspec.structs.replace(message, content=parts)


def _part(part: dict[str, Any], beside: str, prefix: str) -> dict[str, Any]:
    if part.get("type") != "image" or "path" not in part:
        return part
    path = part["path"]
    if not isinstance(path, str):
        raise BadRecord("the path of an image must be text")
    found: dict[str, Any] = msgspec.to_builtins(_found(path, beside, prefix))
    return part | found


def _found(path: str, beside: str, prefix: str) -> Image:
    """One image of a file."""
    if "\0" in path:
        raise BadRecord("the path of an image holds a character that no path can")
    whole = os.path.join(beside, path)
    home = os.path.realpath(beside)
    if os.path.commonpath([home, os.path.realpath(whole)]) != home:
        raise BadRecord(f"the image {path!r} lies outside the folder of the samples")
    try:
        if not stat.S_ISREG(os.stat(whole).st_mode):  # a pipe would be waited for
            raise BadRecord(f"{path!r} is no file")
        size = os.path.getsize(whole)
        if size > LARGEST:
            raise BadRecord(f"the image {path!r} has more than {LARGEST >> 20} MB")
        with open(whole, "rb") as file:
            content = file.read()
    except FileNotFoundError:
        raise BadRecord(f"there is no image {path!r} beside the samples") from None
    except OSError as error:
        raise BadRecord(f"the image {path!r} cannot be read: {error.strerror}") from None
    media = media_of(content)
    if media is None:
        raise BadRecord(f"{path!r} is no image: models take PNG, JPEG, GIF and WebP")
    shown = os.path.normpath(os.path.join(prefix, path))
    return Image(path=shown, sha256=hashlib.sha256(content).hexdigest(), media=media)
