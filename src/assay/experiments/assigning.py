"""Assigning the units of a table: by DuckDB, in batches, to a Parquet or CSV file."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from sqlglot import exp

from assay.core.errors import SubjectError, did_you_mean, no_column
from assay.core.expr import Column
from assay.engines.sql.expressions import Compiler
from assay.experiments.arm_sql import arm_of
from assay.experiments.log import column, named, sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from assay.core.source import Source
    from assay.engines.duckdb.session import Session
    from assay.engines.duckdb.working import WorkingEngine
    from assay.experiments.spec import ExperimentSpec

UNITS = "units"
NONE = "(takes no part)"
FORMATS = {".parquet": "parquet", ".csv": "csv"}


def arms_of(
    spec: ExperimentSpec, engine: WorkingEngine, source: Source, *, name: str
) -> Iterator[pa.RecordBatch]:
    """Distinct units of a table's column with their arms (null: takes no part), in batches.

    Raises:
        SubjectError: there is no such column, or units of this type have no text that is the same
            in every language.
    """
    engine.attach(UNITS, source)

    def query(session: Session) -> exp.Query:
        schema = session.schema(UNITS)
        info = schema.find(name)
        if info is None:
            message, hint = no_column("The table of units", name, schema.names)
            raise SubjectError(message, hint=hint)
        if info.kind not in ("integer", "string"):
            raise SubjectError(
                f"The unit {name!r} is of type {info.native}.",
                hint="Units are known by text or whole numbers: the hash must be the same "
                "everywhere.",
            )
        compiler = Compiler(UNITS, schema, session)
        tree = compiler.compile(Column(name)).tree
        distinct = exp.select(named(tree, "unit")).distinct().from_(compiler.source())
        known = exp.select("unit").from_(distinct.subquery("d")).where(sql("unit IS NOT NULL"))
        arm = arm_of(spec, exp.cast(column("unit"), "VARCHAR"))
        return exp.select(named(column("unit"), name), named(arm, "arm")).from_(known.subquery("u"))

    return engine.stream(UNITS, query)


def write_arms(batches: Iterable[pa.RecordBatch], path: Path) -> dict[str, int]:
    """Write assignments, whole or not at all; how many units each arm has.

    Raises:
        SubjectError: the ending is not ``.parquet`` or ``.csv``, or nothing can be written there.
    """
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    kind = format_of(path)
    if not path.parent.is_dir():
        raise SubjectError(f"There is no folder {str(path.parent)!r} to write {path.name!r} to.")
    counts: Counter[str] = Counter()
    writer = None
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        for batch in batches:
            counts.update(arm or NONE for arm in batch.column("arm").to_pylist())
            if writer is None:
                made = pq.ParquetWriter if kind == "parquet" else pc.CSVWriter
                writer = made(str(beside), batch.schema)
            writer.write_table(pa.Table.from_batches([batch]))
        if writer is None:
            raise SubjectError("There are no units to assign.")
        writer.close()
        beside.replace(path)
    except OSError as error:
        reason = error.strerror or (os.strerror(error.errno) if error.errno else str(error))
        raise SubjectError(f"{str(path)!r} cannot be written: {reason}.") from error
    finally:
        if writer is not None:
            writer.close()
        beside.unlink(missing_ok=True)
    return dict(counts)


def format_of(path: Path) -> str:
    """The format that a file's ending stands for.

    Raises:
        SubjectError: it stands for none.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        near = did_you_mean(path.suffix, FORMATS)
        raise SubjectError(
            f"The ending of {path.name!r} is not known.{near}",
            hint=f"Known: {', '.join(FORMATS)}.",
        )
    return kind
