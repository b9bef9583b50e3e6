"""Objects of this process, and Arrow files: handed to Spark when they are first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.errors import SubjectError
from assay.engines.spark.kinds import for_spark
from assay.engines.spark.sources import Table, unsigned

if TYPE_CHECKING:
    import pyarrow as pa


def is_spark(frame: object) -> bool:
    """Whether an object is a frame of Spark."""
    return type(frame).__module__.startswith("pyspark.")


def spark_frame(frame: Any) -> Table:
    """A frame of a Spark session in this process.

    Raises:
        SubjectError: it is of another kind, or two of its columns have one name.
    """
    if hasattr(frame, "to_spark"):  # the pandas API on Spark
        frame = frame.to_spark()
    if not hasattr(frame, "_jdf"):
        raise SubjectError(
            f"A {type(frame).__name__} of {type(frame).__module__} cannot be read.",
            hint="Give a DataFrame of a Spark session in this process.",
        )
    twice = [name for i, name in enumerate(frame.columns) if name in frame.columns[:i]]
    if twice:
        raise SubjectError(
            f"The DataFrame has more than one column named {twice[0]!r}.",
            hint="Rename one of them.",
        )

    def opened(session: Any) -> Any:
        """The same rows in our session: what the frame's own session decided stays as it is."""
        from pyspark.sql import DataFrame

        plan = frame._jdf.queryExecution().analyzed()
        frames = getattr(session._jvm, "org.apache.spark.sql.classic.Dataset")
        return DataFrame(frames.ofRows(session._jsparkSession, plan), session)

    return Table("the DataFrame", opened)


def arrow_rows(reader: Any) -> Table:
    """What a reader of the embedded engine opens as Arrow data."""

    def opened(session: Any) -> Any:
        from pyspark.sql.pandas.types import from_arrow_schema

        plain = for_spark(table_of(reader.open_rows()))
        schema = from_arrow_schema(plain.schema, prefer_timestamp_ntz=True)
        return session.createDataFrame(plain if plain.num_rows else [], schema)

    return Table(reader.what, opened, unsigned(table_schema(reader)))


def table_of(rows: Any) -> pa.Table:
    """What a reader of Arrow data opens, as a table."""
    import pyarrow as pa

    if isinstance(rows, pa.Table):
        return rows
    return rows.read_all() if isinstance(rows, pa.RecordBatchReader) else rows.to_table()


def table_schema(reader: Any) -> pa.Schema:
    """The schema of what a reader opens; nothing is read."""
    rows = reader.open_rows()
    schema = rows.schema
    close = getattr(rows, "close", None)
    if close is not None:
        close()
    return schema
