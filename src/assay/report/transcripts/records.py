"""A transcript as the page's script reads it: lists and short keys of ours, texts made inert.

No key comes from outside, and every text passes :func:`assay.report.text.visible`: what is
invisible is spelled out. The script puts texts into text nodes, never into markup.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec

from assay.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assay.core.exchange import Answer, Message
    from assay.core.transcript import Judged, Transcript

TEXT = 8_000
"""Characters of one text that are shown; of longer ones the beginning and the end."""

ALL = 40_000
"""Characters of a transcript that are shown; texts after those are cut short."""

_LEAST = 200
_PARTS = 50
_METADATA = 40
_DIGITS = 6
# What a parser of HTML could take for markup, though the JSON stands where none is expected.
_MARKUP = re.compile(rb"[<>&]")
_ESCAPED = {b"<": rb"\u003c", b">": rb"\u003e", b"&": rb"\u0026"}


class _Room:
    """How many more characters a transcript may take."""

    def __init__(self) -> None:
        self.left = ALL

    def text(self, text: str) -> str:
        """The text made inert, cut where it is too long or the room is used up."""
        most = max(_LEAST, min(TEXT, self.left))
        if len(text) > most:
            head = most * 3 // 4
            gone = len(text) - most
            text = f"{text[:head]}\n[… {gone:,} characters left out …]\n{text[-(most - head) :]}"
        self.left -= len(text)
        return _inert(text)


def _inert(text: str) -> str:
    # Most texts are plain but for their line ends: those are passed over quickly.
    return text if text.replace("\n", "").isprintable() else visible(text, lines=True)


def record(transcript: Transcript) -> dict[str, Any]:
    """The transcript as plain data; what is empty is left out."""
    sample, room = transcript.sample, _Room()
    found: dict[str, Any] = {
        "i": _inert(sample.id[:_LEAST]),
        "s": [_judged(judged) for judged in transcript.judged],
        # Answers before long contexts, so that they are shown whatever was asked.
        "a": [_answer(answer, room) for answer in transcript.answers[:_PARTS]],
        "q": room.text(sample.input),
        "g": [room.text(text) for text in sample.target[:_PARTS]],
        "t": [_turn(message, room) for message in sample.messages[:_PARTS]],
        "c": [room.text(text) for text in sample.choices[:_PARTS]],
        "x": [room.text(text) for text in sample.context[:_PARTS]],
        "k": _inert((sample.cluster or "")[:_LEAST]),
        "m": _pairs(sample.metadata),
    }
    for answer, shown in zip(transcript.answers, found["a"], strict=False):
        if answer.context:  # what the application looked up for it
            shown["x"] = [room.text(text) for text in answer.context[:_PARTS]]
    return {name: value for name, value in found.items() if name == "s" or value not in ("", [])}


def facets(transcript: Transcript) -> Iterable[tuple[str, str]]:
    """Names and values of metadata that one may filter by: short ones."""
    for name, value in _pairs(transcript.sample.metadata):
        if len(name) <= _METADATA and len(value) <= _METADATA:
            yield name, value


def written(value: Any) -> bytes:
    """JSON that stands safely in a script of JSON within a page, and in a file of script."""
    return _MARKUP.sub(lambda m: _ESCAPED[m[0]], msgspec.json.encode(value))


def _judged(judged: Judged | None) -> list[Any] | None:
    if judged is None:
        return None
    value = None if judged.value is None else float(f"{judged.value:.{_DIGITS}g}")
    short = None if judged.loss is None else int(judged.short)
    return [value, short, _inert(judged.reason[:2_000])]


def _turn(message: Message, room: _Room) -> list[Any]:
    content = message.content
    if content is None or isinstance(content, str):
        text = content or ""
    else:
        text = "\n".join(_part(part) for part in content[:_PARTS])
    for call in message.tool_calls[:_PARTS]:
        text += f"\n→ {call.name}({call.arguments})"
    who = f"{message.role} {message.name}".strip()
    return [_inert(who[:_LEAST]), room.text(text.strip("\n"))]


def _part(part: Mapping[str, Any]) -> str:
    """A part of a message: its text, or what else it is. Images are named and not shown."""
    text = part.get("text")
    return text if isinstance(text, str) else f"[{part.get('type', 'part')}]"


def _answer(answer: Answer, room: _Room) -> dict[str, Any]:
    found: dict[str, Any] = {
        "t": room.text(answer.text),
        "f": answer.finish if answer.finish != "stop" else "",
        "r": room.text(answer.refusal) if answer.refusal else "",
        "o": [
            [_inert(call.name[:_LEAST]), room.text(call.arguments)]
            for call in answer.tool_calls[:_PARTS]
        ],
        "e": room.text(answer.error) if answer.error else "",
        "n": answer.repeat or "",
        "d": "" if answer.error or answer.seconds is None else round(answer.seconds, 3),
        "1": "" if answer.first_token_s is None else round(answer.first_token_s, 3),
        "p": "" if answer.tokens.prompt is None else answer.tokens.prompt,
        "w": "" if answer.tokens.completion is None else answer.tokens.completion,
        "$": "" if answer.cost is None else float(f"{answer.cost:.4g}"),
        "h": int(answer.cached) or "",
        "y": answer.attempts if answer.attempts > 1 else "",
    }
    return {name: value for name, value in found.items() if value not in ("", [])}


def _pairs(metadata: Mapping[str, Any]) -> list[list[str]]:
    """Names and values as text, at most forty of them."""
    return [
        [_inert(str(name)[:_LEAST]), _inert(_value(value)[:_LEAST])]
        for name, value in list(metadata.items())[:_METADATA]
    ]


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
