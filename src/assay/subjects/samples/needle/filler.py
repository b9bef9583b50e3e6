"""The text that facts are hidden in: sentences of a real one, one after the other."""

from __future__ import annotations

import os
import re
from functools import cache
from importlib.resources import files

from assay.core.errors import SubjectError
from assay.subjects.files import missing_file

_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+")
_LEAST = 2
_LONGEST = 64 * 2**20


@cache
def own_sentences() -> tuple[str, ...]:
    """Sentences of the text that comes along: documents of state of the 18th and 19th century."""
    text = files(__package__).joinpath("filler.txt").read_text(encoding="utf-8")
    return sentences(text)


def sentences_of_file(written: str, folder: str) -> tuple[str, ...]:
    """Sentences of a text file.

    Args:
        written: its path, as the suite has it; relative ones start at ``folder``.

    Raises:
        SubjectError: there is none, it is not UTF-8, or holds too little, or far too much.
    """
    path = os.path.join(folder, os.path.expanduser(written))
    if not os.path.isfile(path):
        raise missing_file(path, written, what="file of text")
    try:
        with open(path, "rb") as file:
            content = file.read(_LONGEST + 1)
        found = sentences(content.decode("utf-8-sig"))
    except OSError as error:
        raise SubjectError(f"{written!r} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SubjectError(f"{written!r} is not UTF-8 ({error.reason}).") from None
    if len(content) > _LONGEST:
        raise SubjectError(f"{written!r} has more than {_LONGEST >> 20} MB.")
    if len(found) < _LEAST:
        raise SubjectError(f"{written!r} has fewer than {_LEAST} sentences to hide a fact among.")
    return found


def sentences(text: str) -> tuple[str, ...]:
    """Sentences, and clauses that a semicolon or colon ends, with single spaces within."""
    found = (" ".join(part.split()) for part in _SENTENCE_END.split(text))
    return tuple(part for part in found if part)


def haystack(filler: tuple[str, ...], first: int, needle: str, *, length: int, depth: float) -> str:
    """A text of at most ``length`` characters, with the needle at a depth of it.

    Whole sentences follow each other from the ``first`` on, and begin again after the last. The
    needle stands between the two sentences where the share of the text before it is nearest to
    ``depth``. The text is shorter than ``length`` by less than the sentence that found no room.
    """
    room = length - len(needle)
    taken: list[str] = []
    at = first
    while room >= len(sentence := filler[at % len(filler)]) + 1:
        taken.append(sentence)
        room -= len(sentence) + 1
        at += 1
    whole = sum(len(s) + 1 for s in taken)
    before, best, place = 0, abs(depth * whole), 0
    for number, sentence in enumerate(taken, start=1):
        before += len(sentence) + 1
        if (off := abs(before - depth * whole)) < best:
            best, place = off, number
    return " ".join([*taken[:place], needle, *taken[place:]])
