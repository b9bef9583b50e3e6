"""Rows of a frame as Arrow batches, without all of them being in memory at once."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from assay.engines.spark.jobs import Jobs


def by_way_of_disk(frame: Any, folder: str, jobs: Jobs) -> Iterator[pa.RecordBatch]:
    """The rows of a frame, for which Spark writes files first: it runs on this machine.

    However large a part of the table is, a batch of it is what is in memory.

    Raises:
        pyspark.errors.PySparkException: the job failed.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(frame)
    nothing = {field.name for field in schema if pa.types.is_null(field.type)}
    kept = frame.select(
        *(
            _column(name).cast("boolean") if name in nothing else _column(name)
            for name in schema.names
        )
    ).toDF(*schema.names)
    place = tempfile.mkdtemp(prefix="rows-", dir=folder)
    try:
        jobs.run(lambda: kept.write.mode("overwrite").parquet(f"file:{place}"))
        for path in sorted(Path(place).glob("part-*.parquet")):
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches():
                    columns = [
                        pa.nulls(len(column)) if name in nothing else column
                        for name, column in zip(schema.names, batch.columns, strict=True)
                    ]
                    made = pa.Table.from_arrays(columns, schema.names).cast(schema)
                    yield from made.to_batches()
            path.unlink()
    finally:
        shutil.rmtree(place, ignore_errors=True)


def part_by_part(frame: Any, jobs: Jobs) -> Iterator[pa.RecordBatch]:
    """The rows of a frame, one part of it after the other, each in a job of its own.

    Raises:
        pyspark.errors.PySparkException: a job failed.
    """
    import pyarrow as pa
    from pyspark.core.rdd import RDD
    from pyspark.serializers import NoOpSerializer

    schema = _schema(frame)
    encoded = frame._jdf.toArrowBatchRdd().toJavaRDD()
    parts: Any = RDD(encoded, frame.sparkSession.sparkContext, NoOpSerializer())
    rows = parts.toLocalIterator()
    while (part := jobs.run(lambda: next(rows, None))) is not None:
        yield pa.ipc.read_record_batch(pa.py_buffer(part), schema)


def _schema(frame: Any) -> pa.Schema:
    from pyspark.sql.pandas.types import to_arrow_schema

    return to_arrow_schema(frame.schema, timezone="UTC", prefers_large_types=False)


def _column(name: str) -> Any:
    from pyspark.sql import functions

    return functions.col(f"`{name.replace('`', '``')}`")


def with_unsigned(batch: pa.RecordBatch, names: frozenset[str]) -> pa.RecordBatch:
    """The batch with integers of 64 bits without a sign in the columns that hold such."""
    import pyarrow as pa

    for position, field in enumerate(batch.schema):
        if field.name in names and field.type == pa.decimal128(20, 0):
            batch = batch.set_column(position, field.name, batch[position].cast(pa.uint64()))
    return batch
