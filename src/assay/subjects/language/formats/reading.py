"""Bodies of answers, from JSON to the records of a wire format."""

from __future__ import annotations

import json
from typing import TypeVar

import msgspec

from assay.subjects.language.formats.protocol import Malformed

T = TypeVar("T")


def decoded(body: bytes, decoder: msgspec.json.Decoder[T], whose: str) -> T:
    """A body of JSON.

    Args:
        whose: format it should be of, for a person (``"Google's"``).

    Raises:
        Malformed: it is not JSON, or not of the decoder's shape.
    """
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:  # lone surrogates and NaN, which some servers send
        return msgspec.convert(json.loads(body.decode("utf-8", "replace")), decoder.type)
    except msgspec.ValidationError as error:
        raise Malformed(f"the answer is not in {whose} format ({error})") from None
    except (ValueError, RecursionError):
        raise Malformed("the answer is not valid JSON") from None


def json_text(value: object) -> str:
    """A value as JSON text, as arguments of a tool call are kept."""
    return msgspec.json.encode(value).decode()
