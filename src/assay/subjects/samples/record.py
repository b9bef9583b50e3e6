"""From one record of a file to a sample, or to what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.errors import did_you_mean
from assay.core.exchange import Image, Message, Sample
from assay.subjects.samples.decoding import from_json

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = (
    "id", "input", "messages", "images", "target", "context", "choices", "cluster", "metadata",
)  # fmt: skip

_LISTS = ("messages", "images", "context", "choices", "metadata")
"""Fields that a cell of text may hold as JSON."""


class BadRecord(Exception):
    """What is wrong with a record: a clause for a person."""


def sample_of(record: Mapping[str, Any], number: int, fields: Mapping[str, str]) -> Sample:
    """The sample that a record holds.

    What is no field of a sample is kept among its ``metadata``: slices are taken from there.

    Args:
        number: of the record in its file, from 1: its id where it has none.
        fields: names in the record of our fields, where they differ.

    Raises:
        BadRecord: it does not hold a sample.
    """
    names = {field: fields.get(field, field) for field in FIELDS}
    given = {field: record.get(name) for field, name in names.items()}
    rest = {key: value for key, value in record.items() if key not in names.values()}
    own = _metadata(given["metadata"])
    if both := rest.keys() & own.keys():
        raise BadRecord(f"{sorted(both)[0]!r} stands in the record and in its metadata")
    sample = Sample(
        id=id_of(given["id"], number),
        input=text_of(given["input"], "input"),
        messages=_messages(given["messages"]),
        images=_images(given["images"]),
        target=texts_of(given["target"], "target"),
        context=texts_of(unpacked(given["context"], "context"), "context"),
        choices=texts_of(unpacked(given["choices"], "choices"), "choices"),
        cluster=None if given["cluster"] is None else text_of(given["cluster"], "cluster"),
        metadata={**rest, **own},
    )
    if not sample.input and not sample.messages:
        near = did_you_mean(names["input"], rest)
        raise BadRecord(f"it asks nothing: it has neither {names['input']!r} nor messages.{near}")
    return sample


def id_of(value: object, number: int) -> str:
    """The id of a record; its number in the file where it has none.

    Raises:
        BadRecord: it is none.
    """
    if value is None:
        return str(number)
    found = text_of(value, "id")
    if not found or len(found) > 500:
        raise BadRecord("its id must have from 1 to 500 characters")
    return found


def text_of(value: object, field: str) -> str:
    """Text as it is; a number or truth value as it is written in JSON.

    Raises:
        BadRecord: it is neither.
    """
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return msgspec.json.encode(value).decode()
    if not isinstance(value, str):
        raise BadRecord(f"{field!r} must be text, not {_kind(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRecord(f"{field!r} holds half a character (a lone surrogate)") from None
    return value


def texts_of(value: object, field: str) -> tuple[str, ...]:
    """One text, or a list of texts.

    Raises:
        BadRecord: it is neither.
    """
    if value is None or value == "":
        return ()
    if isinstance(value, list | tuple):
        return tuple(text_of(item, f"{field}[{i}]") for i, item in enumerate(value))
    return (text_of(value, field),)


def unpacked(value: object, field: str) -> object:
    """A list that a cell of text holds as JSON; all else as it is."""
    if not isinstance(value, str) or not value.startswith(("[", "{")) or field not in _LISTS:
        return value
    try:
        return from_json(value)
    except ValueError:
        return value


def _messages(value: object) -> tuple[Message, ...]:
    value = unpacked(value, "messages")
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not value:
        raise BadRecord("'messages' must be a list of turns, each with role and content")
    found = []
    for i, turn in enumerate(value):
        try:
            found.append(msgspec.convert(turn, Message))
        except msgspec.ValidationError as error:
            raise BadRecord(f"messages[{i}] is no turn: {error}") from None
        _whole(turn, f"messages[{i}]")
    return tuple(found)


def _images(value: object) -> tuple[Image, ...]:
    """Paths of images; what they are is looked at where they lie."""
    return tuple(Image(path=path) for path in texts_of(unpacked(value, "images"), "images"))


def _metadata(value: object) -> dict[str, Any]:
    value = unpacked(value, "metadata")
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise BadRecord(f"'metadata' must be a mapping, not {_kind(value)}")
    return value


def _whole(value: object, where: str) -> None:
    """Refuse half characters anywhere in it."""
    if isinstance(value, str):
        text_of(value, where)
    elif isinstance(value, dict):
        for key, item in value.items():
            _whole(item, f"{where}.{key}")
    elif isinstance(value, list):
        for item in value:
            _whole(item, where)


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else f"a {type(value).__name__}"
