"""``defaults``: what checks take where they say nothing themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assay.core.errors import SuiteError
from assay.metrics import find
from assay.suite.beside import read_beside
from assay.suite.nodes import Entries
from assay.suite.parameters import read_default_parameters
from assay.suite.wiring import KEYS as INSIDE
from assay.suite.wiring import read_rows, read_subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.check import SubjectSpec
    from assay.suite.nodes import Node
    from assay.suite.reader import Reader

KEYS = (*INSIDE, "severity", "claim", "family", "parameters")


@dataclass(frozen=True, slots=True)
class Defaults:
    """Values by key, and parameters by metric."""

    keys: Mapping[str, Node] = field(default_factory=dict)
    parameters: Mapping[str, Entries] = field(default_factory=dict)

    def under(self, metric: str, own: Entries) -> Entries:
        """A metric's mapping laid over the default parameters for it."""
        default = self.parameters.get(metric)
        if default is None:
            return own
        extra = {key: node for key, node in default.items.items() if key not in own.items}
        keys = {key: default.keys[key] for key in extra} | own.keys
        return Entries(extra | own.items, keys, own.at)


def read_defaults(
    reader: Reader, node: Node, subjects: Mapping[str, SubjectSpec | None]
) -> Defaults:
    """The defaults that a suite states; each is checked, used or not."""
    entries = reader.entries(node, "defaults", KEYS)
    if entries is None:
        return Defaults()
    keys = {key: value for key, value in entries.items.items() if key in KEYS}
    parameters = keys.pop("parameters", None)
    read_beside(reader, keys)
    read_rows(reader, keys)
    for key in ("on", "data", "against"):
        if key in keys:
            read_subject(reader, key, keys[key], subjects)
    if parameters is None:
        return Defaults(keys)
    return Defaults(keys, _parameters(reader, parameters))


def _parameters(reader: Reader, node: Node) -> dict[str, Entries]:
    entries = reader.entries(node, "parameters")
    found: dict[str, Entries] = {}
    for name, value in entries.items.items() if entries is not None else ():
        own = reader.entries(value, name)
        try:
            cls = find(name)
        except SuiteError as error:
            reader.note(node.keys[name], error.message, error.hint)  # type: ignore[union-attr]
            continue
        if own is not None:
            read_default_parameters(reader, cls, own)
            found[name] = own
    return found
