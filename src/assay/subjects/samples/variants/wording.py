"""The text of a sample that variants put otherwise, and what of it they must leave as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.core.exchange import Sample

# Code, places to fill in, tags, addresses, and whatever holds a digit: 1,000 or 3 p.m. or B-12.
_AS_IT_IS = re.compile(
    r"```.*?```|`[^`\n]*`|\{[^{}\s]*\}|<[^<>\s][^<>\n]*>|\b\w+://\S+|\S+@\S+\.\w+|\S*\d\S*",
    re.DOTALL,
)
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
# Words that turn a question into its opposite, or bound what it asks for.
_WEIGHTY = frozenset(
    {
        "no", "not", "none", "nor", "never", "neither", "cannot", "without", "except", "only",
        "least", "most", "more", "less", "fewer", "all", "any", "every", "each", "both", "either",
        "before", "after", "true", "false", "yes",
    }
)  # fmt: skip


class Span(NamedTuple):
    """A piece of a text, from ``start`` to before ``end``."""

    start: int
    end: int


def asked(sample: Sample) -> str:
    """The text of the question: the input, or else the last turn of the user."""
    if sample.input:
        return sample.input
    at = _last_turn(sample)
    content = sample.messages[at].content if at is not None else ""
    return content if isinstance(content, str) else ""


def asking(sample: Sample, text: str) -> Sample | None:
    """The sample with another text of its question; None where it has this one, or has none."""
    if not text.strip() or text == asked(sample):
        return None
    if sample.input:
        return replace(sample, input=text)
    at = _last_turn(sample)
    if at is None:
        return None
    turns = list(sample.messages)
    turns[at] = replace(turns[at], content=text)
    return replace(sample, messages=tuple(turns))


def _last_turn(sample: Sample) -> int | None:
    """The last turn of the user that is text."""
    turns = sample.messages
    texts = (i for i, m in enumerate(turns) if m.role == "user" and isinstance(m.content, str))
    return max(texts, default=None)


def kept_as_is(sample: Sample) -> list[Span]:
    """Pieces of the question that no variant changes, in order.

    Code, addresses, tags, places to fill in, anything that holds a digit; words that weigh
    (negations, quantifiers); words of the targets and of the options; and the words that the
    sample's metadata lists as ``protected``.
    """
    text = asked(sample)
    found = [Span(*m.span()) for m in _AS_IT_IS.finditer(text)]
    words = _WEIGHTY | set(_words_of(sample))
    found += [Span(*m.span()) for m in _WORD.finditer(text) if m[0].casefold() in words]
    return sorted(found)


def free_words(sample: Sample, *, least: int) -> list[Span]:
    """Words of at least so many letters that a variant may change, in order."""
    kept = kept_as_is(sample)
    words = (Span(*m.span()) for m in _WORD.finditer(asked(sample)))
    return [w for w in words if w.end - w.start >= least and not touches(w, kept)]


def touches(span: Span, others: list[Span]) -> bool:
    """Whether the span has a character in common with any of the others."""
    return any(span.start < other.end and other.start < span.end for other in others)


def _words_of(sample: Sample) -> Iterator[str]:
    listed = sample.metadata.get("protected", ())
    listed = (listed,) if isinstance(listed, str) else listed
    texts = [*sample.target, *sample.choices]
    texts += [text for text in listed if isinstance(text, str)] if isinstance(
        listed, list | tuple
    ) else []  # fmt: skip
    for text in texts:
        yield from (m[0].casefold() for m in _WORD.finditer(text))
