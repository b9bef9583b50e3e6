"""``${NAME}`` and ``${NAME:-default}`` in a suite's strings; ``$${NAME}`` stands for itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assay.core.errors import SuiteError
from assay.suite.nodes import Entries, Items, Leaf, Node

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLE = re.compile(r"(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def substitute(node: Node, environ: Mapping[str, str], errors: list[SuiteError]) -> Node:
    """The node with its variables filled in; what is missing is added to ``errors``.

    Filled leaves are marked secret: no message repeats their value, and they stay text. Keys are
    left as they are. An empty variable counts as missing, as in a shell.
    """
    match node:
        case Leaf(value=str(text)) if "${" in text:
            return _fill(node, text, environ, errors)
        case Items():
            items = tuple(substitute(item, environ, errors) for item in node.items)
            return Items(items, node.at)
        case Entries():
            entries = {k: substitute(item, environ, errors) for k, item in node.items.items()}
            return Entries(entries, node.keys, node.at)
        case _:
            return node


def _fill(leaf: Leaf, text: str, environ: Mapping[str, str], errors: list[SuiteError]) -> Leaf:
    filled = False

    def value(match: re.Match[str]) -> str:
        nonlocal filled
        escape, name, default = match.groups()
        if escape:
            return match[0][1:]
        filled = True
        found = environ.get(name) or default
        if found is None:
            errors.append(
                SuiteError(
                    f"The environment variable {name} is not set.",
                    location=leaf.at,
                    hint=f"Set it, or write ${{{name}:-a default}}.",
                )
            )
            return ""
        return found

    return Leaf(_VARIABLE.sub(value, text), leaf.at, leaf.written, secret=filled)
