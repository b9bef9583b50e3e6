"""The tests of a dbt project's ``schema.yml``: on models, seeds, snapshots and sources.

Its own four, the common ones of dbt_utils, and those of dbt_expectations, which carry the names
of Great Expectations and are read by the same rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assay.core.errors import SuiteError
from assay.suite.exchange import predicates as p
from assay.suite.exchange.arguments import Arguments
from assay.suite.exchange.dbt_tests import CONTEXT, TESTS, Context, table_of
from assay.suite.exchange.entries import Draft, Entry, Imported, UnmappableError, check
from assay.suite.exchange.gx import figures, rows, tables, values  # noqa: F401 - they register
from assay.suite.exchange.gx.rules import RULES, WITHOUT
from assay.suite.nodes import Entries, Items, Leaf, node_of, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.suite.nodes import Node

_KINDS = ("models", "seeds", "snapshots", "sources")
_OTHER = ("unit_tests", "semantic_models", "metrics")
_CONFIG = (
    "where", "severity", "error_if", "warn_if", "fail_calc", "limit", "enabled", "tags", "meta",
    "store_failures", "store_failures_as", "alias", "group", "database", "schema",
)  # fmt: skip
_BESIDE = ("name", "alias", "description", "config", "tags", "meta", "arguments", "test_name")
_TIMES = {"minute": "minutes", "hour": "hours", "day": "days"}


def read_dbt(root: Node) -> Imported:
    """The entries of a properties file.

    Raises:
        SuiteError: the document names no model, seed, snapshot or source.
    """
    found: list[_Table] = []
    for kind in _KINDS if isinstance(root, Entries) else ():
        assert isinstance(root, Entries)
        listed = root.items.get(kind)
        for item in listed.items if isinstance(listed, Items) else ():
            found += _source(item) if kind == "sources" else _named(item)
    if not found:
        raise SuiteError(
            "This is no properties file of dbt: it names no model, seed, snapshot or source.",
            location=root.at,
        )
    entries = [entry for table in found for entry in table.entries()]
    assert isinstance(root, Entries)
    for kind in _OTHER:
        if kind in root.items:
            entries.append(Entry(what=kind, reason="they test no rows", at=root.keys[kind]))
    used = [c.on for entry in entries for c in entry.checks]
    used += [str(c.params[k]) for e in entries for c in e.checks for k in ("to", "against")
             if k in c.params]  # fmt: skip
    known = [table.name for table in found]
    named = [name for name in dict.fromkeys([*known, *used]) if name in used]
    return Imported(
        format="dbt", name="dbt", entries=tuple(entries), tables=tuple(named or known[:1])
    )


def _text(node: Entries, key: str) -> str | None:
    found = node.items.get(key)
    return found.value if isinstance(found, Leaf) and isinstance(found.value, str) else None


def _named(item: Node, prefix: str = "", sources: Entries | None = None) -> list[_Table]:
    name = _text(item, "name") if isinstance(item, Entries) else None
    if not isinstance(item, Entries) or not name:
        raise SuiteError("Each model, seed, snapshot or table must have a name.", location=item.at)
    return [_Table(f"{prefix}{name}", item, sources)]


def _source(item: Node) -> list[_Table]:
    found = _named(item)[0]
    listed = found.node.items.get("tables")
    return [
        table
        for node in (listed.items if isinstance(listed, Items) else ())
        for table in _named(node, f"{found.name}.", found.node)
    ]


@dataclass(frozen=True)
class _Table:
    """A model or source table: its name, and what the file says of it and of its source."""

    name: str
    node: Entries
    source: Entries | None = None

    def entries(self) -> Iterator[Entry]:
        """What is tested on it."""
        yield from self._tests(self.node, None)
        columns = self.node.items.get("columns")
        for item in columns.items if isinstance(columns, Items) else ():
            column = _text(item, "name") if isinstance(item, Entries) else None
            if not isinstance(item, Entries) or not column:
                raise SuiteError("Each column must have a name.", location=item.at)
            yield from self._tests(item, column)
        yield from self._fresh()

    def _tests(self, node: Entries, column: str | None) -> Iterator[Entry]:
        for key in ("data_tests", "tests"):
            listed = node.items.get(key)
            for item in listed.items if isinstance(listed, Items) else ():
                yield self._test(item, column)
        constraints = node.items.get("constraints")
        for item in constraints.items if isinstance(constraints, Items) else ():
            yield self._constraint(item, column)

    def _about(self, name: str, column: str | None) -> str:
        return f"{name} ({self.name}{f'.{column}' if column else ''})"

    def _test(self, item: Node, column: str | None) -> Entry:
        name, given = _spelled(item)
        what = self._about(name, column)
        try:
            drafts, note = _drafts(name, given, Context(table=self.name, column=column))
        except UnmappableError as error:
            return Entry(what=what, reason=str(error), at=item.at)
        found = tuple(replace(draft, on=self.name) for draft in drafts)
        return Entry(what=what, checks=found, reason=note, at=item.at)

    def _constraint(self, item: Node, column: str | None) -> Entry:
        kind = _text(item, "type") if isinstance(item, Entries) else None
        what = self._about(f"constraint {kind}", column)
        stated = item.items.get("columns") if isinstance(item, Entries) else None
        listed = plain(stated) if isinstance(stated, Items) else []
        names = [column] if column else [n for n in listed if isinstance(n, str)]
        if kind not in ("not_null", "unique", "primary_key") or not names:
            return Entry(what=what, reason="this constraint has no equal", at=item.at)
        drafts = []
        if kind != "unique":
            where = {"column": names[0]} if len(names) == 1 else {"columns": names}
            drafts.append(check("completeness", where, {"at_least": 1}))
        if kind != "not_null":
            drafts.append(check("uniqueness", {"key": names}, {"at_least": 1}))
        found = tuple(replace(draft, on=self.name) for draft in drafts)
        return Entry(what=what, checks=found, at=item.at)

    def _fresh(self) -> Iterator[Entry]:
        """The freshness of a source: a warning and an error, each with its age."""
        places = [n for n in (self.node, self.source) if n is not None]
        config = [n.items["config"] for n in places if isinstance(n.items.get("config"), Entries)]
        places += [n for n in config if isinstance(n, Entries)]
        field = next((f for n in places if (f := _text(n, "loaded_at_field"))), None)
        stated = next((n.items["freshness"] for n in places if "freshness" in n.items), None)
        if not isinstance(stated, Entries):
            return
        for key, severity in (("warn_after", "warn"), ("error_after", "block")):
            age = plain(stated.items[key]) if key in stated.items else None
            if not isinstance(age, dict):
                continue
            what, at = self._about(f"freshness {key}", None), stated.keys[key]
            count, period = age.get("count"), _TIMES.get(str(age.get("period")))
            if not field or not re.fullmatch(r"\w+", field):
                reason = "no plain column is its `loaded_at_field`"
                yield Entry(what=what, reason=reason, at=at)
            elif not isinstance(count, int) or period is None:
                yield Entry(what=what, reason="it has no count and period", at=at)
            else:
                params = {"column": field, "per": period}
                beside = {"at_most": count} | ({"severity": "warn"} if severity == "warn" else {})
                draft = replace(check("freshness", params, beside), on=self.name)
                yield Entry(what=what, checks=(draft,), at=at)


def _spelled(item: Node) -> tuple[str, dict[str, Any]]:
    """A test's name and its keys: ``unique``, ``{unique: {…}}`` or ``{test_name: unique, …}``."""
    if isinstance(item, Leaf) and isinstance(item.value, str):
        return item.value, {}
    if isinstance(item, Entries):
        stated = _text(item, "test_name")
        if stated:
            return stated, plain(item)
        if item.items:
            name = next(iter(item.items))
            inside = plain(item.items[name])
            beside = {key: plain(value) for key, value in item.items.items() if key != name}
            return name, {**beside, **(inside if isinstance(inside, dict) else {})}
    return "a test", {}


def _drafts(name: str, given: dict[str, Any], context: Context) -> tuple[list[Draft], str]:
    config = given.get("config") if isinstance(given.get("config"), dict) else {}
    config = {**{k: v for k, v in given.items() if k in _CONFIG}, **(config or {})}
    if config.get("enabled") is False:
        raise UnmappableError("it is not enabled")
    for key in ("error_if", "warn_if", "fail_calc"):
        if config.get(key) is not None:
            raise UnmappableError(f"`{key}` counts rows: write a criterion for their share")
    nested = given.get("arguments")
    own = {k: v for k, v in given.items() if k not in _CONFIG and k not in _BESIDE}
    own.update(nested if isinstance(nested, dict) else {})
    drafts, note = _mapped(name, own, context)
    where, beside = _where(config.get("where")), _beside(config, given)
    return [_within(draft, where, beside) for draft in drafts], note


def _within(draft: Draft, where: str | None, beside: dict[str, Any]) -> Draft:
    params = dict(draft.params)
    if where:
        params["where"] = f"({params['where']}) AND ({where})" if "where" in params else where
    return replace(draft, params=params, beside={**draft.beside, **beside})


def _where(stated: Any) -> str | None:
    if stated is None:
        return None
    if not isinstance(stated, str):
        raise UnmappableError("`where` is not a text")
    return p.sql(p.parsed(stated, ""))


def _beside(config: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    beside: dict[str, Any] = {}
    severity = str(config.get("severity", "error")).lower()
    if severity not in ("warn", "error"):
        raise UnmappableError(f"the severity {severity!r} is not known")
    if severity == "warn":
        beside["severity"] = "warn"
    description = given.get("description")
    if isinstance(description, str) and description.strip():
        beside["description"] = description.strip()
    return beside


def _mapped(name: str, own: dict[str, Any], context: Context) -> tuple[list[Draft], str]:
    package, _, test = name.rpartition(".")
    if package == "dbt_expectations":
        return _expectation(test, own, context)
    known = TESTS.get(name.removeprefix("dbt."))
    if known is None:
        raise UnmappableError("this test is not known: write it as `satisfies` or `query_rows`")
    node = node_of({CONTEXT: "", **own})
    assert isinstance(node, Entries)
    arguments = Arguments(node)
    drafts = known(arguments, context)
    arguments.nothing_else(ignore=(CONTEXT,))
    return drafts, ""


def _expectation(test: str, own: dict[str, Any], context: Context) -> tuple[list[Draft], str]:
    """A test of dbt_expectations, by the rule for the expectation of that name."""
    if test in WITHOUT:
        raise UnmappableError(WITHOUT[test])
    if test not in RULES:
        raise UnmappableError("this test has no equal")
    own = dict(own)
    where = _where(own.pop("row_condition", None))
    strictly = own.pop("strictly", None)
    if strictly is True:
        own |= {"strict_min": True, "strict_max": True}
    if "compare_model" in own:
        own["other_table_name"] = table_of(own.pop("compare_model"))
    if context.column is not None and "column" not in own:
        own["column"] = context.column
    node = node_of(own)
    assert isinstance(node, Entries)
    arguments = Arguments(node)
    mapped = RULES[test](arguments)
    arguments.nothing_else()
    return [_within(draft, where, {}) for draft in mapped.checks], mapped.note
