"""Regular expressions and SQL patterns of other tools as RE2 patterns for a whole value."""

from __future__ import annotations

import re

from assay.metrics.data.matches import refusal
from assay.suite.exchange.entries import UnmappableError

_ANY = "(?s:.*)"


def searched(regex: str) -> str:
    """A pattern for whole values that hold a match anywhere, as ``re.search`` finds it.

    Raises:
        UnmappableError: it is not RE2.
    """
    return _within(regex, before=True)


def begun(regex: str) -> str:
    """A pattern for whole values that begin with a match, as ``re.match`` finds it."""
    return _within(regex, before=False)


def usable(regex: str) -> str:
    """The expression itself, where RE2 takes it.

    Raises:
        UnmappableError: it does not.
    """
    problem = refusal(regex)
    if problem:
        raise UnmappableError(f"the regular expression {regex!r} cannot be used: {problem}")
    return regex


def _within(regex: str, *, before: bool) -> str:
    usable(regex)
    grouped = regex if _simple(regex) else f"(?:{regex})"
    if grouped is not regex:
        return f"{_ANY if before else ''}{grouped}{_ANY}"
    if regex.startswith("^"):
        grouped, before = grouped[1:], False
    after = not _ends_with_anchor(grouped)
    if not after:
        grouped = grouped[:-1]
    return f"{_ANY if before else ''}{grouped}{_ANY if after else ''}"


_PART = re.compile(r"\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|.", re.DOTALL)
"""One escape, one class, or one character."""


def _simple(regex: str) -> bool:
    """Whether what stands before or behind the expression cannot become part of it: it has no
    alternatives, flags or quotes that reach to its end."""
    if re.search(r"\(\?[a-zA-Z]+\)|\\Q", regex):
        return False
    depth = 0
    for part in _PART.findall(regex):
        depth += (part == "(") - (part == ")")
        if part == "|" and depth == 0:
            return False
    return True


def _ends_with_anchor(regex: str) -> bool:
    escapes = re.search(r"(\\*)\$$", regex)
    return escapes is not None and len(escapes[1]) % 2 == 0


def either(patterns: list[str]) -> str:
    """A pattern for values that match one of several."""
    return patterns[0] if len(patterns) == 1 else "|".join(f"(?:{p})" for p in patterns)


def liked(pattern: str, escape: str | None = None) -> str:
    """A SQL ``LIKE`` pattern as a regular expression."""
    parts, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        if escape and char == escape and at + 1 < len(pattern):
            at += 1
            parts.append(literal(pattern[at]))
        else:
            parts.append({"%": ".*", "_": "."}.get(char) or literal(char))
        at += 1
    return f"(?s:{''.join(parts)})"


def literal(text: str) -> str:
    """A pattern for the text itself."""
    return re.sub(r"[\\.^$*+?()\[\]{}|]", r"\\\g<0>", text)
