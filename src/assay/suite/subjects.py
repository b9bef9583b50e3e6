"""The ``subjects`` of a suite by name: tables, queries over tables, models, samples."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

from assay.core.check import ModelSpec, TableSpec
from assay.core.errors import EngineError, SubjectError, did_you_mean
from assay.core.schema import Task
from assay.core.source import Files, Query
from assay.subjects.table import table_source
from assay.suite.nodes import Entries, Leaf, leaves, plain
from assay.suite.reader import shown
from assay.suite.tables import read_quarantine, refuse_cycles, refuse_shared

if TYPE_CHECKING:
    from collections.abc import Collection

    from assay.core.check import SubjectSpec
    from assay.suite.nodes import Node
    from assay.suite.reader import Reader

TABLE_KEYS = ("table", "unit", "cluster", "incremental", "quarantine")
QUERY_KEYS = ("query", "unit", "cluster", "quarantine")
MODEL_KEYS = (
    "model", "task", "target", "positive", "features", "batch_size", "trusted", "kind",
    "cost_per_row", "cost_per_call",
)  # fmt: skip
FILE_KINDS = ("skops", "onnx")
_ABOUT_LANGUAGE = ("llm", "answers", "needle", "samples")
TASKS = get_args(Task)
NAME = r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$"
"""Subject names stand in the ids of checks, so ``/`` and ``@`` are kept out."""


def read_subjects(reader: Reader, node: Node, folder: str) -> dict[str, SubjectSpec | None]:
    """Subjects by name; None where one has errors (they are noted)."""
    entries = reader.entries(node, "subjects")
    if entries is None:
        return {}
    if not entries.items:
        reader.note(node.at, "subjects must name at least one table or model.")
    known = [name for name in entries.items if _is_table(entries.items[name])]
    found: dict[str, SubjectSpec | None] = {}
    for name, value in entries.items.items():
        if not re.fullmatch(NAME, name) or len(name) > 60:
            reader.note(
                entries.keys[name],
                "The name of a subject must be letters, digits, '_', '-' and single dots, at most"
                f" 60 of them; not {name[:60]!r}.",
            )
        found[name] = _subject(reader, name, value, folder, known)
    refuse_cycles(reader, entries, found)
    refuse_shared(reader, entries, found)
    return found


def _is_table(node: Node) -> bool:
    """Whether it may be a table: what is faulty is not held against the queries that read it."""
    others = {"model", *_ABOUT_LANGUAGE}
    return not isinstance(node, Entries) or not others & node.items.keys()


def _subject(
    reader: Reader, name: str, node: Node, folder: str, known: Collection[str]
) -> SubjectSpec | None:
    what = f"The subject {name!r}"
    entries = reader.entries(node, what)
    if entries is None:
        return None
    # a language model has a model's name too
    kinds = [kind for kind in _ABOUT_LANGUAGE[:3] if kind in entries.items][:1]
    kinds = kinds or [k for k in ("table", "query", "model", "samples") if k in entries.items]
    if len(kinds) != 1:
        reader.note(
            node.at,
            f"{what} must have one of the keys 'table', 'query', 'model', 'llm', 'answers' and "
            "'samples'.",
            "For example {table: data/train.parquet}.",
        )
        return None
    if kinds[0] in _ABOUT_LANGUAGE:
        from assay.suite.about_language import read_about_language

        return read_about_language(reader, kinds[0], what, entries, folder)
    if kinds == ["table"]:
        reader.entries(entries, what, TABLE_KEYS)
        return _table(reader, entries, folder)
    if kinds == ["query"]:
        reader.entries(entries, what, QUERY_KEYS)
        return _query(reader, name, entries, folder, known)
    reader.entries(entries, what, MODEL_KEYS)
    return _model(reader, what, entries)


def _table(reader: Reader, entries: Entries, folder: str) -> TableSpec | None:
    node = entries.items["table"]
    incremental = False
    unit, cluster = _column(reader, entries, "unit"), _column(reader, entries, "cluster")
    if "incremental" in entries.items:
        incremental = reader.truth(entries.items["incremental"], "incremental") or False
    if isinstance(node, Leaf) and reader.text(node, "table") is None:
        return None
    try:
        source = table_source(plain(node), folder)
    except SubjectError as error:
        if any(leaf.secret for leaf in leaves(node)):
            message = "There is no such table (its place holds variables, which are not shown)."
            reader.note(node.at, message)
        else:
            reader.note(node.at, error.message, error.hint)
        return None
    if incremental and not isinstance(source, Files):
        reader.note(
            entries.keys["incremental"],
            "Only a table in files grows by whole files: this one is in a database.",
            "Leave `incremental` out.",
        )
    aside = read_quarantine(reader, entries, folder)
    return TableSpec(
        source=source, unit=unit, cluster=cluster, incremental=incremental, quarantine=aside,
        location=entries.at,
    )  # fmt: skip


def _column(reader: Reader, entries: Entries, key: str) -> str | None:
    """The column that the key names, where it is there."""
    return reader.text(entries.items[key], key) if key in entries.items else None


def _query(
    reader: Reader, name: str, entries: Entries, folder: str, known: Collection[str]
) -> TableSpec | None:
    """A query over other subjects of the suite; that it reads nothing else is checked here."""
    from assay.engines.sql.queries import tables_of

    node = entries.items["query"]
    unit, cluster = _column(reader, entries, "unit"), _column(reader, entries, "cluster")
    text = reader.text(node, "query")
    aside = read_quarantine(reader, entries, folder)
    if text is None:
        return None
    try:
        tables = tables_of(text)
    except EngineError as error:
        if isinstance(node, Leaf) and node.secret:
            reader.note(node.at, "This query is not allowed (it holds variables).", error.hint)
        else:
            reader.note(node.at, error.message, error.hint)
        return None
    others = [other for other in known if other != name]
    alike = {other.lower() for other in known}  # as SQL compares names that are not quoted
    for table in tables:
        if table not in known and table.lower() not in alike:
            hint = (
                did_you_mean(table, others).strip() or f"There are: {', '.join(others) or 'none'}."
            )
            reader.note(node.at, f"The suite has no table {table!r}, which is read here.", hint)
    if not tables:
        hint = f"There are: {', '.join(others) or 'none'}."
        reader.note(node.at, "This query reads no table of the suite.", hint)
    return TableSpec(
        source=Query(text), unit=unit, cluster=cluster, quarantine=aside, location=entries.at
    )


def _model(reader: Reader, what: str, entries: Entries) -> ModelSpec | None:
    before = len(reader.errors)
    items = entries.items
    given: dict[str, Any] = {}
    for key in ("task", "target"):
        if key not in items:
            reader.note(entries.at, f"{what} needs the key {key!r}.")
    given["path"] = reader.text(items["model"], "model")
    written = items["model"].written[1:] if isinstance(items["model"], Leaf) else ""
    if "kind" in items:
        given["kind"] = reader.choice(items["kind"], "kind", (*FILE_KINDS, "python"))
    if given["path"] and written.startswith("python:"):
        # as written: no variable turns a file into code to import
        given |= {"path": given["path"].removeprefix("python:"), "kind": "python"}
    if given.get("kind") == "python" and not re.fullmatch(r"[\w.]+:[\w.]+", given["path"] or ""):
        reader.wanted(items["model"], "a model in Python", "written python:module:attribute")
    if "task" in items:
        given["task"] = reader.choice(items["task"], "task", TASKS)
    if "target" in items:
        given["target"] = reader.text(items["target"], "target")
    if "positive" in items:
        given["positive"] = _positive(reader, items["positive"], given.get("task"))
    for key in ("features", "trusted"):
        if key in items:
            given[key] = reader.texts(items[key], key)
    if given.get("features") == ():
        reader.note(items["features"].at, "features must name at least one column.")
    if "batch_size" in items:
        given["batch_size"] = reader.whole(items["batch_size"], "batch_size", least=1)
    for key in ("cost_per_row", "cost_per_call"):
        if key in items:
            given[key] = _cost(reader, items[key], key)
    if len(reader.errors) > before:
        return None
    return ModelSpec(**given, location=entries.at)


def _cost(reader: Reader, node: Node, key: str) -> float | None:
    value = reader.number(node, key)
    if value is not None and value < 0:
        reader.wanted(node, key, "0 or more")
    return value


def _positive(reader: Reader, node: Node, task: str | None) -> str | int | float | bool | None:
    if task not in ("binary", None):
        reader.note(node.at, f"positive is for binary models; this one's task is {task}.")
    if isinstance(node, Leaf) and node.value is not None:
        return node.value
    reader.note(node.at, f"positive must be a label, not {shown(node)}.")
    return None
