"""Slips of the fingers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.subjects.samples.variants.family import family
from assay.subjects.samples.variants.wording import asked, asking, free_words

if TYPE_CHECKING:
    from random import Random

    from assay.core.exchange import Sample

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_LEAST = 4
"""Letters of a word that may have a slip: in a shorter one it often makes another word."""


def _beside(letter: str) -> str:
    """Letters beside this one in its row of the keyboard (QWERTY); "" where it has none."""
    for row in _ROWS:
        at = row.find(letter.lower())
        if at >= 0:
            return row[max(at - 1, 0) : at] + row[at + 1 : at + 2]
    return ""


@family("typos", strength=0.1)
def typos(sample: Sample, rng: Random, strength: float) -> Sample | None:
    """One slip in some of the words: letters swapped, left out, doubled, or a key beside hit.

    The strength is the share of the words of four letters or more that have a slip, at least one.
    First letters stay. The noise is that of Belinkov & Bisk 2018, Synthetic and Natural Noise Both
    Break Neural Machine Translation, ICLR.
    """
    words = free_words(sample, least=_LEAST)
    if not words:
        return None
    text = asked(sample)
    several = max(1, round(strength * len(words)))
    for span in sorted(rng.sample(words, several), reverse=True):
        text = text[: span.start] + _slip(text[span.start : span.end], rng) + text[span.end :]
    return asking(sample, text)


def _slip(word: str, rng: Random) -> str:
    """The word with one slip behind its first letter; never the word itself."""
    at = rng.randrange(1, len(word) - 1)
    here, after = word[at], word[at + 1]
    kind = rng.choice(("swap", "leave out", "double", "beside"))
    if kind == "swap" and here != after:
        return f"{word[:at]}{after}{here}{word[at + 2 :]}"
    if kind == "beside" and (keys := _beside(here)):
        key = rng.choice(keys)
        return f"{word[:at]}{key.upper() if here.isupper() else key}{word[at + 1 :]}"
    if kind == "double":
        return f"{word[:at]}{here}{word[at:]}"
    return f"{word[:at]}{word[at + 1 :]}"
