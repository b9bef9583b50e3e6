"""Reading typed values from nodes: what does not fit is noted with its place, and reading goes on.

A method gives None where it noted something; a caller that needs the value stops there.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from assay.core.errors import Location, SuiteError, did_you_mean
from assay.suite.nodes import Entries, Items, Leaf, Node

if TYPE_CHECKING:
    from collections.abc import Collection


# an address: it may hold a password, and that of a webhook is a secret as a whole
_ADDRESS = re.compile(r"\b([A-Za-z][A-Za-z0-9+.-]*://)[^\s'\"]+")
_PASSWORD = re.compile(r"\b((?:pass(?:word|wd)|token|secret)\s*=\s*)[^\s;&,'\"]+", re.IGNORECASE)


def shown(node: Node) -> str:
    """What stands there, for a message: never a value from the environment, nor a secret."""
    match node:
        case Leaf():
            written = _PASSWORD.sub(r"\1…", _ADDRESS.sub(r"\1…", node.written))
            return written if len(written) <= 60 else f"{written[:57]}…"
        case Items():
            return "a list"
        case Entries():
            return "a mapping"


def is_null(node: Node | None) -> bool:
    """Nothing is written there, or ``null``."""
    return node is None or (isinstance(node, Leaf) and node.value is None)


class Reader:
    """Collects the errors of one suite file."""

    def __init__(self) -> None:
        self.errors: list[SuiteError] = []

    def note(self, at: Location, message: str, hint: str | None = None) -> None:
        """Note an error at a place."""
        self.errors.append(SuiteError(message, location=at, hint=hint))

    def wanted(self, node: Node, what: str, expected: str, hint: str | None = None) -> None:
        """Note that a value is not what was expected there."""
        self.note(node.at, f"{what} must be {expected}, not {shown(node)}.", hint)

    def entries(
        self, node: Node, what: str, known: Collection[str] | None = None
    ) -> Entries | None:
        """A mapping; keys other than the known ones are noted."""
        if not isinstance(node, Entries):
            self.wanted(node, what, "a mapping")
            return None
        for key, at in node.keys.items() if known is not None else ():
            if key not in (known or ()):
                near = did_you_mean(key, known or ()) or f" Known: {', '.join(known or ())}."
                self.note(at, f"{what} has no key {key!r}.{near}")
        return node

    def items(self, node: Node, what: str) -> tuple[Node, ...] | None:
        """A list."""
        if isinstance(node, Items):
            return node.items
        hint = f"Write [{shown(node)}]." if isinstance(node, Leaf) else None
        self.wanted(node, what, "a list", None if is_null(node) else hint)
        return None

    def text(self, node: Node, what: str) -> str | None:
        """Text that is not empty."""
        if isinstance(node, Leaf) and isinstance(node.value, str):
            if node.value.strip():
                return node.value
            self.note(node.at, f"{what} must not be empty.")
            return None
        is_scalar = isinstance(node, Leaf) and node.value is not None
        self.wanted(node, what, "text", "Put it in quotes." if is_scalar else None)
        return None

    def texts(self, node: Node, what: str) -> tuple[str, ...] | None:
        """A list of texts."""
        items = self.items(node, what)
        if items is None:
            return None
        read = [self.text(item, f"each item of {what}") for item in items]
        kept = tuple(item for item in read if item is not None)
        return kept if len(kept) == len(read) else None

    def number(self, node: Node, what: str) -> float | None:
        """A finite number."""
        if isinstance(node, Leaf) and _is_number(node.value):
            return float(node.value)  # type: ignore[arg-type]
        self.wanted(node, what, "a number", _number_hint(node))
        return None

    def whole(self, node: Node, what: str, *, least: int) -> int | None:
        """A whole number of at least ``least``."""
        if isinstance(node, Leaf) and _is_number(node.value) and isinstance(node.value, int):
            if node.value >= least:
                return node.value
            self.wanted(node, what, f"{least} or more")
            return None
        self.wanted(node, what, "a whole number", _number_hint(node))
        return None

    def truth(self, node: Node, what: str) -> bool | None:
        """True or false."""
        if isinstance(node, Leaf) and isinstance(node.value, bool):
            return node.value
        self.wanted(node, what, "true or false")
        return None

    def choice(self, node: Node, what: str, options: Collection[str]) -> str | None:
        """One of the options."""
        value = node.value if isinstance(node, Leaf) else None
        if isinstance(value, str) and value in options:
            return value
        near = did_you_mean(value, options).strip() if isinstance(value, str) else None
        self.wanted(node, what, f"one of {', '.join(options)}", near or None)
        return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _number_hint(node: Node) -> str | None:
    if not isinstance(node, Leaf) or not isinstance(node.value, str):
        return None
    if node.secret:
        return "Variables give text; numbers are written in the suite."
    percent = node.value.strip().endswith("%")
    try:
        value = float(node.value.strip().removesuffix("%"))
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return f"Write {value / 100:.10g}." if percent else f"Write {value:.10g}, without quotes."
