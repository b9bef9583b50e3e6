"""Criteria as a suite writes them: one key beside the metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.criterion import AtLeast, AtMost, Between, Equals, NoWorseThan, OneOf
from assay.core.errors import SuiteError
from assay.suite.nodes import Entries, node_of
from assay.suite.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.criterion import Criterion
    from assay.suite.nodes import Node

CRITERIA = ("at_least", "at_most", "between", "equals", "one_of", "no_worse_than")


def read_criterion(reader: Reader, kind: str, node: Node) -> Criterion | None:
    """The criterion of a kind of :data:`CRITERIA`; None where errors were noted."""
    match kind:
        case "at_least" | "at_most":
            bound = reader.number(node, kind)
            if bound is None:
                return None
            return AtLeast(bound) if kind == "at_least" else AtMost(bound)
        case "between":
            return _between(reader, node)
        case "equals":
            return _equals(reader, node)
        case "one_of":
            return _one_of(reader, node)
        case _:
            return _no_worse_than(reader, node)


def _numbers(reader: Reader, node: Node, kind: str) -> tuple[float, ...] | None:
    items = reader.items(node, kind)
    if items is None:
        return None
    read = [reader.number(item, f"each item of {kind}") for item in items]
    kept = tuple(value for value in read if value is not None)
    return kept if len(kept) == len(read) else None


def _between(reader: Reader, node: Node) -> Between | None:
    ends = _numbers(reader, node, "between")
    if ends is None:
        return None
    if len(ends) != 2:
        reader.note(node.at, f"between must be a list of two numbers, not of {len(ends)}.")
        return None
    if ends[0] > ends[1]:
        reader.note(
            node.at,
            f"between must have its lower end first, not {ends[0]:.10g} before {ends[1]:.10g}.",
            f"Write [{ends[1]:.10g}, {ends[0]:.10g}].",
        )
        return None
    return Between(*ends)


def _equals(reader: Reader, node: Node) -> Equals | None:
    if not isinstance(node, Entries):
        target = reader.number(node, "equals")
        return None if target is None else Equals(target)
    reader.entries(node, "equals", ("value", "tolerance"))
    if "value" not in node.items:
        reader.note(node.at, "equals needs the key 'value'.")
        return None
    value = reader.number(node.items["value"], "value")
    tolerance = _not_negative(reader, node, "tolerance")
    return None if value is None or tolerance is None else Equals(value, tolerance)


def _one_of(reader: Reader, node: Node) -> OneOf | None:
    values = _numbers(reader, node, "one_of")
    if values == ():
        reader.note(node.at, "one_of needs at least one number.")
    return OneOf(values) if values else None


def _no_worse_than(reader: Reader, node: Node) -> NoWorseThan | None:
    entries = reader.entries(node, "no_worse_than", ("baseline", "margin"))
    if entries is None:
        return None
    if "baseline" not in entries.items:
        reader.note(
            node.at,
            "no_worse_than needs the key 'baseline'.",
            "It is the name or id of a stored run.",
        )
        return None
    baseline = reader.text(entries.items["baseline"], "baseline")
    margin = _not_negative(reader, entries, "margin")
    return None if baseline is None or margin is None else NoWorseThan(baseline, margin)


def _not_negative(reader: Reader, entries: Entries, key: str) -> float | None:
    if key not in entries.items:
        return 0.0
    value = reader.number(entries.items[key], key)
    if value is not None and value < 0:
        reader.wanted(entries.items[key], key, "0 or more")
        return None
    return value


def criterion_from(requirement: Mapping[str, Any]) -> tuple[Criterion | None, dict[str, Any]]:
    """Split keyword arguments into a criterion and the rest, by the same rules as in a file.

    Raises:
        SuiteError: a criterion is malformed, or there are several.
    """
    stated = [key for key in requirement if key in CRITERIA]
    rest = {key: value for key, value in requirement.items() if key not in CRITERIA}
    if len(stated) > 1:
        raise SuiteError(f"A check has one criterion; {stated[0]!r} and {stated[1]!r} are two.")
    if not stated:
        return None, rest
    reader = Reader()
    criterion = read_criterion(reader, stated[0], node_of(requirement[stated[0]]))
    for error in reader.errors:  # there is no place in a file to name
        raise SuiteError(error.message, hint=error.hint)
    return criterion, rest
