"""Sets of characters as ranges of code points: what classes of RE2 hold, and other cases."""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

LAST = sys.maxunicode
_LAST_WITH_CASE = 0x1FFFF  # capitals and small letters are in the first two planes of Unicode

Ranges = list[tuple[int, int]]

_DIGIT: Ranges = [(48, 57)]
_UPPER: Ranges = [(65, 90)]
_LOWER: Ranges = [(97, 122)]
_WORD: Ranges = [*_DIGIT, *_UPPER, (95, 95), *_LOWER]
_SPACE: Ranges = [(9, 10), (12, 13), (32, 32)]
PERL: dict[str, Ranges] = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
POSIX: dict[str, Ranges] = {
    "alnum": [*_DIGIT, *_UPPER, *_LOWER], "alpha": [*_UPPER, *_LOWER], "ascii": [(0, 127)],
    "blank": [(9, 9), (32, 32)], "cntrl": [(0, 31), (127, 127)], "digit": _DIGIT,
    "graph": [(33, 126)], "lower": _LOWER, "print": [(32, 126)],
    "punct": [(33, 47), (58, 64), (91, 96), (123, 126)], "space": [(9, 13), (32, 32)],
    "upper": _UPPER, "word": _WORD, "xdigit": [*_DIGIT, (65, 70), (97, 102)],
}  # fmt: skip


def written(code: int) -> str:
    """One character, in or outside of brackets."""
    char = chr(code)
    if char.isascii() and char.isalnum():
        return char
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def joined(ranges: Ranges) -> Ranges:
    """The same code points in ascending ranges that do not touch."""
    found: Ranges = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(high, found[-1][1])
        else:
            found.append((low, high))
    return found


def others(ranges: Ranges) -> Ranges:
    """All other code points."""
    found, start = [], 0
    for low, high in joined(ranges):
        if low > start:
            found.append((start, low - 1))
        start = high + 1
    return [*found, (start, LAST)] if start <= LAST else found


@cache
def category(name: str) -> Ranges:
    """The code points of a general category (``L``, ``Lu``); none where there is no such."""
    return joined(
        [(c, c) for c in range(LAST + 1) if unicodedata.category(chr(c)).startswith(name)]
    )


@cache
def _cases() -> dict[str, set[int]]:
    """Characters by what case folding makes of them, where that is one character."""
    found: dict[str, set[int]] = {}
    for code in range(_LAST_WITH_CASE + 1):
        folded = chr(code).casefold()
        if len(folded) == 1:
            found.setdefault(folded, set()).add(code)
    return {folded: codes for folded, codes in found.items() if len(codes) > 1}


def cases_of(code: int) -> set[int]:
    """The character and those that differ from it by case only."""
    return _cases().get(chr(code).casefold(), {code})


def in_any_case(ranges: Ranges) -> Ranges:
    """The ranges with the characters that differ from one in them by case only."""
    more = [
        (other, other)
        for codes in _cases().values()
        if any(low <= code <= high for code in codes for low, high in ranges)
        for other in codes
    ]
    return [*ranges, *more]
