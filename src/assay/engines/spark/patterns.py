"""Regular expressions that Java may be trusted with.

Patterns are RE2's, whose time grows with the length of the text and no faster. Java's own engine
backtracks, and some patterns keep it busy for ever. A pattern is handed to Java only where that
cannot happen, and is then written anew, so that it means there what it means in RE2:

- what is repeated without bound is a single character, not a group (Java recurses over groups);
- no two places of the pattern that may come next share a character, so that the next character
  always decides where to go (the pattern is one-unambiguous: Brüggemann-Klein & Wood 1998), and
  what has matched need never be given back.

All other patterns are left to RE2 itself (:mod:`assay.engines.spark.re2`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TypeAlias

_LAST = 0x10FFFF
_MOST = 300
"""Places of a pattern: repetitions are written out to find whether they are unambiguous."""

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Sets of characters: ascending ranges that do not touch, ends included."""

_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Ranges = ((9, 10), (12, 13), (32, 32))
_ALL: Ranges = ((0, _LAST),)
_CONTROLS = {"t": 9, "n": 10, "r": 13, "f": 12, "v": 11, "a": 7}
_COUNT = re.compile(r"\{(\d{1,4})(?:(,)(\d{1,4})?)?\}")


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set, ``least`` to ``most`` times (None: any number)."""

    of: Ranges
    least: int = 1
    most: int | None = 1


@dataclass(frozen=True, slots=True)
class Group:
    """One of several sequences, ``least`` to ``most`` times."""

    branches: tuple[tuple[Item, ...], ...]
    least: int = 1
    most: int = 1


@dataclass(frozen=True, slots=True)
class Edge:
    """The beginning or the end of the text: RE2's ``^`` and ``$``."""

    end: bool


Item: TypeAlias = Chars | Group | Edge

Ends: TypeAlias = tuple[set[int], set[int], bool]
"""Places where something begins and where it ends, and whether it may be empty."""

Step: TypeAlias = Callable[[], Ends]


class _Unknown(Exception):
    """Something that is better left to RE2."""


def for_java(pattern: str) -> str | None:
    """A pattern that Java finds in a text exactly where RE2's ``pattern`` matches the whole.

    None where only RE2 may be trusted with it.
    """
    try:
        whole = _Reader(pattern).read()
        inner = _anywhere(whole)
        if inner is None:
            _Places().unambiguous(whole)
            return rf"\A{_written(whole)}\z"
        # tried from every character: it must end soon
        if not _bounded(inner):
            return None
        _Places().unambiguous(inner)
        return _written(inner)
    except _Unknown:
        return None


def for_java_replacing(pattern: str) -> str | None:
    """A pattern that Java replaces everywhere as RE2 does; None where only RE2 may be trusted.

    Only one set of characters, once or repeated: no attempt to match ever fails late.
    """
    try:
        whole = _Reader(pattern).read()
    except _Unknown:
        return None
    match whole.branches:
        case ((Chars(least=1),),):
            return _written(whole)
        case _:
            return None


@dataclass(slots=True)
class _Reader:
    """Reads the part of RE2's syntax that is plain enough."""

    text: str
    at: int = 0

    def read(self) -> Group:
        whole = self._branches()
        if self.at < len(self.text):
            raise _Unknown  # a parenthesis too many
        return whole

    def _branches(self) -> Group:
        branches: list[tuple[Item, ...]] = []
        items: list[Item] = []
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.text[self.at] == "|":
                self.at += 1
                branches.append(tuple(items))
                items = []
            else:
                items.append(self._item())
        branches.append(tuple(items))
        for branch in branches:
            for position, item in enumerate(branch):
                if isinstance(item, Edge) and position != (len(branch) - 1 if item.end else 0):
                    raise _Unknown  # an edge in the middle
        return Group(tuple(branches))

    def _item(self) -> Item:
        letter = self._next()
        item: Item
        if letter == "(":
            if self.text.startswith("?", self.at):
                if not self.text.startswith("?:", self.at):
                    raise _Unknown  # flags, names
                self.at += 2
            item = self._branches()
            if self._next() != ")":
                raise _Unknown
        elif letter in "^$":
            return Edge(letter == "$")
        elif letter == "[":
            item = Chars(self._set())
        elif letter == ".":
            item = Chars(_without(_ALL, ((10, 10),)))
        elif letter == "\\":
            item = Chars(self._escape())
        elif letter in "*+?{":
            raise _Unknown
        else:
            item = Chars(_one(letter))
        return self._repeated(item)

    def _repeated(self, item: Chars | Group) -> Item:
        letter = self.text[self.at : self.at + 1]
        if letter == "{":
            found = _COUNT.match(self.text, self.at)
            if not found:
                raise _Unknown
            self.at = found.end()
            least = int(found[1])
            most = int(found[3]) if found[3] else None if found[2] else least
            if most is not None and most < least:
                raise _Unknown
        elif letter and letter in "*+?":
            self.at += 1
            least, most = int(letter == "+"), 1 if letter == "?" else None
        else:
            return item
        if self.text[self.at : self.at + 1] in ("*", "+", "?", "{"):
            raise _Unknown  # reluctant, or an error
        if isinstance(item, Chars):
            return Chars(item.of, least, most)
        if most is None:
            raise _Unknown
        return Group(item.branches, least, most)

    def _set(self) -> Ranges:
        negated = self.text.startswith("^", self.at)
        self.at += negated
        found: list[tuple[int, int]] = []
        first = True
        while (letter := self._next()) != "]" or first:
            first = False
            if letter == "[" and self.text.startswith(":", self.at):
                raise _Unknown  # [:alpha:]
            low = self._escape() if letter == "\\" else _one(letter)
            if self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at):
                self.at += 1
                letter = self._next()
                high = self._escape() if letter == "\\" else _one(letter)
                if not (_single(low) and _single(high)) or high[0][0] < low[0][0]:
                    raise _Unknown
                low = ((low[0][0], high[0][0]),)
            found += low
        made = _joined(found)
        return _without(_ALL, made) if negated else made

    def _escape(self) -> Ranges:
        letter = self._next()
        plain = {"d": _DIGIT, "w": _WORD, "s": _SPACE}.get(letter.lower())
        if plain is not None:
            return plain if letter.islower() else _without(_ALL, plain)
        if letter in _CONTROLS:
            return ((_CONTROLS[letter],) * 2,)
        if letter.isalnum() or not letter.isascii():
            raise _Unknown  # \b, \p{…}, \Q, \x41, a reference …
        return _one(letter)

    def _next(self) -> str:
        if self.at >= len(self.text):
            raise _Unknown
        self.at += 1
        return self.text[self.at - 1]


@dataclass(slots=True)
class _Places:
    """The places of a pattern where a character is read, and which may follow which."""

    sets: list[Ranges] = field(default_factory=list)
    follow: list[set[int]] = field(default_factory=list)

    def unambiguous(self, whole: Group) -> None:
        """Pass where the next character always decides the way.

        Raises:
            _Unknown: it does not, or there are too many places to tell.
        """
        first, _, _ = self._group(whole)
        for several in (first, *self.follow):
            taken: list[tuple[int, int]] = sorted(
                part for place in several for part in self.sets[place]
            )
            if any(b[0] <= a[1] for a, b in pairwise(taken)):
                raise _Unknown

    def _group(self, group: Group) -> Ends:
        return self._chain([partial(self._once, group)] * group.most, group.least)

    def _once(self, group: Group) -> Ends:
        first: set[int] = set()
        last: set[int] = set()
        empty = False
        for branch in group.branches:
            steps = [partial(self._item, item) for item in branch]
            begins, ends, may = self._chain(steps, len(steps))
            if may and empty:
                raise _Unknown  # two ways to be empty
            first, last, empty = first | begins, last | ends, empty or may
        return first, last, empty

    def _item(self, item: Item) -> Ends:
        match item:
            case Edge():
                return set(), set(), True
            case Group():
                return self._group(item)
            case Chars(of, least, most):
                times = least if most is None else most
                steps = [partial(self._place, of)] * max(times, 1)
                first, last, empty = self._chain(steps, least)
                if most is None:  # the last place may follow itself
                    place = len(self.sets) - 1
                    self.follow[place].add(place)
                return first, last, empty

    def _place(self, of: Ranges) -> Ends:
        if len(self.sets) >= _MOST:
            raise _Unknown
        self.sets.append(of)
        self.follow.append(set())
        return {len(self.sets) - 1}, {len(self.sets) - 1}, False

    def _chain(self, steps: Sequence[Step], least: int) -> Ends:
        """One after the other; those from ``least`` on only where all before them are there."""
        first: set[int] = set()
        last: set[int] = set()
        before: set[int] = set()
        empty = True
        for number, step in enumerate(steps):
            begins, ends, may = step()
            if number >= least and may:
                raise _Unknown  # a repeated nothing
            for place in before if number > least else last:
                self.follow[place] |= begins
            if empty and number <= least:
                first |= begins
            before = ends
            if number >= least:
                last = last | ends
            else:
                last = last | ends if may else ends
                empty = empty and may
        return first, last, empty


def _anywhere(whole: Group) -> Group | None:
    """What is between two gaps of any characters, where the pattern is no more than that."""
    gap = Chars(_ALL, 0, None)
    match whole.branches:
        case ((a, Group(branches, 1, 1), b),) if a == b == gap:
            return Group(branches)
        case _:
            return None


def _bounded(group: Group) -> bool:
    return all(
        item.most is not None if isinstance(item, Chars) else _bounded(item)
        for branch in group.branches
        for item in branch
        if not isinstance(item, Edge)
    )


def _written(group: Group) -> str:
    """Java's syntax: marks by their numbers, and no character that matched is given back."""
    branches = "|".join("".join(map(_item, branch)) for branch in group.branches)
    return f"(?:{branches}){_times(group.least, group.most, possessive=False)}"


def _item(item: Item) -> str:
    match item:
        case Edge(end):
            return r"\z" if end else r"\A"
        case Group():
            return _written(item)
        case Chars(of, least, most):
            parts = "".join(_char(a) if a == b else f"{_char(a)}-{_char(b)}" for a, b in of)
            letters = parts if _single(of) else f"[{parts}]" if of else r"[^\x{0}-\x{10ffff}]"
            return letters + _times(least, most, possessive=True)


def _char(code: int) -> str:
    letter = chr(code)
    return letter if letter.isascii() and letter.isalnum() else f"\\x{{{code:x}}}"


def _times(least: int, most: int | None, *, possessive: bool) -> str:
    if (least, most) == (1, 1):
        return ""
    count = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((least, most))
    if count is None:
        count = f"{{{least},{'' if most is None else most}}}"
    return count + "+" * possessive


def _one(letter: str) -> Ranges:
    return ((ord(letter), ord(letter)),)


def _single(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _joined(ranges: list[tuple[int, int]]) -> Ranges:
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def _without(ranges: Ranges, less: Ranges) -> Ranges:
    """What of all characters is not among ``less`` (``ranges`` is all of them)."""
    found: list[tuple[int, int]] = []
    at = ranges[0][0]
    for low, high in less:
        if low > at:
            found.append((at, low - 1))
        at = high + 1
    if at <= ranges[-1][1]:
        found.append((at, ranges[-1][1]))
    return tuple(found)
