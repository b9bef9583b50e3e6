"""Rows of a frame as Arrow batches, without all of them being in memory at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


def batches_of(frame: Any) -> Iterator[pa.RecordBatch]:
    """The rows of a frame, one part of it after the other, each in a job of its own.

    Raises:
        pyspark.errors.PySparkException: a job failed.
    """
    import pyarrow as pa
    from pyspark.core.rdd import RDD
    from pyspark.serializers import NoOpSerializer
    from pyspark.sql.pandas.types import to_arrow_schema

    schema = to_arrow_schema(frame.schema, timezone="UTC", prefers_large_types=False)
    encoded = frame._jdf.toArrowBatchRdd().toJavaRDD()
    parts: Any = RDD(encoded, frame.sparkSession.sparkContext, NoOpSerializer())
    for part in parts.toLocalIterator():
        yield pa.ipc.read_record_batch(pa.py_buffer(part), schema)


def with_unsigned(batch: pa.RecordBatch, names: frozenset[str]) -> pa.RecordBatch:
    """The batch with integers of 64 bits without a sign in the columns that hold such."""
    import pyarrow as pa

    for position, field in enumerate(batch.schema):
        if field.name in names and field.type == pa.decimal128(20, 0):
            batch = batch.set_column(position, field.name, batch[position].cast(pa.uint64()))
    return batch


def even(batches: Iterator[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of exactly ``size``, but for the last."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        while count >= size:
            table = pa.Table.from_batches(held)
            yield table.slice(0, size).combine_chunks().to_batches()[0]
            held = table.slice(size).to_batches()
            count -= size
    if count:
        yield pa.Table.from_batches(held).combine_chunks().to_batches()[0]
