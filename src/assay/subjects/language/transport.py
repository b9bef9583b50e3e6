"""What comes over a connection: bodies of bounded size, and what its breaking means."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from assay.core.errors import SubjectError
from assay.subjects.language.failures import LastingFailure, TemporaryFailure
from assay.subjects.language.text import well_formed

if TYPE_CHECKING:
    import aiohttp

    from assay.subjects.language.text import Secrets

_LARGEST = 32 * 2**20
"""Bytes of an answer: more is no answer but a mistake, and would fill the memory."""


async def content_of(response: aiohttp.ClientResponse) -> bytes:
    """A response's body.

    Raises:
        LastingFailure: it is too large.
    """
    packed = "Content-Encoding" in response.headers  # the length is then that of what is packed
    if response.content_length is not None and not packed:
        hold_to_size(response.content_length)
        return await response.read()
    parts, size = [], 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        hold_to_size(size)
        parts.append(chunk)
    return b"".join(parts)


def hold_to_size(size: int) -> None:
    """Refuse a body of so many bytes.

    Raises:
        LastingFailure: it is too large.
    """
    if size > _LARGEST:
        raise LastingFailure(f"the answer is larger than {_LARGEST >> 20} MB")


def broken(error: aiohttp.ClientError, place: str, secrets: Secrets) -> Exception:
    """What a broken connection comes to."""
    import aiohttp

    words = secrets.message(well_formed(str(error)))
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return SubjectError(f"The certificate of {place} is not valid: {words}.")
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.errno or 0  # names that are not known have numbers below 0
        reason = os.strerror(number) if number > 0 else error.strerror or words
        return TemporaryFailure(f"nobody answers at {place} ({reason})", cause="unreachable")
    if isinstance(error, aiohttp.ClientPayloadError):
        return TemporaryFailure("the answer ended early", cause="network")
    if isinstance(error, aiohttp.ClientResponseError):
        return TemporaryFailure("the server does not speak HTTP", cause="malformed")
    return TemporaryFailure("the connection broke", cause="network")
