"""YAML text to a tree of nodes that know their place in the file. Bounded, and nothing executes.

ruamel.yaml's scanner and parser give the events; composing and scalar rules are ours, because a
suite needs a line and a column for everything, the YAML 1.2 core schema without surprises (dates
and ``yes`` stay text, keys are always text), and limits that hold before anything is expanded.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from assay.core.errors import Location, SuiteError
from assay.suite.nodes import Entries, Items, Leaf, Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruamel.yaml.error import StreamMark

MAX_BYTES = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 40

# Not in YAML; and the line ends of YAML 1.1 alone (U+0085, U+2028, U+2029): they move places.
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
NOTHING = "nothing"

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def parse(data: bytes | str, *, file: str) -> Node:
    """The only document in the text.

    Raises:
        SuiteError: the text is not such a document, or is beyond the limits of this module.
    """
    text = _decode(data, file)
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return _Composer(YAML(typ="safe", pure=True).parse(text), file).document()
    except MarkedYAMLError as error:
        raise _syntax(error, text, file) from None
    except (YAMLError, ValueError, OverflowError) as error:  # the latter two: odd escapes
        raise SuiteError(
            f"This is not YAML: {str(error).splitlines()[0]}.", location=Location(file, 1, 1)
        ) from None


def _decode(data: bytes | str, file: str) -> str:
    start = Location(file, 1, 1)
    if len(data) > MAX_BYTES:
        raise SuiteError(
            f"The file has more than {MAX_BYTES:,} bytes: too long for a suite.",
            location=start,
            hint="Split it into several suites.",
        )
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        good = error.object[: error.start].decode("utf-8")
        raise SuiteError(
            f"Byte 0x{error.object[error.start]:02x} is not UTF-8 text.",
            location=_position(good, len(good), file),
            hint="Save the file as UTF-8.",
        ) from None
    text = text.removeprefix("\ufeff")
    bad = _FORBIDDEN.search(text)
    if bad:
        raise SuiteError(
            f"The character U+{ord(bad[0]):04X} is not allowed in a suite.",
            location=_position(text, bad.start(), file),
            hint="Where it is meant, write it as an escape in double quotes.",
        )
    return text


def _position(text: str, index: int, file: str) -> Location:
    lines = re.split(r"\r\n|\r|\n", text[:index])
    return Location(file, len(lines), len(lines[-1]) + 1)


def _syntax(error: Any, text: str, file: str) -> SuiteError:
    mark = error.problem_mark or error.context_mark
    where = _mark(mark, file)
    lines = re.split(r"\r\n|\r|\n", text)
    for number in (where.line, where.line - 1):
        line = lines[number - 1] if 0 < number <= len(lines) else ""
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent:
            return SuiteError(
                "A tab indents this line; YAML is indented with spaces only.",
                location=Location(file, number, indent.index("\t") + 1),
                hint="Replace each tab by spaces.",
            )
    problem = str(error.problem or error.context or "unexpected text")
    context = f" {error.context}" if error.problem and error.context else ""
    line = lines[where.line - 1] if where.line <= len(lines) else ""
    hint = "Inside { } and [ ], put `${…}` in quotes." if "${" in line else None
    return SuiteError(f"This is not YAML: {problem}{context}.", location=where, hint=hint)


def _mark(mark: StreamMark, file: str) -> Location:
    return Location(file, mark.line + 1, mark.column + 1)


class _Composer:
    """Builds nodes from events. Aliases share nodes; sizes are counted as if they were copied."""

    def __init__(self, events: Iterator[Any], file: str) -> None:
        self._events = events
        self._file = file
        self._size = 0
        self._anchors: dict[str, tuple[Node, int, int] | None] = {}  # node, size, height

    def document(self) -> Node:
        """The only document of the stream."""
        from ruamel.yaml import events as e

        self._next()  # the start of the stream
        start = self._next()
        if isinstance(start, e.StreamEndEvent):
            raise SuiteError("The file is empty.", location=Location(self._file, 1, 1))
        if getattr(start, "version", None) not in (None, (1, 2)) or start.tags:
            self._refuse(start, "Directives other than `%YAML 1.2` are not supported.")
        node, _ = self._node(self._next(), 0)
        self._next()  # the end of the document
        after = self._next()
        if not isinstance(after, e.StreamEndEvent):
            self._refuse(after, "A second document starts here; a suite file holds one.")
        return node

    def _next(self) -> Any:
        return next(self._events)

    def _refuse(self, event: Any, message: str, hint: str | None = None) -> NoReturn:
        raise SuiteError(message, location=_mark(event.start_mark, self._file), hint=hint)

    def _node(self, event: Any, depth: int) -> tuple[Node, int]:
        """The node that starts with the event, and its height."""
        from ruamel.yaml import events as e

        before = self._size
        self._count(event, 1)
        if isinstance(event, e.AliasEvent):
            return self._alias(event, depth)
        if depth >= MAX_DEPTH:
            self._refuse(event, f"This is nested more than {MAX_DEPTH} deep.")
        if event.ctag is not None:
            self._refuse(event, f"Tags such as {str(event.ctag)[:40]} are not allowed.")
        if event.anchor is not None:
            self._anchors[event.anchor] = None  # open: an alias to it now would be a loop
        at = _mark(event.start_mark, self._file)
        node: Node
        if isinstance(event, e.SequenceStartEvent):
            node, height = self._items(at, depth)
        elif isinstance(event, e.MappingStartEvent):
            node, height = self._entries(at, depth)
        else:
            node, height = self._leaf(event, at), 0
        if event.anchor is not None:
            self._anchors[event.anchor] = node, self._size - before, height
        return node, height

    def _count(self, event: Any, size: int) -> None:
        self._size += size
        if self._size > MAX_NODES:
            self._refuse(
                event, f"The file holds more than {MAX_NODES:,} values (aliases written out)."
            )

    def _alias(self, event: Any, depth: int) -> tuple[Node, int]:
        if event.anchor not in self._anchors:
            self._refuse(event, f"There is no anchor &{event.anchor} above this alias.")
        known = self._anchors[event.anchor]
        if known is None:
            self._refuse(event, f"The alias *{event.anchor} stands inside its own anchor: a loop.")
        node, size, height = known
        self._count(event, size - 1)
        if depth + height >= MAX_DEPTH:
            self._refuse(event, f"This is nested more than {MAX_DEPTH} deep.")
        return node, height

    def _items(self, at: Location, depth: int) -> tuple[Items, int]:
        from ruamel.yaml.events import SequenceEndEvent

        items, height = [], 0
        while not isinstance(event := self._next(), SequenceEndEvent):
            item, below = self._node(event, depth + 1)
            items.append(item)
            height = max(height, below + 1)
        return Items(tuple(items), at), height

    def _entries(self, at: Location, depth: int) -> tuple[Entries, int]:
        from ruamel.yaml.events import MappingEndEvent

        items: dict[str, Node] = {}
        keys: dict[str, Location] = {}
        height = 0
        while not isinstance(event := self._next(), MappingEndEvent):
            key = self._key(event)
            where = _mark(event.start_mark, self._file)
            if key in keys:
                self._refuse(
                    event,
                    f"The key {key!r} is given twice; it stands first in line {keys[key].line},"
                    f" column {keys[key].column}.",
                )
            keys[key] = where
            node, below = self._node(self._next(), depth + 1)
            if isinstance(node, Leaf) and node.written == NOTHING:
                node = replace(node, at=where)  # it has no place of its own
            items[key] = node
            height = max(height, below + 1)
        return Entries(items, keys, at), height

    def _key(self, event: Any) -> str:
        from ruamel.yaml.events import ScalarEvent

        if not isinstance(event, ScalarEvent):
            self._refuse(event, "A key must be text, not a list, a mapping or an alias.")
        if event.ctag is not None:
            self._refuse(event, f"Tags such as {str(event.ctag)[:40]} are not allowed.")
        if not event.value:
            self._refuse(event, "A key is missing before the colon.")
        self._check_text(event)
        if event.value == "<<" and event.style is None:
            self._refuse(
                event,
                "Merge keys (<<) are not part of YAML 1.2.",
                "Put what checks share under `defaults:`.",
            )
        return str(event.value)

    def _check_text(self, event: Any) -> None:
        """Escapes such as ``"\\0"`` bring in what the text itself may not hold."""
        bad = _UNSTORABLE.search(event.value)
        if bad:
            self._refuse(event, f"The character U+{ord(bad[0]):04X} is not allowed in a suite.")

    def _leaf(self, event: Any, at: Location) -> Leaf:
        self._check_text(event)
        text = event.value
        quoted = event.style is not None
        value = text if quoted else self._resolve(event, text)
        return Leaf(value, at, repr(text) if isinstance(value, str) else text or NOTHING)

    def _resolve(self, event: Any, text: str) -> str | int | float | bool | None:
        """The YAML 1.2 core schema (spec 10.3.2), but no infinity, no NaN, no endless integer."""
        if _NULL.fullmatch(text):
            return None
        if _TRUE.fullmatch(text):
            return True
        if _FALSE.fullmatch(text):
            return False
        if _INT.fullmatch(text) and len(text) < 40:
            base = {"0x": 16, "0o": 8}.get(text[:2], 10)
            whole = int(text, base)
            if -(2**63) <= whole < 2**63:
                return whole
        if _INT.fullmatch(text):
            self._refuse(event, "This whole number needs more than 64 bits.")
        if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        if _FLOAT.fullmatch(text) or _NOT_FINITE.fullmatch(text):
            self._refuse(
                event,
                f"{text[:40]} is not a finite number.",
                "Leave a bound out where there is none; write quotes where text is meant.",
            )
        return str(text)
