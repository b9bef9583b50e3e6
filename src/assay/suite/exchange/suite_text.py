"""What was imported, as the text of a suite: a check for each entry, and a comment for the rest."""

from __future__ import annotations

import json
import re
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from assay.suite.starter.parts import inert
from assay.suite.starter.yaml import WIDTH, dumped, inline, parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.suite.exchange.entries import Draft, Entry, Imported

_ONE_LINE = 88
_LONGEST = 500


def suite_text(imported: Imported, *, source: str, tables: Mapping[str, Any], file: str) -> str:
    """The suite; a table whose place is not given is one that a variable names.

    Args:
        source: the document's name, for the heading.
        tables: where tables are, as a suite says it, by the names in the document.
        file: the suite's own name, for the comment that says how to run it.
    """
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    names = subject_names(imported)
    subjects = CommentedMap()
    for table in imported.tables:
        place = tables.get(table)
        subjects[names[table]] = _table(names[table], place)
    checks = CommentedSeq()
    pending: list[str] = []  # comments that wait for the check they stand before
    written: set[str] = set()
    for entry in imported.entries:
        fresh = [draft for draft in entry.checks if question(draft) not in written]
        if entry.reason or not entry.mapped:
            pending += _comment(_remark(entry))
        if len(fresh) < len(entry.checks):
            pending += _comment(f"{inert(entry.what, 200)}: the same is asked above.")
        for draft in fresh:
            written.add(question(draft))
            checks.append(_item(draft, names))
            if pending:
                at = len(checks) - 1
                before = ("\n" if at else "") + "\n".join(pending)
                checks.yaml_set_comment_before_after_key(at, before=before, indent=2)
                pending = []
    root = CommentedMap(suite=inline(_name(imported.name)), subjects=subjects, checks=checks)
    root.yaml_set_start_comment("\n".join(_heading(imported, source, names, tables, file)))
    for key in ("subjects", "checks"):
        root.yaml_set_comment_before_after_key(key, before="\n")
    rest = "".join(f"  # {line}\n" for line in pending)
    return dumped(root) + (f"\n{rest}" if rest else "")


def question(draft: Draft) -> str:
    """What a check measures, and the criterion that it is held against: two checks with the same
    question are one, whatever is said beside it."""
    words = ("severity", "description")
    criterion = {key: value for key, value in draft.beside.items() if key not in words}
    return json.dumps([draft.on, draft.metric, draft.params, criterion], sort_keys=True)


def different(imported: Imported) -> list[Draft]:
    """The checks of the suite: each question once, in order."""
    found: dict[str, Draft] = {}
    for draft in imported.checks:
        found.setdefault(question(draft), draft)
    return list(found.values())


def subject_names(imported: Imported) -> dict[str, str]:
    """The name of each table's subject: letters, digits, ``_`` and ``-``, each once."""
    found: dict[str, str] = {}
    for table in imported.tables:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "_", table)[:50].strip("_") or "table"
        name, number = plain, 2
        while name in found.values():
            name, number = f"{plain}_{number}", number + 1
        found[table] = name
    return found


def variable(subject: str) -> str:
    """The environment variable that says where a table is."""
    return re.sub(r"[^A-Z0-9_]", "_", subject.upper())


def _table(subject: str, place: Any) -> Any:
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if place is not None:
        return parameters({"table": place})
    found = parameters({"table": ""})
    found["table"] = DoubleQuotedScalarString(f"${{{variable(subject)}}}")
    return found


def _name(name: str) -> str:
    return name if name.strip() and name.isprintable() else "imported"


def _heading(
    imported: Imported, source: str, names: Mapping[str, str], tables: Mapping[str, Any], file: str
) -> list[str]:
    checks, left = len(different(imported)), len(imported.unmapped)
    said = f"Imported from {inert(source)} ({imported.format}): {checks} check{'s' * (checks != 1)}"
    said += f"; {left} could not be mapped and are named below." if left else "."
    unknown = [variable(names[table]) for table in imported.tables if table not in tables]
    place = "".join(f"{name}=… " for name in unknown)
    return _comment(f"{said}\nRun it: {place}assay run {inert(file)}")


def _remark(entry: Entry) -> str:
    where = f" (line {entry.at.line})" if entry.at is not None else ""
    if not entry.mapped:
        return f"Not mapped: {inert(entry.what, 200)}{where}: {inert(entry.reason, _LONGEST)}."
    return f"{inert(entry.what, 200)}: {inert(entry.reason, _LONGEST)}."


def _item(draft: Draft, names: Mapping[str, str]) -> Any:
    """An item of ``checks``: the metric's mapping on one line where it fits."""
    from ruamel.yaml.comments import CommentedMap

    params = {"on": names[draft.on], **draft.params}
    for key in ("against", "to"):
        if params.get(key) in names:
            params[key] = names[params[key]]
    item = CommentedMap({draft.metric: parameters(params)})
    if len(draft.metric) + len(str(params).replace("'", "")) > _ONE_LINE:
        item[draft.metric] = CommentedMap({key: inline(value) for key, value in params.items()})
    item.update({key: inline(value) for key, value in draft.beside.items()})
    return item


def _comment(text: str) -> list[str]:
    """The text in lines that fit; its own line breaks are kept."""
    return [part for line in text.split("\n") for part in wrap(line, WIDTH - 6) or [""]]
