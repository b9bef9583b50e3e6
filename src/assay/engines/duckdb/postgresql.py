"""PostgreSQL, through ADBC: a read-only transaction, streamed as Arrow batches."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.core.errors import MissingExtraError, SubjectError
from assay.engines.catalogue import find_table
from assay.engines.duckdb.sources import Reader, registered

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb


@dataclass(slots=True)
class PostgreSQL(Reader):
    """A table or query of a PostgreSQL database. ``dsn`` may hold a password: never printed."""

    dsn: str
    table: str | None
    query: str | None

    def __repr__(self) -> str:
        return f"PostgreSQL({self.what})"

    @property
    def what(self) -> str:  # type: ignore[override]
        """The table or query."""
        return f"{f'table {self.table!r}' if self.table else 'the query'} in PostgreSQL"

    @contextmanager
    def open(self, cursor: duckdb.DuckDBPyConnection, alias: str) -> Iterator[exp.Expr]:
        try:
            import adbc_driver_postgresql.dbapi as driver
        except ImportError as error:
            raise MissingExtraError("adbc-driver-postgresql", "postgresql") from error
        try:
            with driver.connect(self.dsn) as connection, connection.cursor() as own:
                own.execute("SET TRANSACTION READ ONLY")
                own.execute("SET LOCAL synchronize_seqscans = off")  # rows in the order they lie
                own.execute("SET LOCAL timezone = 'UTC'")
                own.execute(self.query or self._select(own))
                with registered(cursor, alias, _plain(own.fetch_record_batch())) as relation:
                    yield relation
        except driver.Error as error:
            raise SubjectError(f"{self.what} cannot be read: {self._safe(error)}") from None

    def _select(self, own: Any) -> str:
        own.execute(
            "SELECT table_schema::text, table_name::text FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') "
            "ORDER BY table_schema <> current_schema(), 1, 2"
        )
        schema, table = find_table(str(self.table), own.fetchall(), "The database")
        return exp.select("*").from_(exp.table_(table, db=schema, quoted=True)).sql("postgres")

    def _safe(self, error: Exception) -> str:
        """The message, without the connection string that drivers like to repeat."""
        words = " ".join(str(error).replace(self.dsn, "…").split())
        return words[:400]


def _plain(rows: Any) -> Any:
    """The stream with columns that ADBC has no type for (numeric, enums …) as doubles or text."""
    import pyarrow as pa

    def kind(field: Any) -> Any:
        if not isinstance(field.type, pa.OpaqueType):
            return field.type
        return pa.float64() if field.type.type_name == "numeric" else field.type.storage_type

    schema = pa.schema([pa.field(f.name, kind(f)) for f in rows.schema])
    if schema.equals(rows.schema):
        return rows

    def batches() -> Iterator[Any]:
        for batch in rows:
            columns = [
                column.storage.cast(field.type)
                if isinstance(column.type, pa.OpaqueType)
                else column
                for column, field in zip(batch.columns, schema, strict=True)
            ]
            yield pa.record_batch(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())
