"""Texts made comparable: what differs in writing only is made the same."""

from __future__ import annotations

import re
import string
import unicodedata

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = {ord(c): None for c in string.punctuation} | {ord(c): None for c in "‘’“”„‚«»…–—¿¡"}


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
