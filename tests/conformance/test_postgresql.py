"""Every metric measures the same in PostgreSQL as in DuckDB, by discovery, on its own example."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from tests.conformance.engines import (
    MERGING,
    foremost_keys_agree,
    of_many_keys,
    schemas_and_failing_rows_agree,
    slices_agree,
    whole_equals_merged_parts,
)
from tests.conformance.test_metrics import METRICS, World, agree
from tests.engines.conftest import postgresql  # noqa: F401 - a fixture

from assay.core.measurement import Measurement
from assay.core.source import Database
from assay.engines.postgresql import PostgreSQLEngine
from assay.metrics import load_all


class Tables:
    """Arrow tables in a server, each once."""

    def __init__(self, dsn: str) -> None:
        import adbc_driver_postgresql.dbapi as driver

        self._dsn = dsn
        self._connection = driver.connect(dsn, autocommit=True)
        self._held: dict[int, tuple[str, pa.Table]] = {}

    def source(self, table: pa.Table) -> Database:
        """Where the table is in the server."""
        name, _ = self._held.get(id(table)) or self._load(table)
        return Database("postgresql", self._dsn, table=name)

    def _load(self, table: pa.Table) -> tuple[str, pa.Table]:
        name = f"table {len(self._held)}"
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(name, table)
        # held, so that no other table gets its identity
        self._held[id(table)] = name, table
        return self._held[id(table)]

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


class Lasting(PostgreSQLEngine):
    """An engine that keeps its connections when it is closed: each takes a while to make."""

    def close(self) -> None:
        """Forget the tables."""
        for name in list(self._tables):
            self.detach(name)

    def end(self) -> None:
        """Let go of the connections."""
        super().close()


class There(World):
    """A metric's example whose tables are in PostgreSQL."""

    tables: Tables
    engine: Lasting

    def _engine(self, table: pa.Table, **how: Any) -> PostgreSQLEngine:
        there = self.engine
        there.attach("people", self.tables.source(table))
        if hasattr(self, "cities"):
            there.attach("cities", self.tables.source(self.cities))
        with super()._engine(table, **how) as here:
            if "derived" in here._readers:
                there.attach("derived", here._readers["derived"].source)
        return there


@pytest.fixture(scope="module")
def tables(postgresql: Any) -> Iterator[Tables]:  # noqa: F811
    tables = Tables(postgresql.get_uri())
    There.tables, There.engine = tables, Lasting()
    yield tables
    There.engine.end()
    tables.close()


@pytest.fixture(params=[name for name, _ in METRICS])
def worlds(request: Any, conformance_tables: Any, tables: Tables) -> tuple[World, World]:
    cls = dict(METRICS)[request.param]
    here, there = World(cls, conformance_tables), There(cls, conformance_tables)
    there.table, there.reference, there.cities = here.table, here.reference, here.cities
    return here, there


def test_engines_agree(worlds: tuple[World, World]) -> None:
    here, there = worlds
    expected = here.estimate(here.table)
    assert any(isinstance(e, Measurement) for e in expected)
    agree(expected, there.estimate(here.table))


def test_engines_agree_on_few_rows(worlds: tuple[World, World]) -> None:
    here, there = worlds
    for table in (here.table.slice(0, 0), here.table.slice(5, 3)):
        agree(here.estimate(table), there.estimate(table))


def test_engines_agree_on_schemas_and_failing_rows(worlds: tuple[World, World]) -> None:
    schemas_and_failing_rows_agree(*worlds)


@pytest.mark.parametrize("name", MERGING)
def test_whole_equals_merged_parts(name: str, conformance_tables: Any, tables: Tables) -> None:
    whole_equals_merged_parts(There(load_all()[name], conformance_tables))


def test_slices_agree(conformance_tables: Any, tables: Tables) -> None:
    cls = load_all()["mean"]
    slices_agree(World(cls, conformance_tables), There(cls, conformance_tables))


def test_foremost_keys_agree(tables: Tables) -> None:
    table = of_many_keys()
    There.engine.attach("people", tables.source(table))
    foremost_keys_agree(There.engine, "people", table)
