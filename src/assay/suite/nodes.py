"""The tree of a suite file: values that know their place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

from assay.core.errors import Location

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar; ``written`` is how the file has it, which is what messages show."""

    value: str | int | float | bool | None
    at: Location
    written: str
    secret: bool = False
    """The value holds something from the environment that no message may repeat."""


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence."""

    items: tuple[Node, ...]
    at: Location


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping: its values, and where each key stands."""

    items: dict[str, Node]
    keys: dict[str, Location]
    at: Location


Node: TypeAlias = Leaf | Items | Entries


def plain(node: Node) -> Any:
    """The node as plain Python values."""
    match node:
        case Leaf():
            return node.value
        case Items():
            return [plain(item) for item in node.items]
        case Entries():
            return {key: plain(item) for key, item in node.items.items()}


def node_of(value: Any) -> Node:
    """Plain Python values as a node, so that they are read by the same rules as a file's."""
    nowhere = Location("", 1, 1)
    match value:
        case Mapping():
            items = {str(key): node_of(item) for key, item in value.items()}
            return Entries(items, dict.fromkeys(items, nowhere), nowhere)
        case list() | tuple():
            return Items(tuple(node_of(item) for item in value), nowhere)
        case None | bool() | str() | int() | float():
            return Leaf(value, nowhere, repr(value))
        case Real() if not math.isnan(value):  # NumPy's numbers, Fraction
            return Leaf(float(value), nowhere, repr(value))
        case _:
            return Leaf(None, nowhere, f"an object of type {type(value).__name__!r}")


def leaves(node: Node) -> Iterator[Leaf]:
    """All scalars below a node."""
    match node:
        case Leaf():
            yield node
        case Items():
            for item in node.items:
                yield from leaves(item)
        case Entries():
            for item in node.items.values():
                yield from leaves(item)
