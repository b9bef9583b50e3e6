r"""The patterns of JSON Schema, searched for by RE2 in time linear in the text.

Python's ``re`` backtracks, so a pattern like ``(a+)+$`` and one bad text can stall it for good.

JSON Schema's patterns are ECMAScript's (ECMA-262, 22.2, read by code points). What RE2 reads
otherwise is translated: ``.``, ``\s``, ``[^]``, ``[]``, ``[`` in brackets, and every escape of one
character. Not supported, and refused: lookaround, backreferences, flags, a repetition above 1,000,
and ``\p{...}`` of anything but a general category by its short name (``Lu``) or a script
(``Greek``). A ``\B`` with nothing at its side may also hold inside a character beyond ASCII.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from assay.core.errors import MissingExtraError

_MEMORY = 8 << 20
"""Bytes for a pattern's programs and the automata made of them while searching."""

_HEX = "[0-9a-fA-F]"
_ESCAPE = (
    rf"\\(?:(?P<units>u{_HEX}{{4}}(?:\\u{_HEX}{{4}})*)|x(?P<byte>{_HEX}{{2}})"
    rf"|u\{{(?P<point>{_HEX}+)\}}|c(?P<control>[A-Za-z])|(?P<zero>0)(?![0-9])"
    r"|(?P<sign>[pP])\{(?:(?:General_Category|gc|Script|sc)=)?(?P<property>\w+)\}"
    r"|(?P<other>.))"
)
_MEMBER = re.compile(rf"{_ESCAPE}|\[", re.DOTALL)
_TOKEN = re.compile(
    rf"{_ESCAPE}|\[(?P<negated>\^?)(?P<members>(?:\\.|[^\]\\])*)(?P<end>\]?)"
    r"|\(\?(?!:|<[A-Za-z_])|\.",
    re.DOTALL,
)
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}
_ANY = r"\x{0}-\x{10ffff}"
# As members of brackets. Classes stand at both ends, so that a hyphen beside them makes no range.
_KINDS = {
    **{letter: rf"\{letter}" for letter in "dDwW"},
    "s": r"\pZ\t-\r\x{feff}\pZ",
    "S": r"\w\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}"
    r"\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}\w",
}


@cache
def compiled(pattern: str) -> Any:
    """The pattern, compiled once; its ``search(text)`` is None where no part of the text matches.

    Raises:
        MissingExtraError: RE2 is not installed.
        ValueError: it is not a pattern, or one that RE2 does not take.
    """
    try:
        import re2
    except ModuleNotFoundError as error:
        raise MissingExtraError("google-re2", "json") from error
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.never_capture = True
    try:
        return re2.compile(_TOKEN.sub(_translated, pattern), options)
    except re2.error as error:
        reason = error.args[0]
        told = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"RE2 says: {told}") from None


def _translated(token: re.Match[str]) -> str:
    """A part of a pattern, as RE2 writes it."""
    text = token[0]
    if text.startswith("\\"):
        return _escape(token, in_brackets=False)
    if text == ".":
        return r"[^\n\r\x{2028}\x{2029}]"
    if text == "(?":
        raise ValueError(
            f"it uses {token.string[token.start() :][:4]!r}: there is no lookaround, because it "
            "cannot be searched for in linear time, and there are no flags"
        )
    negated, members, end = token.group("negated", "members", "end")
    if end and not members:  # [] takes nothing, and [^] takes all
        return f"[{_ANY}]" if negated else f"[^{_ANY}]"
    return f"[{negated}{_MEMBER.sub(_member, members)}{end}"


def _member(token: re.Match[str]) -> str:
    return r"\[" if token[0] == "[" else _escape(token, in_brackets=True)


def _escape(token: re.Match[str], *, in_brackets: bool) -> str:
    match token.lastgroup:
        case "units":  # of UTF-16, where two may make one character
            units = bytes.fromhex(token["units"].replace("\\", "").replace("u", ""))
            return "".join(map(_literal, units.decode("utf-16-be", "surrogatepass")))
        case "byte" | "point":
            return rf"\x{{{token['byte'] or token['point']}}}"
        case "control":
            return _literal(chr(ord(token["control"]) % 32))
        case "zero":
            return _literal("\0")
        case "property":
            return rf"\{token['sign']}{{{token['property']}}}"
    letter = token["other"]
    if kind := _KINDS.get(letter):
        return kind if in_brackets else f"[{kind}]"
    if letter in _CONTROL:
        return _literal(_CONTROL[letter])
    if letter == "b":
        return _literal("\b") if in_brackets else r"\b"
    if letter == "B" and not in_brackets:
        return r"\B"
    if letter.isdigit() or letter == "k":
        raise ValueError(
            f"it uses '\\{letter}': there are no backreferences, because they cannot be searched "
            "for in linear time"
        )
    if letter.isalpha():
        raise ValueError(f"it uses an unknown escape, '\\{letter}'")
    return _literal(letter)


def _literal(char: str) -> str:
    return rf"\x{{{ord(char):x}}}"
