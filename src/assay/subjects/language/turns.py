"""From a sample to the turns that a model is asked with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assay.core.exchange import Message
from assay.subjects.language.formats.application import REQUEST
from assay.subjects.language.formats.openai import wire_turn
from assay.subjects.language.pictures import part_of
from assay.subjects.language.requests import filled_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Sample

_PLACES = re.compile(r"\{(input|context|choices)\}")


def turns_of(sample: Sample, spec: LanguageModelSpec) -> tuple[Message, ...]:
    """System prompt, the sample's own turns, and its input as the user's turn.

    A template makes the user's turn where the sample has an input, or has no turns of its own.
    What an application is asked with is one turn: its request.
    """
    if spec.application is not None:
        body = filled_in(spec.application.body, _places(sample, spec))
        return (Message(role="user", content=[{"type": REQUEST, "body": body}]),)
    return _conversation(sample, spec)


def _places(sample: Sample, spec: LanguageModelSpec) -> dict[str, Callable[[], Any]]:
    """What a request may hold of a sample."""
    return {
        "input": lambda: sample.input,
        "messages": lambda: [wire_turn(turn) for turn in _conversation(sample, spec)],
        "context": lambda: list(sample.context),
        "choices": lambda: list(sample.choices),
        "id": lambda: sample.id,
        "metadata": lambda: sample.metadata,
    }


def _conversation(sample: Sample, spec: LanguageModelSpec) -> tuple[Message, ...]:
    turns = [Message(role="system", content=spec.system)] if spec.system is not None else []
    turns += sample.messages
    if sample.input or not sample.messages:
        text = sample.input if spec.template is None else filled(spec.template, sample)
        turns.append(Message(role="user", content=_with_images(text, sample)))
    return tuple(turns)


def _with_images(text: str, sample: Sample) -> str | list[dict[str, Any]]:
    if not sample.images:
        return text
    return [{"type": "text", "text": text}, *map(part_of, sample.images)]


def filled(template: str, sample: Sample) -> str:
    """The template with its three places filled in; other braces stay, and so do those that the
    sample itself holds."""
    values = {
        "input": sample.input,
        "context": "\n\n".join(sample.context),
        "choices": "\n".join(f"{letter(i)}. {text}" for i, text in enumerate(sample.choices)),
    }
    return _PLACES.sub(lambda found: values[found[1]], template)


def letter(position: int) -> str:
    """The letter of an option: A, B … Z, then AA, AB and so on."""
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
