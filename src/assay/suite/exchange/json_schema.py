"""A JSON Schema (draft 2020-12, 2019-09, 7 to 4) of a record, or of a list of records.

A property is a column. A record without the property, and one in which it is null, both give a
null in a table; keywords about a value therefore speak of the values that are there, as theirs do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from assay.core.errors import SuiteError
from assay.suite.exchange import predicates as p
from assay.suite.exchange.entries import Entry, Imported, UnmappableError, check, share
from assay.suite.exchange.json_schema_keywords import bounds, keyword, ranges
from assay.suite.nodes import Entries, Items, Leaf, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.core.schema import Kind
    from assay.suite.nodes import Node

_SILENT = (
    "$schema", "$id", "id", "$comment", "$anchor", "$vocabulary", "title", "description",
    "default", "examples", "example", "readOnly", "writeOnly", "deprecated", "definitions",
    "$defs", "contentEncoding",
)  # fmt: skip
"""Keywords that require nothing of a value."""
_KINDS: dict[str, Kind] = {
    "string": "string", "integer": "integer", "number": "float", "boolean": "boolean",
    "object": "nested", "array": "nested",
}  # fmt: skip
_RECORD = (
    "type", "properties", "required", "additionalProperties", "unevaluatedProperties", "allOf",
    "dependentRequired", "$ref",
)  # fmt: skip
_DEEPEST = 20
_MOST = 20_000


def read_json_schema(root: Node, *, name: str = "records") -> Imported:
    """The entries of a schema.

    Raises:
        SuiteError: the document is no schema of records.
    """
    if not isinstance(root, Entries):
        raise SuiteError("This is no JSON Schema: it is not an object.", location=root.at)
    title = root.items.get("title")
    if isinstance(title, Leaf) and isinstance(title.value, str) and title.value.strip():
        name = title.value
    reader = _Schema(root)
    try:
        entries = [*reader.table()]
    except UnmappableError as error:
        raise SuiteError(f"This JSON Schema cannot be read: {error}.", location=root.at) from None
    return Imported(format="json-schema", name=name, entries=tuple(entries))


class _Schema:
    def __init__(self, root: Entries) -> None:
        self._root = root
        self._properties: dict[str, list[Entries]] = {}
        self._required: list[str] = []
        self._closed = False
        self._steps = 0

    def table(self) -> Iterator[Entry]:
        """All entries: of the list of records, of the record, of each property."""
        record = self._resolved(self._root)
        if "array" in _types(record) and isinstance(record.items.get("items"), Entries):
            yield from self._list(record)
            record = self._resolved(record.items["items"])
        if "properties" not in record.items and "allOf" not in record.items:
            raise UnmappableError("it has no `properties`, so it is not of a record")
        rest = [*self._record(record, 0)]
        parts: dict[str, list[Entries]] = {}
        for name, several in self._properties.items():
            try:
                parts[name] = self._merged(several)
            except UnmappableError as error:
                parts[name] = []  # the column is there, whatever its values may be
                at = several[0].at
                rest.append(Entry(what=f"properties ({name})", reason=str(error), at=at))
        yield from self._columns(parts)
        yield from rest
        for name, schemas in parts.items():
            yield from self._column(name, schemas)

    def _resolved(self, node: Node) -> Entries:
        """The schema that a node is, or refers to within the document."""
        self._steps += 1
        if self._steps > _MOST:
            raise UnmappableError("its references multiply without end")
        seen: set[str] = set()
        while isinstance(node, Entries) and "$ref" in node.items:
            reference = plain(node.items["$ref"])
            if not isinstance(reference, str) or not reference.startswith("#"):
                raise UnmappableError(f"`$ref` {reference!r} leads out of the document")
            if reference in seen or len(seen) > _DEEPEST:
                raise UnmappableError(f"`$ref` {reference!r} leads to itself")
            seen.add(reference)
            node = self._at(reference)
        if not isinstance(node, Entries):
            raise UnmappableError("a schema is neither an object nor a reference to one")
        return node

    def _at(self, reference: str) -> Node:
        node: Node = self._root
        for part in unquote(reference[1:]).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, Entries) or key not in node.items:
                raise UnmappableError(f"`$ref` {reference!r} leads nowhere")
            node = node.items[key]
        return node

    def _list(self, schema: Entries) -> Iterator[Entry]:
        bounds = {"minItems": "at_least", "maxItems": "at_most"}
        for key, node in schema.items.items():
            value = plain(node)
            if key in bounds and isinstance(value, int) and not isinstance(value, bool):
                yield Entry(what=key, checks=(check("row_count", {}, {bounds[key]: value}),))
            elif key == "uniqueItems":
                if value is True:
                    draft = check("duplicate_rows", {}, {"at_most": 0})
                    yield Entry(what=key, checks=(draft,))
            elif key not in _SILENT and key not in ("type", "items"):
                reason = "this keyword has no equal for a list of records"
                yield Entry(what=key, reason=reason, at=schema.keys[key])

    def _record(self, schema: Entries, depth: int) -> Iterator[Entry]:
        """Gather the properties of a record; entries for what speaks of the record as a whole."""
        if depth > _DEEPEST:
            raise UnmappableError("`allOf` is nested too deep")
        for key in ("additionalProperties", "unevaluatedProperties"):
            self._closed |= plain(schema.items[key]) is False if key in schema.items else False
        required = schema.items.get("required")
        if isinstance(required, Items):
            self._required += [n for n in plain(required) if isinstance(n, str)]
        properties = schema.items.get("properties")
        for name, node in properties.items.items() if isinstance(properties, Entries) else ():
            if isinstance(node, Entries):
                self._properties.setdefault(name, []).append(node)
            elif not (isinstance(node, Leaf) and node.value is True):
                yield Entry(what=f"properties ({name})", reason="it forbids the column", at=node.at)
        together = schema.items.get("allOf")
        for part in together.items if isinstance(together, Items) else ():
            yield from self._record(self._resolved(part), depth + 1)
        dependent = schema.items.get("dependentRequired")
        if isinstance(dependent, Entries):
            yield from _dependent(dependent)
        for key, node in schema.items.items():
            open_ended = key.endswith("Properties") and isinstance(node, Leaf)
            if key not in _SILENT and key not in _RECORD:
                reason = "this keyword about a whole record has no equal"
                yield Entry(what=key, reason=reason, at=schema.keys[key])
            elif key in ("additionalProperties", "unevaluatedProperties") and not open_ended:
                reason = "columns that are not named cannot be held to a schema"
                yield Entry(what=key, reason=reason, at=schema.keys[key])

    def _merged(self, schemas: list[Entries]) -> list[Entries]:
        """A property's schemas: what they refer to, and the parts of ``allOf``; and the only
        alternative to null of ``anyOf`` and ``oneOf``."""
        found: list[Entries] = []
        waiting = [(schema, 0) for schema in schemas]
        while waiting:
            schema, depth = waiting.pop(0)
            if depth > _DEEPEST:
                raise UnmappableError("its schema is nested too deep")
            if "$ref" in schema.items:
                beside = {k: v for k, v in schema.items.items() if k != "$ref"}
                waiting.append((self._resolved(schema), depth + 1))
                schema = Entries(beside, schema.keys, schema.at)
            found.append(schema)
            together = schema.items.get("allOf")
            for part in together.items if isinstance(together, Items) else ():
                waiting.append((self._resolved(part), depth + 1))
            only = _beside_null(schema)
            if only is not None:
                waiting.append((self._resolved(only), depth + 1))
        return found

    def _columns(self, parts: dict[str, list[Entries]]) -> Iterator[Entry]:
        required = list(dict.fromkeys(n for n in self._required if n in parts))
        listed = list(parts) if self._closed else required
        kinds = {name: _kind(parts[name]) for name in listed}
        extra = None if self._closed else "allow"
        if listed:
            typed = all(kinds.values())
            params = {"fields": kinds if typed else listed, "extra": extra}
            yield Entry(what="properties", checks=(check("matches_schema", params),))
        for name in parts:
            kind = _kind(parts[name])
            if kind and (name not in listed or not all(kinds.values())):
                draft = check("has_type", {"column": name, "type": kind}, share(1))
                yield Entry(what=f"type ({name})", checks=(draft,))
        full = [name for name in required if not _nullable(parts[name])]
        if full:
            where = {"column": full[0]} if len(full) == 1 else {"columns": full}
            yield Entry(what="required", checks=(check("completeness", where, share(1)),))
        for name in dict.fromkeys(n for n in self._required if n not in parts):
            draft = check("matches_schema", {"fields": [name], "extra": "allow"})
            yield Entry(what=f"required ({name})", checks=(draft,))

    def _column(self, name: str, schemas: list[Entries]) -> Iterator[Entry]:
        for schema in schemas:
            stated = bounds(schema)
            for what, draft in ranges(name, stated):
                yield Entry(what=f"{what} ({name})", checks=(draft,))
            for key, node in schema.items.items():
                if key in _SILENT or key in ("type", "allOf", *stated):
                    continue
                if key in ("anyOf", "oneOf") and _beside_null(schema) is not None:
                    continue
                yield keyword(name, key, node, schema)


def _types(schema: Entries) -> list[str]:
    found = plain(schema.items["type"]) if "type" in schema.items else []
    return [found] if isinstance(found, str) else [t for t in found or [] if isinstance(t, str)]


def _kind(schemas: list[Entries]) -> Kind | None:
    """The column's kind: a format makes a text a date; None where the schemas leave it open."""
    stated = [t for schema in schemas for t in _types(schema) if t != "null"]
    formats = [plain(s.items["format"]) for s in schemas if "format" in s.items]
    kinds = {_KINDS[t] for t in stated if t in _KINDS}
    if kinds == {"integer", "float"}:
        kinds = {"float"}
    if len(kinds) != 1:
        return None
    kind = kinds.pop()
    if kind == "string" and formats:
        # a table may hold the text, or the date that it is: `has_type` takes either
        return None
    return kind


def _nullable(schemas: list[Entries]) -> bool:
    """Whether null is a value that all the schemas allow."""
    for schema in schemas:
        types = _types(schema)
        if types and "null" not in types:
            return False
        for key in ("enum", "const"):
            if key in schema.items:
                allowed = plain(schema.items[key])
                return allowed is None or (isinstance(allowed, list) and None in allowed)
    return not any(_types(schema) for schema in schemas) or any(
        "null" in _types(schema) or _beside_null(schema) is not None for schema in schemas
    )


def _beside_null(schema: Entries) -> Node | None:
    """The one alternative of ``anyOf`` or ``oneOf`` that is not null, where null is the other."""
    for key in ("anyOf", "oneOf"):
        node = schema.items.get(key)
        if isinstance(node, Items) and len(node.items) == 2:
            null = [n for n in node.items if isinstance(n, Entries) and _types(n) == ["null"]]
            others = [n for n in node.items if n not in null]
            if len(null) == 1:
                return others[0]
    return None


def _dependent(node: Entries) -> Iterator[Entry]:
    for name, others in node.items.items():
        wanted = [n for n in plain(others) or [] if isinstance(n, str)]
        if wanted:
            there = p.all_of(p.is_known(p.column(other)) for other in wanted)
            predicate = p.sql(p.any_of((p.is_null(p.column(name)), there)))
            draft = check("satisfies", {"predicate": predicate}, share(1))
            yield Entry(what=f"dependentRequired ({name})", checks=(draft,))
