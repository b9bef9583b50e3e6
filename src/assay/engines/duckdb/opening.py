"""From where a table is to the reader of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.source import Database, Files, Grouped, Memory, Query, Source
from assay.engines.duckdb.sources import Derived

if TYPE_CHECKING:
    from assay.engines.duckdb.sources import Reader


def reader(source: Source, alias: str, spool: str) -> Reader | Derived:
    """The reader of a source.

    Args:
        alias: a name in DuckDB that no other table has.
        spool: a folder for streams that can be read only once.

    Raises:
        SubjectError: there is no such file or object.
        MissingExtraError: it needs a driver that is not installed.
    """
    match source:
        case Files():
            from assay.engines.duckdb.files import open_files

            return open_files(source)
        case Database():
            from assay.engines.duckdb.databases import open_database

            return open_database(source, alias)
        case Memory():
            from assay.engines.duckdb.memory import open_memory

            return open_memory(source, spool)
        case Grouped() | Query():
            return Derived(source)
