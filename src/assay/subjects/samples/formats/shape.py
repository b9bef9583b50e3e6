"""Holding what a foreign file holds to the shape that its tool writes."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assay.subjects.samples.formats.foreign import ForeignFile

_File = TypeVar("_File", bound="ForeignFile")
_Read = TypeVar("_Read")


class Misshapen(Exception):
    """What of a file has another shape than its tool writes: a clause for a person."""


def mapping(value: Any, name: str) -> dict[str, Any]:
    """A mapping; an empty one for what is missing or empty.

    Raises:
        Misshapen: it is something else.
    """
    if not value:
        return {}
    if not isinstance(value, dict):
        raise Misshapen(f"{name!r} is {_kind(value)}, not a mapping")
    return value


def items(value: Any, name: str) -> list[Any]:
    """A list; an empty one for what is missing or empty.

    Raises:
        Misshapen: it is something else.
    """
    if not value:
        return []
    if not isinstance(value, list):
        raise Misshapen(f"{name!r} is {_kind(value)}, not a list")
    return value


def held_to_shape(
    method: Callable[[_File], Iterator[_Read]],
) -> Callable[[_File], Iterator[_Read]]:
    """A reader of a :class:`ForeignFile`, of which another shape is an error of the file."""

    @wraps(method)
    def read(self: _File) -> Iterator[_Read]:
        number = 1
        try:
            for one in method(self):
                yield one
                number += 1
        except Misshapen as error:
            raise self.unreadable(f"{error} ({self.place} {number})") from None
        except RecursionError:
            raise self.unreadable(f"it is nested too deeply ({self.place} {number})") from None

    return read


def _kind(value: Any) -> str:
    kinds = ((dict, "a mapping"), (list, "a list"), (str, "text"), (bool, "a truth value"))
    return next((kind for type_, kind in kinds if isinstance(value, type_)), "a number")
