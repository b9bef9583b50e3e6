"""Presets: ready lists of checks, as data in ``library/*.yaml``, expanded where a suite asks.

A suite writes::

    - preset: tabular-classification
      with: {model: approval, data: test, sensitive: [afam]}
      skip: [latency]
      override: {roc_auc: {at_least: 0.9}}

In a preset's file a value ``$name`` stands for the parameter; a check that uses a parameter which
is not given, and has no default, is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from assay.suite.beside import BESIDE
from assay.suite.criteria import CRITERIA
from assay.suite.nodes import Entries, Items, Leaf, Node, node_of, plain
from assay.suite.yaml import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.errors import Location
    from assay.suite.reader import Reader

KEYS = ("preset", "with", "skip", "override")

ParameterKind = Literal["subject", "column", "columns"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a preset is told under ``with``; ``default`` None leaves its checks out."""

    kind: ParameterKind
    description: str
    required: bool = False
    default: tuple[str, ...] | str | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """A list of checks with parameters; ``checks`` are items of a suite under a short key."""

    description: str
    parameters: Mapping[str, Parameter]
    checks: Mapping[str, Entries]


@cache
def presets() -> Mapping[str, Preset]:
    """All presets by name."""
    library = files("assay.suite") / "library"
    found = {
        entry.name.removesuffix(".yaml"): _preset(parse(entry.read_bytes(), file=entry.name))
        for entry in library.iterdir()
        if entry.name.endswith(".yaml")
    }
    return MappingProxyType(dict(sorted(found.items())))


def _preset(node: Node) -> Preset:
    items = _entries(node).items
    parameters = {
        name: Parameter(**{**fields, "default": _frozen(fields.get("default"))})
        for name, fields in plain(items["parameters"]).items()
    }
    checks = {key: _entries(check) for key, check in _entries(items["checks"]).items.items()}
    return Preset(plain(items["description"]), parameters, checks)


def _entries(node: Node) -> Entries:
    if not isinstance(node, Entries):
        raise TypeError(f"a preset's file has no mapping in {node.at}")
    return node


def _frozen(value: list[str] | str | None) -> tuple[str, ...] | str | None:
    return tuple(value) if isinstance(value, list) else value


def expand_preset(reader: Reader, item: Entries) -> list[Entries]:
    """The checks that an item ``preset: …`` stands for; errors stand at the item's own places."""
    reader.entries(item, "A preset", KEYS)
    name = reader.choice(item.items["preset"], "preset", presets())
    if name is None:
        return []
    preset = presets()[name]
    at = item.keys["preset"]
    given = _given(reader, item, name, preset)
    skipped = _skipped(reader, item, preset)
    overrides = _overrides(reader, item, preset)
    found = []
    for key, check in preset.checks.items():
        filled = _fill(check, given, at)
        if key not in skipped and isinstance(filled, Entries):
            found.append(_laid_over(filled, overrides.get(key)))
        elif key in overrides:
            reason = "is skipped" if key in skipped else "needs a parameter that is not given"
            reader.note(overrides[key].at, f"The check {key!r} {reason}: nothing to override.")
    return found


def _given(reader: Reader, item: Entries, name: str, preset: Preset) -> dict[str, Node]:
    given = {
        key: _relocated(node_of(parameter.default), item.keys["preset"])
        for key, parameter in preset.parameters.items()
        if parameter.default is not None
    }
    stated: set[str] = set()
    if "with" in item.items:
        own = reader.entries(item.items["with"], "with", preset.parameters)
        for key, node in own.items.items() if own is not None else ():
            parameter = preset.parameters.get(key)
            if parameter is None:
                continue
            stated.add(key)
            read = reader.texts if parameter.kind == "columns" else reader.text
            if read(node, key) is not None:
                given[key] = node
            else:  # noted; its checks are left out
                given.pop(key, None)
    for key, parameter in preset.parameters.items():
        if parameter.required and key not in given and key not in stated:
            reader.note(
                item.keys["preset"],
                f"The preset {name} needs {key!r}: {parameter.description}",
                f"Write `with: {{{key}: …}}`.",
            )
    return given


def _skipped(reader: Reader, item: Entries, preset: Preset) -> set[str]:
    nodes = reader.items(item.items["skip"], "skip") if "skip" in item.items else ()
    read = {reader.choice(node, "each item of skip", preset.checks) for node in nodes or ()}
    return {key for key in read if key is not None}


def _overrides(reader: Reader, item: Entries, preset: Preset) -> dict[str, Entries]:
    if "override" not in item.items:
        return {}
    entries = reader.entries(item.items["override"], "override", preset.checks)
    if entries is None:
        return {}
    read = {
        key: reader.entries(node, f"override of {key}")
        for key, node in entries.items.items()
        if key in preset.checks
    }
    return {key: node for key, node in read.items() if node is not None}


def _fill(node: Node, given: Mapping[str, Node], at: Location) -> Node | None:
    """The node with parameters filled in, all else standing at ``at``; None if one is missing."""
    match node:
        case Leaf(value=str(text)) if text.startswith("$"):
            return given.get(text[1:])
        case Leaf():
            return _relocated(node, at)
        case Items():
            filled = [_fill(item, given, at) for item in node.items]
            kept = tuple(item for item in filled if item is not None)
            return Items(kept, at) if len(kept) == len(filled) else None
        case Entries():
            entries = {key: _fill(item, given, at) for key, item in node.items.items()}
            if any(item is None for item in entries.values()):
                return None
            known = {key: item for key, item in entries.items() if item is not None}
            return Entries(known, dict.fromkeys(known, at), at)


def _relocated(node: Node, at: Location) -> Node:
    match node:
        case Leaf():
            return Leaf(node.value, at, node.written)
        case Items():
            return Items(tuple(_relocated(item, at) for item in node.items), at)
        case Entries():
            items = {key: _relocated(item, at) for key, item in node.items.items()}
            return Entries(items, dict.fromkeys(items, at), at)


def _laid_over(check: Entries, override: Entries | None) -> Entries:
    """A check with a person's criterion, severity … and parameters in place of the preset's."""
    if override is None:
        return check
    metric = next(key for key in check.items if key not in (*BESIDE, *CRITERIA))
    items, keys = dict(check.items), dict(check.keys)
    if any(key in CRITERIA for key in override.items):
        items = {key: node for key, node in items.items() if key not in CRITERIA}
    body = items[metric]
    inside = Entries({}, {}, check.at) if not isinstance(body, Entries) else body
    own_items, own_keys = dict(inside.items), dict(inside.keys)
    for key, node in override.items.items():
        if key in (*BESIDE, *CRITERIA):
            items[key], keys[key] = node, override.keys[key]
        else:
            own_items[key], own_keys[key] = node, override.keys[key]
    items[metric] = Entries(own_items, own_keys, inside.at)
    return Entries(items, {key: keys[key] for key in items}, check.at)
