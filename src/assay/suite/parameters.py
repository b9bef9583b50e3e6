"""A metric's own parameters: checked against its definition, with a place for each fault."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.core.binding import bind, faults, required, spreads
from assay.core.errors import did_you_mean
from assay.suite.nodes import Entries, Items, leaves, plain
from assay.suite.reader import shown

if TYPE_CHECKING:
    from collections.abc import Collection

    from assay.core.binding import Fault
    from assay.core.metric import Metric
    from assay.suite.nodes import Node
    from assay.suite.reader import Reader

PLACEHOLDER = "*"
"""Stands for a column that only the table's schema will name."""


def read_parameters(
    reader: Reader, cls: type[Metric], node: Entries, *, ignore: Collection[str]
) -> tuple[dict[str, Any], Metric | None]:
    """Parameters as plain values, and the metric that they make for one (any) column.

    The metric is None where errors were noted.
    """
    own = {key: value for key, value in node.items.items() if key not in ignore}
    params = {key: plain(value) for key, value in own.items()}
    trial = dict(params)
    before = len(reader.errors)
    if spreads(cls):
        trial.pop("columns", None)
        if "columns" in own:
            _columns(reader, node, own["columns"])
            trial.setdefault("column", PLACEHOLDER)
        elif cls.compares:
            trial.setdefault("column", PLACEHOLDER)
        elif "column" in required(cls) and "column" not in own:
            reader.note(node.at, f"{cls.name} needs the parameter 'column', or 'columns'.")
            trial["column"] = PLACEHOLDER
    for fault in faults(cls, trial):
        near = did_you_mean(fault.where, ignore) if fault.kind == "name" else ""
        _note(reader, cls, replace(fault, hint=near or fault.hint), node)
    if len(reader.errors) > before:
        return params, None
    return params, bind(cls, trial)


def read_default_parameters(reader: Reader, cls: type[Metric], node: Entries) -> None:
    """Note default parameters that the metric does not have, needs anyway, or of a wrong type."""
    stated = {name for name in node.items if name in (*required(cls), "columns")}
    for name in stated:
        reader.note(node.keys[name], f"{name!r} is stated in each check, not under defaults.")
    params = {key: plain(value) for key, value in node.items.items() if key not in stated}
    for fault in faults(cls, params):
        if fault.kind in ("name", "value"):
            _note(reader, cls, fault, node)


def _columns(reader: Reader, node: Entries, columns: Node) -> None:
    if "column" in node.items:
        reader.note(node.keys["columns"], "Give either 'column' or 'columns', not both.")
    if reader.texts(columns, "columns") == ():
        reader.note(columns.at, "columns must name at least one column.")


def _note(reader: Reader, cls: type[Metric], fault: Fault, node: Entries) -> None:
    """Note a fault at its place; what came from the environment is not repeated."""
    hint = fault.hint.strip() or None
    match fault.kind:
        case "missing":
            reader.note(node.at, f"{cls.name} {fault.message}.", hint)
        case "name":
            reader.note(node.keys[fault.where], f"{fault.where!r} {fault.message}.", hint)
        case "value":
            at = _descend(node, fault.path)
            wrong = f"{cls.name}: {fault.where} {fault.message}, not {shown(at)}."
            reader.note(at.at, wrong, hint)
        case "whole" if any(leaf.secret for leaf in leaves(node)):
            message = "the parameters do not fit together (variables are not shown)."
            reader.note(node.at, f"{cls.name}: {message}")
        case "whole":
            own = fault.message.startswith(cls.name)
            reader.note(node.at, f"{'' if own else f'{cls.name}: '}{fault.message}.", hint)


def _descend(node: Node, path: tuple[str | int, ...]) -> Node:
    for step in path:
        match node, step:
            case Entries(items=entries), str():
                node = entries[step]
            case Items(items=items), int():
                node = items[step]
    return node
