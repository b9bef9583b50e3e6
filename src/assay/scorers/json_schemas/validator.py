"""A validator of one JSON Schema that fetches nothing, runs nothing, and cannot be stalled."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from assay.core.errors import MissingExtraError
from assay.scorers.json_schemas.ecmascript import compiled

if TYPE_CHECKING:
    from collections.abc import Iterator


class Refusal(NamedTuple):
    """Why a text is not valid, and where in it (JSONPath)."""

    reason: str
    path: str


def library() -> Any:
    """The library ``jsonschema``.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import jsonschema
    except ModuleNotFoundError as error:
        raise MissingExtraError("jsonschema", "json") from error
    return jsonschema


class Validator:
    """Checks texts against one schema.

    Differences to the library's own validators: no ``$ref`` is fetched, patterns are searched for
    by RE2, equal items are found by hashing. ``format`` is a note, as the standard has it.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        """Make a validator.

        Raises:
            MissingExtraError: the library, or RE2 for a schema with patterns, is not installed.
            ValueError: what is wrong with the schema, and where.
        """
        jsonschema = library()
        from jsonschema_specifications import REGISTRY

        dialect = jsonschema.validators.validator_for(schema, default=None)
        if dialect is None and "$schema" in schema:
            raise ValueError(f"there is no dialect {schema['$schema']!r} of JSON Schema")
        dialect = dialect or jsonschema.Draft202012Validator
        try:
            # no formats: a pattern would be held to be one of Python's; `_examine` reads patterns
            dialect.check_schema(schema, format_checker=jsonschema.FormatChecker(formats=()))
        except jsonschema.SchemaError as error:
            raise ValueError(f"{_short(error.message)}, at {error.json_path}") from error
        _examine(schema, dialect)
        safe = {name: check for name, check in _OWN.items() if name in dialect.VALIDATORS}
        extended = jsonschema.validators.extend(dialect, safe)
        self._validator = extended(schema, registry=REGISTRY)
        try:
            self._validator.is_valid(None)
        except RecursionError:
            raise ValueError("a $ref leads back to itself") from None

    def valid(self, text: str) -> bool:
        """Whether a text is JSON and valid."""
        try:
            return bool(self._validator.is_valid(msgspec.json.decode(text)))
        except (msgspec.DecodeError, RecursionError):
            return False

    def refusal(self, text: str) -> Refusal | None:
        """Why a text is not valid; None where it is."""
        try:
            document = msgspec.json.decode(text)
            error = library().exceptions.best_match(self._validator.iter_errors(document))
        except msgspec.DecodeError as fault:
            return Refusal(f"not JSON: {_short(str(fault))}", "$")
        except RecursionError:
            return Refusal("nested too deeply", "$")
        return None if error is None else Refusal(_short(error.message), _short(error.json_path))


@cache
def validator(schema: str) -> Validator:
    """The validator of a schema given as JSON text; see :class:`Validator`."""
    return Validator(json.loads(schema))


def _short(text: str, most: int = 160) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _examine(schema: dict[str, Any], dialect: Any) -> None:
    """Refuse references that lead nowhere, and patterns that cannot be searched for.

    Raises:
        ValueError: the first that is found.
    """
    from jsonschema_specifications import REGISTRY
    from referencing import Resource
    from referencing.jsonschema import specification_with

    meta = dialect.META_SCHEMA
    specification = specification_with(meta.get("$schema", meta.get("id", "")))
    root: Resource[Any] = Resource.from_contents(schema, default_specification=specification)
    waiting: list[tuple[Resource[Any], Any]] = [(root, REGISTRY.resolver_with_root(root))]
    keywords: set[str] = set()
    seen: set[int] = set()
    while waiting:
        resource, resolver = waiting.pop()
        contents = resource.contents
        if not isinstance(contents, dict) or id(contents) in seen:
            continue
        seen.add(id(contents))
        keywords |= contents.keys()
        _patterns(contents)
        for keyword in ("$ref", "$dynamicRef"):
            if isinstance(reference := contents.get(keyword), str):
                found = _found(keyword, reference, resolver)
                waiting.append((specification.create_resource(found.contents), found.resolver))
        waiting += [(part, resolver.in_subresource(part)) for part in resource.subresources()]
    if {"patternProperties", "unevaluatedProperties"} <= keywords:
        # the library would search for the patterns by itself
        raise ValueError("patternProperties together with unevaluatedProperties is not supported")


def _patterns(contents: dict[str, Any]) -> None:
    """Compile the patterns that stand in one part of a schema."""
    properties = contents.get("patternProperties")
    names = properties if isinstance(properties, dict) else ()
    for pattern in (contents.get("pattern"), *names):
        if isinstance(pattern, str):
            try:
                compiled(pattern)
            except ValueError as error:
                fault = f"the pattern {_short(pattern)!r} cannot be used: {_short(str(error))}"
                raise ValueError(fault) from None


def _found(keyword: str, reference: str, resolver: Any) -> Any:
    """What a reference leads to."""
    from referencing.exceptions import Unresolvable

    try:
        return resolver.lookup(reference)
    except Unresolvable:
        raise ValueError(
            f"{keyword} {reference!r} is not in the schema, and nothing is fetched: "
            "put what it means under $defs"
        ) from None


def _error(message: str) -> Any:
    return library().ValidationError(message)


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    if isinstance(instance, str) and not compiled(pattern).search(instance):
        yield _error(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, properties: dict[str, Any], instance: Any, schema: Any
) -> Iterator[Any]:
    if isinstance(instance, dict):
        for pattern, part in properties.items():
            for name, value in instance.items():
                if compiled(pattern).search(name):
                    yield from validator.descend(value, part, path=name, schema_path=pattern)


def _additional_properties(
    validator: Any, additional: Any, instance: Any, schema: dict[str, Any]
) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    patterns = [compiled(pattern) for pattern in schema.get("patternProperties", ())]
    extra = [
        name
        for name in instance
        if name not in schema.get("properties", {}) and not any(p.search(name) for p in patterns)
    ]
    if isinstance(additional, dict):
        for name in extra:
            yield from validator.descend(instance[name], additional, path=name)
    elif additional is False and extra:
        names = ", ".join(map(repr, extra))
        yield _error(f"there must be no other properties: {names}")


def _unique_items(validator: Any, wanted: bool, instance: Any, schema: Any) -> Iterator[Any]:
    if wanted and isinstance(instance, list) and len({*map(_key, instance)}) < len(instance):
        yield _error("an item is there twice")


def _key(item: Any) -> Any:
    """A hashable value that is equal for equal items: 1 and 1.0 are, 1 and true are not."""
    match item:
        case bool():
            return "boolean", item
        case list():
            return "array", tuple(map(_key, item))
        case dict():
            return "object", frozenset((name, _key(value)) for name, value in item.items())
        case _:
            return item


_OWN = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
}
