"""What can be wrong among tables: queries in a circle, a quarantine in the wrong place."""

from __future__ import annotations

import glob
import os
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from assay.core.check import TableSpec
from assay.core.source import Query
from assay.suite.nodes import Entries, Leaf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.core.check import SubjectSpec
    from assay.suite.reader import Reader


def refuse_cycles(
    reader: Reader, entries: Entries, subjects: Mapping[str, SubjectSpec | None]
) -> None:
    """Note queries that read themselves, through whatever others."""
    from assay.engines.sql.queries import tables_of

    names = {name.lower(): name for name in subjects}
    reads = {
        name: {names[t.lower()] for t in tables_of(spec.source.text) if t.lower() in names}
        for name, spec in subjects.items()
        if isinstance(spec, TableSpec) and isinstance(spec.source, Query)
    }
    try:
        TopologicalSorter(reads).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        first = min(circle, key=list(subjects).index)
        told = " reads ".join(repr(name) for name in reversed(circle))
        node = entries.items[first]
        at = node.items["query"].at if isinstance(node, Entries) else node.at
        reader.note(at, f"These queries go in a circle: {told}.")


def read_quarantine(reader: Reader, entries: Entries, folder: str) -> str | None:
    """The folder of a table's quarantine, from where the suite's paths start."""
    node = entries.items.get("quarantine")
    if node is None:
        return None
    written = reader.text(node, "quarantine")
    if written is None:
        return None
    if "://" in written:
        reader.wanted(node, "quarantine", "a folder of this machine")
        return None
    aside = os.path.normpath(os.path.join(folder, os.path.expanduser(written)))
    table = entries.items.get("table")
    if isinstance(table, Leaf) and isinstance(table.value, str):
        path = os.path.join(folder, os.path.expanduser(table.value))
        if _would_be_read(path, os.path.join(aside, "run", "failed.parquet")):
            reader.note(
                node.at,
                "The quarantine lies where the table's files are: the next run would read it too.",
                "Choose a folder beside the table, or one whose name begins with '_'.",
            )
            return None
    if os.path.exists(aside) and not os.path.isdir(aside):
        reader.wanted(node, "quarantine", "a folder, and there is a file of that name")
        return None
    return aside


def refuse_shared(
    reader: Reader, entries: Entries, subjects: Mapping[str, SubjectSpec | None]
) -> None:
    """Note a folder that two tables have as their quarantine: one's files would be in the way."""
    taken: dict[str, str] = {}
    for name, spec in subjects.items():
        if not isinstance(spec, TableSpec) or spec.quarantine is None:
            continue
        first = taken.setdefault(os.path.realpath(spec.quarantine), name)
        node = entries.items[name]
        if first != name and isinstance(node, Entries):
            reader.note(
                node.items["quarantine"].at,
                f"{first!r} has the same quarantine; each table needs a folder of its own.",
            )


def _would_be_read(table: str, file: str) -> bool:
    """Whether a table (a folder or a pattern) would take the file in."""
    table, file = os.path.abspath(table), os.path.abspath(file)
    if os.path.isdir(table):
        if os.path.commonpath([table, file]) != table:
            return False
        below = os.path.relpath(file, table).split(os.sep)
        return not any(part.startswith((".", "_")) for part in below)
    return glob.has_magic(table) and _matches(table.split(os.sep), file.split(os.sep))


def _matches(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Whether a pattern with ``*`` and ``**`` fits a path, part by part."""
    if not pattern or not path:
        return not pattern and not path
    if pattern[0] == "**":
        return _matches(pattern[1:], path) or _matches(pattern, path[1:])
    return fnmatchcase(path[0], pattern[0]) and _matches(pattern[1:], path[1:])
