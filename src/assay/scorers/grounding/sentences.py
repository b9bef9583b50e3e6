"""Texts cleaned of what the eye does not see, and cut into sentences and claims."""

# ruff: noqa: SIM905 (lists of words are read as text)

from __future__ import annotations

import re
import unicodedata

_UNSEEN: dict[int, str | None] = {
    ord(c): None
    for c in "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f"
    "\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
}
_UNSEEN |= dict.fromkeys(range(0xE0000, 0xE0080))  # tags
_UNSEEN |= {point: " " for point in range(32) if point not in (9, 10, 13)}
_LONE = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,2000}>")
_ITEM = re.compile(r"(?:[-*•‣]|\(?\d{1,3}[.)])\s+")
# Runs are taken whole and from their start only, so that every search takes linear time.
_END = re.compile(
    r"(?<![.!?…])[.!?…]++[\"'”’)\]]{0,3}+(?:\[\d{1,4}\]){0,9}[ \t]++(?=[\"'“‘(\[]?[^\sa-z])"
)
_SHORTENED = frozenset(
    "mr mrs ms dr prof st sr jr gen col sgt capt lt rev hon gov sen rep no nos vol fig eq sec ch "
    "pp ed eds inc ltd co corp approx ca cf vs al etc e.g i.e u.s u.k jan feb mar apr jun jul aug "
    "sep sept oct nov dec".split()
)
_JOINT = re.compile(
    r";\s++|,\s++(?=(?:and|but|while|whereas|although|though|which|who|yet|so)\s)"
    r"|(?<!\s)\s++(?=(?:while|whereas|although)\s)",
    re.IGNORECASE,
)


MARK = re.compile(r" ?\[(\d{1,4}(?: ?[,–-] ?\d{1,4}){0,20})\]")
"""A citation, as ``[1]``, ``[1, 3]`` or ``[2-4]``, with the space before it."""


def cleaned(text: str) -> str:
    """In one form of Unicode (NFKC), without marks of HTML and characters that are not seen."""
    shown = unicodedata.normalize("NFKC", text).translate(_UNSEEN).translate(_LONE)
    return _TAG.sub(" ", shown)


def sentences(text: str) -> list[str]:
    """The sentences of a cleaned text: lines and list items are sentences, too."""
    lines = (_without_mark(line.strip()) for line in text.splitlines())
    return [sentence for line in lines if line for sentence in _of_line(line)]


def _without_mark(line: str) -> str:
    mark = _ITEM.match(line)
    return line[mark.end() :] if mark else line


def _of_line(line: str) -> list[str]:
    found, start = [], 0
    for end in _END.finditer(line):
        before = line[max(start, end.start() - 12) : end.start()]
        last = before.rpartition(" ")[2].lstrip("(\"'“").lower()
        single = len(last) == 1 and last.isalpha()  # an initial: J. Smith
        if line[end.start()] == "." and (last in _SHORTENED or single):
            continue
        found.append(line[start : end.end()].strip())
        start = end.end()
    found.append(line[start:].strip())
    return [s for s in found if s]


def claims(sentence: str) -> list[str]:
    """The parts of a sentence that can be right or wrong apart: main and relative clauses."""
    return [part.strip() for part in _JOINT.split(sentence) if part.strip()]
