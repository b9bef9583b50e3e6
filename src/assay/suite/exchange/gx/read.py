"""A suite of Great Expectations as entries: 1.x, and 0.x where its types are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.errors import SuiteError, did_you_mean
from assay.suite.exchange import conditions
from assay.suite.exchange import predicates as p
from assay.suite.exchange.arguments import Arguments
from assay.suite.exchange.entries import DATA, Entry, Imported, UnmappableError
from assay.suite.exchange.gx import figures, rows, tables, values  # noqa: F401 - they register
from assay.suite.exchange.gx.rules import RULES, WITHOUT, Mapped
from assay.suite.nodes import Entries, Items, Leaf, plain

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

    from assay.core.errors import Location
    from assay.suite.nodes import Node

_SEVERITY = {"critical": "block", "warning": "warn", "info": "info"}
_OWN = ("batch_id", "result_format", "catch_exceptions", "include_config")
"""Arguments that say how GX runs and shows an expectation, not what is expected."""
_DEEPEST = 20


def read_gx(root: Node) -> Imported:
    """The entries of a suite.

    Raises:
        SuiteError: the document is no suite of Great Expectations.
    """
    if not isinstance(root, Entries) or not isinstance(root.items.get("expectations"), Items):
        raise SuiteError(
            "This is no suite of Great Expectations: it has no list `expectations`.",
            location=root.at,
        )
    listed = root.items["expectations"]
    assert isinstance(listed, Items)
    entries = tuple(_entry(item) for item in listed.items)
    others = [check.params.get("against") for entry in entries for check in entry.checks]
    named = dict.fromkeys([DATA, *(str(name) for name in others if name)])
    return Imported(format="gx", name=_name(root), entries=entries, tables=tuple(named))


def _name(root: Entries) -> str:
    for key in ("name", "expectation_suite_name"):
        node = root.items.get(key)
        if isinstance(node, Leaf) and isinstance(node.value, str) and node.value.strip():
            return node.value
    return "expectations"


def _text(item: Entries, *keys: str) -> str | None:
    for key in keys:
        node = item.items.get(key)
        if isinstance(node, Leaf) and isinstance(node.value, str) and node.value.strip():
            return node.value
    return None


def _entry(item: Node) -> Entry:
    kind = _text(item, "type", "expectation_type") if isinstance(item, Entries) else None
    if not isinstance(item, Entries) or kind is None:
        return Entry(what="an expectation without a type", reason="it has no `type`", at=item.at)
    kwargs = item.items.get("kwargs")
    given = kwargs if isinstance(kwargs, Entries) else None
    what = f"{kind} ({_about(given)})" if given is not None and _about(given) else kind
    at: Location = item.keys.get("type") or item.keys.get("expectation_type") or item.at
    own = _text(item, "id", "ge_cloud_id")
    try:
        mapped = _mapped(kind, item, given)
    except UnmappableError as error:
        return Entry(what=what, reason=f"{error}", at=at, id=own)
    return Entry(what=what, checks=mapped.checks, reason=mapped.note, at=at, id=own)


def _about(kwargs: Entries) -> str:
    """The columns of an expectation, for a person."""
    for key in ("column", "column_list", "column_set"):
        found = plain(kwargs.items[key]) if key in kwargs.items else None
        if isinstance(found, str):
            return found
        if isinstance(found, list):
            names = [str(name) for name in found]
            return ", ".join(names[:4]) + ("…" if len(names) > 4 else "")
    pair = [plain(kwargs.items[k]) for k in ("column_A", "column_B") if k in kwargs.items]
    return ", ".join(str(name) for name in pair)


def _mapped(kind: str, item: Entries, kwargs: Entries | None) -> Mapped:
    if kind in WITHOUT:
        raise UnmappableError(WITHOUT[kind])
    if kind not in RULES:
        known = did_you_mean(kind, RULES)
        raise UnmappableError(f"this type is not one of Great Expectations 1.x.{known}")
    arguments = Arguments(kwargs)
    if isinstance(item.items.get("windows"), Items) or arguments.has("windows"):
        raise UnmappableError("its bounds follow earlier runs: hold it against a baseline")
    where = _where(arguments)
    mapped = RULES[kind](arguments)
    arguments.nothing_else(ignore=_OWN)
    return mapped.within(where, _beside(item))


def _beside(item: Entries) -> dict[str, Any]:
    beside: dict[str, Any] = {}
    severity = _text(item, "severity")
    if severity is not None:
        if severity not in _SEVERITY:
            raise UnmappableError(f"the severity {severity!r} is not known")
        if severity != "critical":
            beside["severity"] = _SEVERITY[severity]
    notes = item.items.get("notes")
    meta = item.items.get("meta")
    if not isinstance(notes, Leaf | Items) and isinstance(meta, Entries):
        notes = meta.items.get("notes")
    said = [_text(item, "description"), *_lines(notes)]
    description = " ".join(dict.fromkeys(line for line in said if line))
    return beside | ({"description": description} if description else {})


def _lines(notes: Node | None) -> list[str]:
    if isinstance(notes, Entries):  # 0.x: {format: markdown, content: […]}
        notes = notes.items.get("content")
    parts = notes.items if isinstance(notes, Items) else (notes,)
    return [part.value for part in parts if isinstance(part, Leaf) and isinstance(part.value, str)]


def _where(a: Arguments) -> str | None:
    """The rows that an expectation is about; ``row_condition`` is a tree, or text (deprecated)."""
    parser = a.text("condition_parser", None)
    condition = a.any("row_condition")
    return None if condition is None else p.sql(_condition(condition, parser, 0))


def _condition(condition: Any, parser: str | None, depth: int) -> Expr:
    if depth > _DEEPEST:
        raise UnmappableError("its row condition is nested too deep")
    match condition:
        case str(text):
            return p.parsed(text, "spark") if parser == "spark" else conditions.from_python(text)
        case {"type": "pass_through", "pass_through_filter": str(text)}:
            return _condition(text, parser, depth)
        case {"type": "nullity", "column": {"name": str(name)}, "is_null": bool(null)}:
            return p.is_null(p.column(name)) if null else p.is_known(p.column(name))
        case {"type": "comparison", "column": {"name": str(name)}, "operator": str(operator)}:
            return _comparison(p.column(name), operator, condition.get("parameter"))
        case {"type": "and" | "or" as logic, "conditions": list(parts)} if parts:
            several = [_condition(part, parser, depth + 1) for part in parts]
            return p.all_of(several) if logic == "and" else p.any_of(several)
    raise UnmappableError("its row condition is not of a form that is known")


def _comparison(column: Expr, operator: str, value: Any) -> Expr:
    if operator in ("IN", "NOT_IN"):
        if not isinstance(value, list):
            raise UnmappableError("its row condition compares with something that is no list")
        found = p.member(column, value)
        return found if operator == "IN" else p.negation(found)
    return p.compare(operator, column, p.constant(value))
