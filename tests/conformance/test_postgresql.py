"""Every metric measures the same in PostgreSQL as in DuckDB, by discovery, on its own example."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from tests.conformance.test_metrics import HOW, METRICS, World, agree, merge
from tests.engines.conftest import postgresql  # noqa: F401 - a fixture

from assay.core.binding import bind
from assay.core.expr import Column, call
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
    here, there = worlds
    with here._engine(here.table) as a, there._engine(here.table) as b:
        schema = replace(a.schema(here.folded), prediction=here.prediction)
        kinds = [(c.name, c.kind) for c in b.schema(here.folded).columns]
        assert kinds == [(c.name, c.kind) for c in schema.columns]
        failing = here.metric.failing(schema)
        if failing is None:  # no single row speaks against the subject
            return
        b.validate(here.folded, [failing])
        expected, found = (e.examples(here.folded, failing, limit=10_000) for e in (a, b))
        assert found[0] == expected[0]
        assert found[2] == expected[2]
        assert sorted(map(str, found[1])) == sorted(map(str, expected[1]))


MERGING = ("completeness", "mean", "skewness", "correlation", "quantile", "uniqueness", "drift",
           "in_set", "distinct_count", "kurtosis")  # fmt: skip


@pytest.mark.parametrize("name", MERGING)
def test_whole_equals_merged_parts(name: str, conformance_tables: Any, tables: Tables) -> None:
    world = There(load_all()[name], conformance_tables)
    folds = [
        world.states(part, mergeable=True)
        for part in (world.table.slice(0, 200), world.table.slice(200), world.table)
    ]
    merged = merge(folds[0][1], folds[1][1])
    whole = world.fold(world.table, mergeable=True)
    of_parts = world.fold(world.table, mergeable=True, states=merged)
    agree(world.metric.estimate(whole, HOW), world.metric.estimate(of_parts, HOW), tolerance=1e-6)


def test_slices_agree(conformance_tables: Any, tables: Tables) -> None:
    """All metrics of the table's rows, by two slices, in one fold."""
    cls = load_all()["mean"]
    here, there = World(cls, conformance_tables), There(cls, conformance_tables)
    there.table = here.table
    by, where = (Column("sex"), Column("race")), call("gt", Column("age"), 30)
    wanted: list[Any] = []
    with here._engine(here.table) as a, there._engine(here.table) as b:
        for name in MERGING:
            metric = bind(load_all()[name], dict(load_all()[name].example))
            wanted += [one.within(where, by) for one in metric.aggregates(a.schema("people"))]
        expected, found = a.fold("people", wanted), b.fold("people", wanted)
    for aggregate in wanted:
        assert expected[aggregate].keys() == found[aggregate].keys()
        for key, state in expected[aggregate].items():
            for name in state.__struct_fields__:
                one, other = getattr(state, name), getattr(found[aggregate][key], name)
                assert other == (pytest.approx(one, rel=1e-9, abs=1e-6) if _number(one) else one)


def _number(value: Any) -> bool:
    return isinstance(value, float)
