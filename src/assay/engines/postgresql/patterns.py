"""Regular expressions: from RE2's syntax, which suites use, to PostgreSQL's.

PostgreSQL's own expressions (https://www.postgresql.org/docs/current/functions-matching.html) look
alike and mean other things: ``.`` takes a line break, ``\\s`` a vertical tab, a repetition ends at
255, and of several matches the longest wins where RE2 takes the first. So a pattern is read as RE2
reads it (https://github.com/google/re2/wiki/Syntax) and written anew, classes as ranges of code
points. As in RE2 no pattern takes exponential time: none has a back reference.
"""

from __future__ import annotations

import re
from functools import lru_cache

from assay.core.errors import EngineError
from assay.engines.postgresql.characters import (
    LAST,
    PERL,
    POSIX,
    Ranges,
    cases_of,
    category,
    in_any_case,
    joined,
    others,
    written,
)

_MOST = 255  # repetitions that PostgreSQL takes in one bound
_HINT = "Write it without that, or run the suite on the engine duckdb."
_BOUND = re.compile(r"\{(\d+)(,(\d*))?\}")

_ESCAPES = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_EDGES = {"A": "^", "z": "$", "b": r"\y", "B": r"\Y"}


@lru_cache(1024)
def whole(pattern: str) -> str:
    """PostgreSQL's expression for texts that match the pattern from end to end.

    Raises:
        EngineError: it is not a pattern, or says what PostgreSQL cannot.
    """
    return f"^(?:{_Reader(pattern).read()})$"


@lru_cache(1024)
def anywhere(pattern: str) -> str:
    """PostgreSQL's expression for texts that hold a match of the pattern.

    Raises:
        EngineError: as :func:`whole`.
    """
    return f"(?:{_Reader(pattern).read()})"


@lru_cache(1024)
def every(pattern: str) -> str:
    """PostgreSQL's expression that finds the same matches in a text.

    Raises:
        EngineError: as :func:`whole`, or the two could choose different matches: there is a group,
            an alternative or a lazy repetition.
    """
    reader = _Reader(pattern)
    text = reader.read()
    fault = "matches the empty text" if reader.empty else ""
    fault = f"holds {reader.ambiguous}" if reader.ambiguous else fault
    if fault:
        raise EngineError(
            f"The pattern {pattern!r} {fault}: PostgreSQL would replace other parts of a text.",
            hint="Write it as a sequence of characters and classes, or use the engine duckdb.",
        )
    return text


def _matches_nothing(pattern: str) -> bool:
    """Whether it matches the empty text; asks RE2 itself, which Arrow holds.

    Raises:
        EngineError: it is not a pattern.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return bool(pc.match_substring_regex(pa.array([""]), pattern)[0].as_py())
    except pa.ArrowInvalid as error:
        said = str(error).removeprefix("Invalid regular expression: ")
        raise EngineError(f"{pattern!r} is not a regular expression: {said}.") from error


class _Reader:
    """Reads a pattern that RE2 takes.

    Attributes:
        empty: whether it matches the empty text.
        ambiguous: what makes several matches possible, or "".
    """

    def __init__(self, pattern: str) -> None:
        self.empty = _matches_nothing(pattern)
        if "\0" in pattern:
            raise EngineError("No text in PostgreSQL holds the character 0.")
        self._pattern = pattern
        self._at = 0
        self._any_case = self._dot_all = False
        self.ambiguous = ""

    def read(self) -> str:
        """The whole pattern, written anew."""
        return self._alternatives()

    def _refuse(self, what: str) -> EngineError:
        return EngineError(
            f"The pattern {self._pattern!r} holds {what}, which PostgreSQL has not.", hint=_HINT
        )

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1]

    def _alternatives(self) -> str:
        flags = self._any_case, self._dot_all
        parts = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            self.ambiguous = "an alternative"
            parts.append(self._sequence())
        self._any_case, self._dot_all = flags
        return "|".join(parts)

    def _sequence(self) -> str:
        parts = []
        while self._peek() not in {"", "|", ")"}:
            atom = self._atom()
            parts.append(self._repeated(atom))
        return "".join(parts)

    def _repeated(self, atom: str) -> str:
        while True:
            bound = _BOUND.match(self._pattern, self._at)
            if self._peek() in {"*", "+", "?"}:
                low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}[self._take()]
            elif bound and self._peek() == "{":
                self._at = bound.end()
                low = int(bound[1])
                high = low if bound[2] is None else int(bound[3]) if bound[3] else None
            else:
                return atom
            if self._peek() == "?":
                self._at += 1
                self.ambiguous = "a lazy repetition"
            atom = _times(
                f"(?:{atom})" if atom in {"^", "$", "", r"\y", r"\Y"} else atom, low, high
            )

    def _atom(self) -> str:
        char = self._take()
        match char:
            case "(":
                return self._group()
            case "[":
                return self._bracket()
            case ".":
                return "." if self._dot_all else r"[^\n]"
            case "^" | "$":
                self.ambiguous = self.ambiguous or "an anchor"
                return char
            case "\\":
                return self._escape()
            case _:
                return self._one(ord(char))

    def _group(self) -> str:
        outer = self._any_case, self._dot_all
        if self._peek() == "?":
            self._at += 1
            if self._peek() in {"P", "<"}:
                self._at = self._pattern.index(">", self._at) + 1
            elif not self._flags():
                return ""  # they hold until the group around ends
        self.ambiguous = self.ambiguous or "a group"
        inner = self._alternatives()
        self._at += 1
        self._any_case, self._dot_all = outer
        return f"(?:{inner})"

    def _flags(self) -> bool:
        """Take the flags of a group; whether a pattern follows in it."""
        on = True
        while (char := self._take()) not in {":", ")"}:
            match char:
                case "-":
                    on = False
                case "i":
                    self._any_case = on
                case "s":
                    self._dot_all = on
                case "U":
                    self.ambiguous = "a lazy repetition"
                case _ if on:
                    raise self._refuse(f"the flag {char!r}")
        return char == ":"

    def _escape(self) -> str:
        char = self._peek()
        if char in _EDGES:
            self._at += 1
            self.ambiguous = self.ambiguous or "an anchor"
            return _EDGES[char]
        if char == "Q":
            end = self._pattern.find(r"\E", self._at)
            end = len(self._pattern) if end < 0 else end
            text = self._pattern[self._at + 1 : end]
            self._at = end + 2
            return "".join(self._one(ord(c)) for c in text)
        if char == "C":
            raise self._refuse(r"\C (one byte)")
        ranges, negated = self._class()
        return self._set(ranges, negated=negated)

    def _class(self) -> tuple[Ranges, bool]:
        """What an escape stands for, its backslash taken: a class, or one character."""
        char = self._take()
        if char.lower() in PERL:
            return PERL[char.lower()], char.isupper()
        if char in {"p", "P"}:
            return self._unicode(negated=char == "P")
        code = self._code(char)
        return [(code, code)], False

    def _unicode(self, *, negated: bool) -> tuple[Ranges, bool]:
        name = self._take()
        if name == "{":
            end = self._pattern.index("}", self._at)
            name, self._at = self._pattern[self._at : end], end + 1
        if name.startswith("^"):
            name, negated = name[1:], not negated
        ranges = category(name)
        if not ranges:
            raise self._refuse(f"the class {name!r} of Unicode")
        return ranges, negated

    def _code(self, char: str) -> int:
        if char in _ESCAPES:
            return _ESCAPES[char]
        if char == "x":
            if self._peek() == "{":
                end = self._pattern.index("}", self._at)
                digits, self._at = self._pattern[self._at + 1 : end], end + 1
            else:
                digits = self._take() + self._take()
            return int(digits, 16)
        if char in "01234567":
            while len(char) < 3 and self._peek() in {*"01234567"}:
                char += self._take()
            return int(char, 8)
        return ord(char)

    def _bracket(self) -> str:
        negated = self._peek() == "^"
        self._at += negated
        ranges: Ranges = []
        first = True
        while first or self._peek() != "]":
            first = False
            posix = re.compile(r"\[:(\^?)(\w+):\]").match(self._pattern, self._at)
            if posix:
                self._at = posix.end()
                found = POSIX[posix[2]]
                ranges += others(found) if posix[1] else found
                continue
            several, negative = self._member()
            if negative or len(several) > 1 or several[0][0] != several[0][1]:
                ranges += others(several) if negative else several
                continue
            low = high = several[0][0]
            if self._peek() == "-" and self._pattern[self._at + 1] != "]":
                self._at += 1
                high = self._member()[0][0][0]
            ranges.append((low, high))
        self._at += 1
        return self._set(ranges, negated=negated)

    def _member(self) -> tuple[Ranges, bool]:
        char = self._take()
        return self._class() if char == "\\" else ([(ord(char), ord(char))], False)

    def _one(self, code: int) -> str:
        if self._any_case and len(cases_of(code)) > 1:
            return self._set([(code, code)])
        return written(code)

    def _set(self, ranges: Ranges, *, negated: bool = False) -> str:
        if self._any_case:
            ranges = in_any_case(ranges)
        ranges = [(max(low, 1), high) for low, high in joined(ranges) if high > 0]
        if ranges == [(1, LAST)] or not ranges:
            everything = bool(ranges) != negated
            return "." if everything else r"[^\u0001-\U0010ffff]"
        if len(ranges) == 1 and ranges[0][0] == ranges[0][1] and not negated:
            return written(ranges[0][0])
        inside = "".join(
            written(low) if low == high else f"{written(low)}-{written(high)}"
            for low, high in ranges
        )
        return f"[{'^' if negated else ''}{inside}]"


def _times(atom: str, low: int, high: int | None) -> str:
    """An atom between ``low`` and ``high`` times, in bounds that PostgreSQL takes."""
    if high is not None and high <= _MOST:
        return f"(?:{atom}{{{low},{high}}})" if (low, high) != (0, 1) else f"(?:{atom}?)"
    if high is None and low <= _MOST:
        return f"(?:{atom}{ {0: '*', 1: '+'}.get(low, f'{{{low},}}') })"
    parts = []
    while low > _MOST or (high is not None and high > _MOST):
        least = min(low, _MOST)
        parts.append(f"{atom}{{{least},{_MOST}}}")
        low, high = low - least, None if high is None else high - _MOST
    return f"(?:{''.join(parts)}{_times(atom, low, high)})"
