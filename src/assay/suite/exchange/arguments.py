"""The arguments of one expectation or check of a document, read by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.suite.exchange.entries import UnmappableError
from assay.suite.nodes import Entries, Items, Leaf, plain
from assay.suite.reader import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.suite.nodes import Node

_NEEDED = object()


class Arguments:
    """Typed access by name; what is of the wrong type, or was never asked for, is a reason.

    A null counts as not given, as the tools that write these documents mean it.
    """

    def __init__(self, node: Entries | None) -> None:
        self._items = dict(node.items) if node is not None else {}
        self._asked: set[str] = set()

    def node(self, name: str) -> Node | None:
        """The argument as it stands, or None."""
        self._asked.add(name)
        node = self._items.get(name)
        if node is None or (isinstance(node, Leaf) and node.value is None):
            return None
        if isinstance(node, Entries) and "$PARAMETER" in node.items:
            raise UnmappableError(f"`{name}` is a parameter that is only given when it is run")
        return node

    def has(self, name: str) -> bool:
        """Whether the argument is given."""
        return self.node(name) is not None

    def any(self, name: str) -> Any:
        """The argument as plain data, or None."""
        node = self.node(name)
        return None if node is None else plain(node)

    def text(self, name: str, default: Any = _NEEDED) -> Any:
        """A text that is not empty."""
        node = self.node(name)
        if node is None:
            return self._default(name, default)
        if isinstance(node, Leaf) and isinstance(node.value, str) and node.value:
            return node.value
        raise self._wrong(name, "a text", node)

    def number(self, name: str, default: Any = None) -> Any:
        """A finite number."""
        node = self.node(name)
        if node is None:
            return self._default(name, default)
        if isinstance(node, Leaf) and _is_number(node.value):
            return node.value
        raise self._wrong(name, "a number", node)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        node = self.node(name)
        if node is None:
            return default
        if isinstance(node, Leaf) and isinstance(node.value, bool):
            return node.value
        raise self._wrong(name, "true or false", node)

    def choice(self, name: str, options: Sequence[str], default: str) -> str:
        """One of the options."""
        found: str = self.text(name, default)
        if found not in options:
            raise UnmappableError(f"`{name}` is {found!r}, not one of {', '.join(options)}")
        return found

    def items(self, name: str) -> list[Any]:
        """A list, as plain data."""
        node = self.node(name)
        if isinstance(node, Items):
            return [plain(item) for item in node.items]
        raise self._wrong(name, "a list", node)

    def texts(self, name: str) -> list[str]:
        """A list of texts, at least one."""
        found = self.items(name)
        if not found or not all(isinstance(value, str) and value for value in found):
            raise UnmappableError(f"`{name}` must be a list of texts")
        return found

    def nothing_else(self, ignore: Sequence[str] = ()) -> None:
        """Raise where an argument is given that nobody asked for."""
        for name, node in self._items.items():
            null = isinstance(node, Leaf) and node.value is None
            if name not in self._asked and name not in ignore and not null:
                raise UnmappableError(f"the argument `{name}` is not known")

    def _default(self, name: str, default: Any) -> Any:
        if default is _NEEDED:
            raise UnmappableError(f"`{name}` is missing")
        return default

    def _wrong(self, name: str, expected: str, node: Node | None) -> UnmappableError:
        found = "missing" if node is None else f"not {shown(node)}"
        return UnmappableError(f"`{name}` must be {expected}, {found}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
