"""A schema of pandera, as its ``to_yaml`` and ``to_json`` write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.errors import SuiteError, did_you_mean
from assay.suite.exchange.arguments import Arguments
from assay.suite.exchange.entries import (
    Draft,
    Entry,
    Imported,
    UnmappableError,
    check,
    share,
    values,
)
from assay.suite.exchange.kinds import kind_of
from assay.suite.exchange.patterns import begun, literal, searched
from assay.suite.nodes import Entries, Items, Leaf, node_of, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assay.suite.nodes import Node

_SCHEMA = ("schema_type", "version", "api", "columns", "name", "title", "description", "unique",
           "strict", "ordered")  # fmt: skip
_COLUMN = ("title", "description", "dtype", "nullable", "checks", "name", "unique", "coerce",
           "required", "regex", "default", "report_duplicates", "metadata")  # fmt: skip
_OPTIONS = ("check_name", "ignore_na", "raise_warning", "n_failure_cases", "error", "name")
_SHORT = {
    "eq": "equal_to", "ne": "not_equal_to", "gt": "greater_than", "lt": "less_than",
    "ge": "greater_than_or_equal_to", "le": "less_than_or_equal_to", "between": "in_range",
}  # fmt: skip
# The parameter that a check written as ``name: value`` means.
_ONLY = {
    "equal_to": "value", "not_equal_to": "value", "greater_than": "min_value",
    "greater_than_or_equal_to": "min_value", "less_than": "max_value",
    "less_than_or_equal_to": "max_value", "isin": "allowed_values", "notin": "forbidden_values",
    "str_matches": "pattern", "str_contains": "pattern", "str_startswith": "string",
    "str_endswith": "string", "unique_values_eq": "values",
}  # fmt: skip
_WITHOUT = {
    "index": "a table has no index: write it as a column",
    "coerce": "values are checked as they are, never converted",
    "drop_invalid_rows": "rows are never dropped; `quarantine:` of a table puts them aside",
    "checks": "a check of the whole frame is written in Python",
    "dtype": "one type for all columns is not written here: give it per column",
    "unique_column_names": "a table whose columns share a name cannot be opened",
    "add_missing_columns": "nothing is added to a table",
    "report_duplicates": "all duplicates are counted",
}


def read_pandera(root: Node) -> Imported:
    """The entries of a schema.

    Raises:
        SuiteError: the document is no schema of a data frame.
    """
    columns = root.items.get("columns") if isinstance(root, Entries) else None
    if not isinstance(root, Entries) or not isinstance(columns, Entries):
        raise SuiteError(
            "This is no schema of pandera: it has no mapping `columns`.", location=root.at
        )
    stated = root.items.get("schema_type")
    kind = stated.value if isinstance(stated, Leaf) else None
    if kind not in ("dataframe", None):
        raise SuiteError(f"A schema of the type {kind!r} is not a table's.", location=root.at)
    name = root.items.get("name")
    title = name.value if isinstance(name, Leaf) and isinstance(name.value, str) else "schema"
    entries = [*_layout(root, columns), *_whole(root)]
    for column, node in columns.items.items():
        entries += _column(column, node)
    return Imported(format="pandera", name=title, entries=tuple(entries))


def _flag(node: Entries, name: str, *, default: bool = False) -> bool:
    given = node.items.get(name)
    return given.value is True if isinstance(given, Leaf) and given.value is not None else default


def _given(node: Node | None) -> bool:
    """Whether something is asked for there."""
    return node is not None and plain(node) not in (None, False, [], {})


def _layout(root: Entries, columns: Entries) -> Iterator[Entry]:
    """Which columns there are, of which type, in which order; and which are never null."""
    specs = {name: node for name, node in columns.items.items() if isinstance(node, Entries)}
    plainly = {name: node for name, node in specs.items() if not _flag(node, "regex")}
    required = [n for n, node in plainly.items() if _flag(node, "required", default=True)]
    plainly = {name: plainly[name] for name in required}
    strict = _flag(root, "strict") and len(required) == len(specs)
    ordered = True if _flag(root, "ordered") else None
    kinds = {name: kind_of(str(_dtype(specs[name]))) for name in required}
    typed = [n for n in required if kinds[n] and not _flag(specs[n], "coerce")]
    fields: Any = {n: kinds[n] for n in required} if len(typed) == len(required) else required
    if required:
        params = {"fields": fields, "ordered": ordered, "extra": None if strict else "allow"}
        reason = ""
        if _flag(root, "strict") and not strict:
            reason = "other columns are allowed, since some of the schema may be missing"
        yield Entry(what="columns", checks=(check("matches_schema", params),), reason=reason)
    for name, node in plainly.items():
        dtype = _dtype(node)
        if dtype is None or not isinstance(fields, list):
            continue
        yield _typed(name, str(dtype), node)
    full = [name for name, node in plainly.items() if not _flag(node, "nullable")]
    if full:
        where = {"column": full[0]} if len(full) == 1 else {"columns": full}
        yield Entry(what="nullable", checks=(check("completeness", where, share(1)),))


def _dtype(node: Entries) -> Any:
    given = node.items.get("dtype")
    return given.value if isinstance(given, Leaf) else None


def _typed(column: str, dtype: str, node: Entries) -> Entry:
    kind, at = kind_of(dtype), node.items["dtype"].at
    what = f"dtype ({column})"
    if kind is None:
        return Entry(what=what, reason=f"the type {dtype!r} says nothing to check", at=at)
    draft = check("has_type", {"column": column, "type": kind}, share(1))
    if not _flag(node, "coerce"):
        draft = check("matches_schema", {"fields": {column: kind}, "extra": "allow"})
    return Entry(what=what, checks=(draft,), at=at)


def _whole(root: Entries) -> Iterator[Entry]:
    """What the schema says of the whole frame."""
    unique = root.items.get("unique")
    if isinstance(unique, Items) and unique.items:
        key = plain(unique)
        if all(isinstance(name, str) for name in key):
            yield Entry(what="unique", checks=(check("uniqueness", {"key": key}, share(1)),))
        else:
            yield Entry(what="unique", reason="it is not a list of columns", at=unique.at)
    for name, node in root.items.items():
        if name not in _SCHEMA and _given(node):
            reason = _WITHOUT.get(name, "this key of the schema is not known")
            yield Entry(what=name, reason=reason, at=root.keys[name])


def _column(column: str, node: Node) -> Iterator[Entry]:
    if not isinstance(node, Entries):
        yield Entry(what=column, reason="it is not a mapping", at=node.at)
        return
    if _flag(node, "regex"):
        reason = "it names its columns by a regular expression: use `columns` with * and ?"
        yield Entry(what=f"column {column}", reason=reason, at=node.at)
        return
    if not _flag(node, "required", default=True):
        reason = "it may be missing, and a check of a missing column is an error: require it first"
        yield Entry(what=f"column {column}", reason=reason, at=node.at)
        return
    if _flag(node, "unique"):
        yield Entry(
            what=f"unique ({column})", checks=(check("uniqueness", {"key": [column]}, share(1)),)
        )
    for name, stated in _checks(node):
        yield _check(column, name, stated)
    for key, value in node.items.items():
        if key == "coerce" or key in _COLUMN or not _given(value):
            continue
        if _SHORT.get(key, key) not in _CHECKS:
            reason = _WITHOUT.get(key) or f"this key is not known.{did_you_mean(key, _CHECKS)}"
            yield Entry(what=f"{key} ({column})", reason=reason, at=node.keys[key])


def _checks(node: Entries) -> Iterator[tuple[str, Node]]:
    """Checks by name: beside the column's keys, or under ``checks`` as a list or a mapping."""
    for key, value in node.items.items():
        if _SHORT.get(key, key) in _CHECKS:
            yield _SHORT.get(key, key), value
    under = node.items.get("checks")
    if isinstance(under, Entries):
        for key, value in under.items.items():
            yield _SHORT.get(key, key), value
    for item in under.items if isinstance(under, Items) else ():
        options = item.items.get("options") if isinstance(item, Entries) else None
        name = options.items.get("check_name") if isinstance(options, Entries) else None
        stated = name.value if isinstance(name, Leaf) else None
        yield _SHORT.get(str(stated), str(stated)), item


def _check(column: str, name: str, stated: Node) -> Entry:
    what = f"{name} ({column})"
    try:
        if name not in _CHECKS:
            raise UnmappableError(
                f"this check is not one of pandera's.{did_you_mean(name, _CHECKS)}"
            )
        arguments, beside, note = _options(name, stated)
        drafts = _CHECKS[name](column, arguments)
        arguments.nothing_else()
    except UnmappableError as error:
        return Entry(what=what, reason=str(error), at=stated.at)
    found = tuple(
        Draft(metric=d.metric, params=d.params, beside={**d.beside, **beside}) for d in drafts
    )
    return Entry(what=what, checks=found, reason=note, at=stated.at)


def _options(name: str, stated: Node) -> tuple[Arguments, dict[str, Any], str]:
    """A check's own arguments, what stands beside it, and in what it differs."""
    given = plain(stated)
    if not isinstance(given, dict):
        given = {_ONLY.get(name, "value"): given}
    options = {**given.pop("options", {}), **{k: v for k, v in given.items() if k in _OPTIONS}}
    if set(given) == {"value"} and name in _ONLY:
        given = {_ONLY[name]: given["value"]}
    for key in ("groupby", "groups"):
        if given.get(key) or options.get(key):
            raise UnmappableError(f"`{key}` is a function or a grouping: use `by`")
    own = node_of({key: value for key, value in given.items() if key not in _OPTIONS})
    beside: dict[str, Any] = {"severity": "warn"} if options.get("raise_warning") is True else {}
    error = options.get("error")
    if isinstance(error, str) and error and not error.startswith(f"{name}("):
        beside["description"] = error
    note = "nulls are left to `completeness`" if options.get("ignore_na") is False else ""
    assert isinstance(own, Entries)
    return Arguments(own), beside, note


def _range(column: str, a: Arguments) -> list[Draft]:
    lower, upper = a.any("min_value"), a.any("max_value")
    low = None if a.flag("include_min", default=True) else False
    high = None if a.flag("include_max", default=True) else False
    return [_in_range(column, lower=lower, upper=upper, lower_inclusive=low, upper_inclusive=high)]


def _in_range(column: str, **limits: Any) -> Draft:
    for name in ("lower", "upper"):
        bound = limits.get(name)
        if isinstance(bound, bool) or not isinstance(bound, int | float | str | None):
            raise UnmappableError(f"{bound!r} is not a bound")
    return check("in_range", {"column": column, **limits}, share(1))


def _length(column: str, a: Arguments) -> list[Draft]:
    exact = a.number("exact_value")
    lower, upper = a.number("min_value", exact), a.number("max_value", exact)
    if lower is None and upper is None:
        raise UnmappableError("it states no bound")
    return [check("length_in_range", {"column": column, "lower": lower, "upper": upper}, share(1))]


def _set(metric: str, column: str, found: list[Any]) -> Draft:
    return check(metric, {"column": column, "values": values(found)}, share(1))


def _pattern(column: str, pattern: str) -> list[Draft]:
    return [check("matches", {"column": column, "pattern": pattern}, share(1))]


_CHECKS: dict[str, Callable[[str, Arguments], list[Draft]]] = {
    "equal_to": lambda c, a: [_set("in_set", c, [a.any("value")])],
    "not_equal_to": lambda c, a: [_set("not_in_set", c, [a.any("value")])],
    "greater_than": lambda c, a: [_in_range(c, lower=a.any("min_value"), lower_inclusive=False)],
    "greater_than_or_equal_to": lambda c, a: [_in_range(c, lower=a.any("min_value"))],
    "less_than": lambda c, a: [_in_range(c, upper=a.any("max_value"), upper_inclusive=False)],
    "less_than_or_equal_to": lambda c, a: [_in_range(c, upper=a.any("max_value"))],
    "in_range": _range,
    "isin": lambda c, a: [_set("in_set", c, a.items("allowed_values"))],
    "notin": lambda c, a: [_set("not_in_set", c, a.items("forbidden_values"))],
    "str_matches": lambda c, a: _pattern(c, begun(a.text("pattern"))),
    "str_contains": lambda c, a: _pattern(c, searched(a.text("pattern"))),
    "str_startswith": lambda c, a: _pattern(c, f"{literal(a.text('string'))}(?s:.*)"),
    "str_endswith": lambda c, a: _pattern(c, f"(?s:.*){literal(a.text('string'))}"),
    "str_length": _length,
    "unique_values_eq": lambda c, a: [
        _set("in_set", c, a.items("values")),
        _set("covers_set", c, a.items("values")),
    ],
}
"""Pandera's own checks that a schema file can hold, each as drafts."""
