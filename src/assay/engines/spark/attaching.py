"""From a source to what Spark scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.source import Database, Files, Grouped, Memory, Query
from assay.engines.duckdb import files as embedded
from assay.engines.duckdb.memory import open_memory
from assay.engines.duckdb.sources import Derived
from assay.engines.spark.catalogue import open_table
from assay.engines.spark.files import open_files
from assay.engines.spark.frames import arrow_rows, is_spark, spark_frame

if TYPE_CHECKING:
    from assay.core.source import Source
    from assay.engines.spark.sources import Table


def open_source(source: Source, spool: str) -> Table | Derived:
    """Checks that the source is there; nothing is read yet.

    Raises:
        SubjectError: there is no such file or object, or a query that does more than read.
    """
    match source:
        case Grouped() | Query():
            return Derived(source)
        case Database():
            return open_table(source)
        case Memory(frame=frame):
            if is_spark(frame):
                return spark_frame(frame)
            return arrow_rows(open_memory(source, spool))
        case Files(format="arrow"):
            return arrow_rows(embedded.open_files(source))
        case Files():
            return open_files(source)
