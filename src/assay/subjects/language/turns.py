"""From a sample to the turns that a model is asked with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assay.core.exchange import Message

if TYPE_CHECKING:
    from assay.core.check import LanguageModelSpec
    from assay.core.exchange import Sample

_PLACES = re.compile(r"\{(input|context|choices)\}")


def turns_of(sample: Sample, spec: LanguageModelSpec) -> tuple[Message, ...]:
    """System prompt, the sample's own turns, and its input as the user's turn.

    A template makes the user's turn where the sample has an input, or has no turns of its own.
    """
    turns = [Message(role="system", content=spec.system)] if spec.system is not None else []
    turns += sample.messages
    if sample.input or not sample.messages:
        text = sample.input if spec.template is None else filled(spec.template, sample)
        turns.append(Message(role="user", content=text))
    return tuple(turns)


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
