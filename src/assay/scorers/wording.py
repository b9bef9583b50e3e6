"""Texts made comparable: what differs in writing only is made the same."""

from __future__ import annotations

import re
import string
import unicodedata

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = {ord(c): None for c in string.punctuation} | {ord(c): None for c in "‘’“”„‚«»…–—¿¡"}


_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese; and Korean, which joins particles to words."""


def ends_seen(character: str) -> bool:
    """Whether one can see that a word ends at a letter or digit: not where words are not spaced."""
    return character.isalnum() and _UNSPACED.match(character) is None


def squeezed(text: str) -> str:
    """Unicode in one form (NFKC), and each run of white space as one space."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def plain(text: str) -> str:
    """As SQuAD's evaluation compares: lower case, no punctuation, no English articles.

    Rajpurkar et al. 2016, SQuAD: 100,000+ Questions for Machine Comprehension of Text, EMNLP;
    ``normalize_answer`` of its script. Punctuation that is not ASCII goes too.
    """
    bare = squeezed(text).casefold().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())
