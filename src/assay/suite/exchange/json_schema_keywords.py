"""Keywords of a JSON Schema about the values of one property, as checks of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.suite.exchange import predicates as p
from assay.suite.exchange.entries import Draft, Entry, UnmappableError, check, share, values
from assay.suite.exchange.patterns import searched
from assay.suite.exchange.schema_formats import FORMATS
from assay.suite.nodes import Entries, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.suite.nodes import Node


def bounds(schema: Entries) -> dict[str, Any]:
    """The keywords of a range, and of a length, with their numbers."""
    names = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength")
    found = {name: plain(schema.items[name]) for name in names if name in schema.items}
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, int | float) and (not isinstance(value, bool) or "exclusive" in name)
    }


def ranges(column: str, stated: dict[str, Any]) -> Iterator[tuple[str, Draft]]:
    """The checks of a range and of a length, each with the keywords that it stands for."""
    limits: dict[str, Any] = {}
    for side, least, exclusive in (
        ("lower", "minimum", "exclusiveMinimum"),
        ("upper", "maximum", "exclusiveMaximum"),
    ):
        value, strict = stated.get(least), stated.get(exclusive)
        if isinstance(strict, bool):  # draft 4: whether `minimum` itself is excluded
            value, strict = (None, value) if strict else (value, None)
        if strict is not None and (value is None or (strict >= value) == (side == "lower")):
            limits |= {side: strict, f"{side}_inclusive": False}
        elif value is not None:
            limits[side] = value
    if limits:
        what = "minimum, maximum"
        yield what, check("in_range", {"column": column, **limits}, share(1))
    lengths = {"lower": stated.get("minLength"), "upper": stated.get("maxLength")}
    if any(value is not None for value in lengths.values()):
        draft = check("length_in_range", {"column": column, **lengths}, share(1))
        yield "minLength, maxLength", draft


def keyword(column: str, key: str, node: Node, schema: Entries) -> Entry:
    """The entry of any other keyword."""
    what = f"{key} ({column})"
    at = schema.keys.get(key, node.at)
    try:
        drafts, note = _drafts(column, key, plain(node), schema)
    except UnmappableError as error:
        return Entry(what=what, reason=str(error), at=at)
    return Entry(what=what, checks=tuple(drafts), reason=note, at=at)


def _drafts(column: str, key: str, value: Any, schema: Entries) -> tuple[list[Draft], str]:
    match key, value:
        case ("enum", list()):
            return [check("in_set", {"column": column, "values": values(value)}, share(1))], ""
        case ("const", _):
            return [check("in_set", {"column": column, "values": values([value])}, share(1))], ""
        case ("pattern", str()):
            pattern = searched(value)
            return [check("matches", {"column": column, "pattern": pattern}, share(1))], ""
        case ("multipleOf", int() | float()) if value > 0 and not isinstance(value, bool):
            return [_multiple(column, value)], ""
        case ("format", str()):
            return _format(column, value)
        case ("contentMediaType", "application/json"):
            found = "contentSchema" in schema.items
            return ([] if found else [check("is_json", {"column": column}, share(1))]), ""
        case ("contentSchema", dict()):
            params = {"column": column, "schema": value}
            return [check("json_schema", params, share(1))], ""
        case (("properties" | "items" | "additionalProperties" | "required"), _):
            raise UnmappableError("what lies within a nested column is not checked")
    raise UnmappableError("this keyword has no equal, or its value is not of the right type")


def _multiple(column: str, step: float) -> Draft:
    from sqlglot import exp

    if step != int(step):
        raise UnmappableError("multiples of a fraction are not exact in floating point")
    remainder = exp.Mod(this=p.column(column), expression=p.constant(int(step)))
    predicate = p.sql(p.compare("==", remainder, p.constant(0)))
    where = p.sql(p.is_known(p.column(column)))
    return check("satisfies", {"predicate": predicate, "where": where}, share(1))


def _format(column: str, name: str) -> tuple[list[Draft], str]:
    note = "many validators leave `format` unchecked"
    if name in ("date", "date-time", "time"):
        kind = "timestamp" if name == "date-time" else name
        return [check("has_type", {"column": column, "type": kind}, share(1))], note
    if name not in FORMATS:
        raise UnmappableError(f"the format {name!r} has no pattern here: use `matches`")
    params = {"column": column, "pattern": FORMATS[name]}
    return [check("matches", params, share(1))], note
