"""The engine of a PostgreSQL server, and tables in a server of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest

from assay.core.source import Database, Memory, Source
from assay.engines.duckdb import DuckDBEngine
from assay.engines.postgresql import PostgreSQLEngine


class Server:
    """A running server: SQL by a connection of its own, and tables from Arrow."""

    def __init__(self, dsn: str) -> None:
        import adbc_driver_postgresql.dbapi as driver

        self.dsn = dsn
        self._connection = driver.connect(dsn, autocommit=True)

    def run(self, *statements: str) -> None:
        """Execute statements."""
        with self._connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def load(self, table: pa.Table, name: str = "t") -> Database:
        """A table with these rows, in place of one of that name."""
        quoted = '"' + name.replace('"', '""') + '"'
        self.run(f"DROP TABLE IF EXISTS {quoted} CASCADE")
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(name, table)
        for field in table.schema:
            if pa.types.is_decimal(field.type):  # the driver leaves the precision out
                column, kind = f'"{field.name}"', field.type
                self.run(
                    f"ALTER TABLE {quoted} ALTER COLUMN {column} "
                    f"TYPE numeric({kind.precision}, {kind.scale})"
                )
        return self.table(name)

    def table(self, name: str) -> Database:
        """A table that is there."""
        return Database("postgresql", self.dsn, table=name)

    def query(self, text: str) -> Database:
        """A query of the server."""
        return Database("postgresql", self.dsn, query=text)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


@pytest.fixture(scope="session")
def server(postgresql: Any) -> Iterator[Server]:
    server = Server(postgresql.get_uri())
    yield server
    server.close()


@pytest.fixture
def there() -> Iterator[PostgreSQLEngine]:
    with PostgreSQLEngine() as engine:
        yield engine


@pytest.fixture
def over(there: PostgreSQLEngine, server: Server) -> Callable[[Any], PostgreSQLEngine]:
    """Attach a table (a source, or Arrow rows) as ``t`` and give the engine."""

    def attach(table: Any) -> PostgreSQLEngine:
        there.attach("t", table if isinstance(table, Source) else server.load(table))
        return there

    return attach


@pytest.fixture
def both(
    there: PostgreSQLEngine, server: Server, engine: DuckDBEngine
) -> Callable[[pa.Table], tuple[PostgreSQLEngine, DuckDBEngine]]:
    """The same rows as ``t`` in both engines."""

    def attach(table: pa.Table) -> tuple[PostgreSQLEngine, DuckDBEngine]:
        there.attach("t", server.load(table))
        engine.attach("t", Memory(table))
        return there, engine

    return attach
