"""In which order the tables of a suite are attached: a query after what it reads."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from assay.core.errors import AssayError, SubjectError
from assay.core.source import Query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.check import TableSpec
    from assay.core.source import Source


def attachable(specs: Mapping[str, TableSpec], errors: dict[str, AssayError]) -> list[str]:
    """Names of tables, each query after the tables that it reads; faulty queries are noted."""
    called = {name.lower(): name for name in specs}  # as SQL compares names without quotes
    reads: dict[str, set[str]] = {}
    for name, spec in specs.items():
        try:
            reads[name] = {called.get(t.lower(), t) for t in reads_of(spec.source)} & specs.keys()
        except AssayError as error:
            errors[name] = error
    while True:
        try:
            ordered = list(TopologicalSorter(reads).static_order())
        except CycleError as error:
            circle = error.args[1]
            said = " reads ".join(repr(name) for name in reversed(circle))
            for name in circle:
                errors[name] = SubjectError(f"These queries go in a circle: {said}.")
                reads.pop(name, None)
        else:
            return [name for name in ordered if name not in errors]


def reads_of(source: Source) -> set[str]:
    """Other tables that a query reads."""
    if not isinstance(source, Query):
        return set()
    from assay.engines.sql.queries import tables_of

    return set(tables_of(source.text))
