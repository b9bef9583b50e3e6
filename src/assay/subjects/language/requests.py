"""What an application is asked: the template of its request's body, filled in from a sample."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PLACE = re.compile(r"\{(input|messages|context|choices|id|metadata(?:\.[\w-]+)?)\}")
"""Places of a template; other braces stay as they are."""


def filled_in(template: Any, values: Mapping[str, Callable[[], Any]]) -> Any:
    """The template with its places filled in, at any depth.

    A text that is a place and nothing else becomes the value itself, so that lists stay lists;
    within a longer text, values become text.

    Args:
        template: plain data, as a suite has it.
        values: of the places ``input``, ``messages``, ``context``, ``choices``, ``id`` and
            ``metadata``; ``metadata.name`` is one of its values, null where there is none.
    """
    match template:
        case str():
            whole = PLACE.fullmatch(template)
            if whole:
                return _value(whole[1], values)
            return PLACE.sub(lambda found: _text(_value(found[1], values)), template)
        case dict():
            return {key: filled_in(item, values) for key, item in template.items()}
        case list():
            return [filled_in(item, values) for item in template]
        case _:
            return template


def _value(name: str, values: Mapping[str, Callable[[], Any]]) -> Any:
    place, _, key = name.partition(".")
    value = values[place]()
    return value.get(key) if key else value


def _text(value: Any) -> str:
    """A value within a text: passages apart by blank lines, all else as JSON has it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return "\n\n".join(value)
    return msgspec.json.encode(value).decode()
