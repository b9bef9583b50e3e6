"""JSON text to a tree of nodes that know their place in the file, with the limits of a suite.

A document from another tool may be hostile: it is bounded in size, depth and number of values
before anything is done with it, and a key that stands twice is an error and not a guess.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import NoReturn

from assay.core.errors import Location, SuiteError
from assay.suite.nodes import Entries, Items, Leaf, Node
from assay.suite.yaml import MAX_BYTES, MAX_DEPTH, MAX_NODES

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def parse_json(data: bytes | str, *, file: str) -> Node:
    """The document as nodes.

    Raises:
        SuiteError: the text is not JSON, or is beyond the limits of a suite.
    """
    if len(data) > MAX_BYTES:
        raise SuiteError(
            f"The file has more than {MAX_BYTES:,} bytes: too long to make a suite of.",
            location=Location(file, 1, 1),
        )
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1 if isinstance(data, bytes) else 1
        raise SuiteError(
            f"Byte 0x{error.object[error.start]:02x} is not UTF-8 text.",
            location=Location(file, line, 1),
            hint="Save the file as UTF-8.",
        ) from None
    return _Parser(text.removeprefix("\ufeff"), file).document()


class _Parser:
    """Recursive descent; the depth is bounded, so the stack is too."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self._size = 0

    def document(self) -> Node:
        """The only value of the text."""
        node, at = self._value(self._skip(0), 0)
        at = self._skip(at)
        if at < len(self._text):
            self._refuse(at, "Something stands behind the end of the document.")
        return node

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def _place(self, at: int) -> Location:
        line = bisect_right(self._lines, at)
        return Location(self._file, line, at - self._lines[line - 1] + 1)

    def _refuse(self, at: int, message: str) -> NoReturn:
        raise SuiteError(message, location=self._place(at))

    def _value(self, at: int, depth: int) -> tuple[Node, int]:
        self._size += 1
        if self._size > MAX_NODES:
            self._refuse(at, f"The file holds more than {MAX_NODES:,} values.")
        if depth >= MAX_DEPTH:
            self._refuse(at, f"This is nested more than {MAX_DEPTH} deep.")
        char = self._text[at : at + 1]
        if char == "{":
            return self._entries(at, depth)
        if char == "[":
            return self._items(at, depth)
        if char == '"':
            text, end = self._string(at)
            return Leaf(text, self._place(at), repr(text)), end
        return self._scalar(at)

    def _scalar(self, at: int) -> tuple[Node, int]:
        for word, value in _WORDS.items():
            if self._text.startswith(word, at):
                return Leaf(value, self._place(at), word), at + len(word)
        found = _NUMBER.match(self._text, at)
        if found is None:
            seen = self._text[at : at + 12].split("\n")[0]
            self._refuse(at, f"This is not JSON: {seen!r}." if seen else "The document ends early.")
        return Leaf(self._number(found[0], at), self._place(at), found[0]), found.end()

    def _number(self, text: str, at: int) -> int | float:
        if re.fullmatch(r"-?[0-9]{1,19}", text) and -(2**63) <= int(text) < 2**63:
            return int(text)
        value = float(text)
        if not math.isfinite(value):
            self._refuse(at, f"{text[:40]} is not a finite number.")
        return value

    def _string(self, at: int) -> tuple[str, int]:
        try:
            text, end = scanstring(self._text, at + 1, True)
        except JSONDecodeError as error:
            self._refuse(error.pos, f"This is not JSON: {error.msg}.")
        bad = _UNSTORABLE.search(text)
        if bad:
            self._refuse(at, f"The character U+{ord(bad[0]):04X} is not allowed in a suite.")
        return text, end

    def _items(self, start: int, depth: int) -> tuple[Items, int]:
        items: list[Node] = []
        at = self._skip(start + 1)
        while self._text[at : at + 1] != "]":
            item, at = self._value(at, depth + 1)
            items.append(item)
            at = self._next(at, "]")
        return Items(tuple(items), self._place(start)), at + 1

    def _entries(self, start: int, depth: int) -> tuple[Entries, int]:
        items: dict[str, Node] = {}
        keys: dict[str, Location] = {}
        at = self._skip(start + 1)
        while self._text[at : at + 1] != "}":
            if self._text[at : at + 1] != '"':
                self._refuse(at, "This is not JSON: a key in double quotes was expected.")
            key, end = self._string(at)
            if key in items:
                self._refuse(at, f"The key {key[:60]!r} stands twice in one object.")
            keys[key] = self._place(at)
            at = self._skip(end)
            if self._text[at : at + 1] != ":":
                self._refuse(at, "This is not JSON: a ':' was expected.")
            items[key], at = self._value(self._skip(at + 1), depth + 1)
            at = self._next(at, "}")
        return Entries(items, keys, self._place(start)), at + 1

    def _next(self, at: int, end: str) -> int:
        """Behind a comma, or at the end of the object or list."""
        at = self._skip(at)
        if self._text[at : at + 1] == end:
            return at
        if self._text[at : at + 1] != ",":
            self._refuse(at, f"This is not JSON: a ',' or '{end}' was expected.")
        behind = self._skip(at + 1)
        if self._text[behind : behind + 1] == end:
            self._refuse(at, f"This is not JSON: nothing stands between ',' and '{end}'.")
        return behind
