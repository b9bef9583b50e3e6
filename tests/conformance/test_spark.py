"""Every metric measures the same on Spark as in DuckDB, by discovery, on its own example.

The tables are spread over four partitions. One Spark session serves all tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from tests.conformance.test_metrics import HOW, METRICS, World, agree, merge

from assay.core.binding import bind
from assay.core.expr import Column, call
from assay.core.measurement import Measurement
from assay.core.source import Memory
from assay.engines.spark.opening import quiet_import
from assay.metrics import load_all

pytestmark = pytest.mark.needs("java")


class Frames:
    """Arrow tables as frames of Spark, each made once."""

    def __init__(self, spark: Any) -> None:
        self._spark = spark
        self._held: dict[int, tuple[Any, pa.Table]] = {}

    def source(self, table: pa.Table) -> Memory:
        """The table in four partitions."""
        if id(table) not in self._held:
            with quiet_import():
                self._spark.attach("plain", Memory(table))
                view = self._spark._tables.relation("plain").name
                frame = self._spark._session.table(view).repartition(4)
            self._held[id(table)] = frame, table  # held, so that no other gets its identity
        return Memory(self._held[id(table)][0])


class Lasting:
    """The one engine, which only forgets its tables where others are closed."""

    def __init__(self, spark: Any) -> None:
        self.spark = spark

    def __getattr__(self, name: str) -> Any:
        return getattr(self.spark, name)

    def __enter__(self) -> Lasting:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget the tables."""
        for name in ("derived", "people", "cities"):
            self.spark.detach(name)


class There(World):
    """A metric's example whose tables are in Spark."""

    frames: Frames
    engine: Lasting

    def _engine(self, table: pa.Table, **how: Any) -> Any:
        self.engine.attach("people", self.frames.source(table))
        if hasattr(self, "cities"):
            self.engine.attach("cities", self.frames.source(self.cities))
        with super()._engine(table, **how) as here:
            if "derived" in here._readers:
                self.engine.attach("derived", here._readers["derived"].source)
        return self.engine


@pytest.fixture(scope="module")
def frames(spark: Any) -> Iterator[Frames]:
    There.frames, There.engine = Frames(spark), Lasting(spark)
    yield There.frames
    There.engine.close()


@pytest.fixture(params=[name for name, _ in METRICS])
def worlds(request: Any, conformance_tables: Any, frames: Frames) -> tuple[World, World]:
    cls = dict(METRICS)[request.param]
    here, there = World(cls, conformance_tables), There(cls, conformance_tables)
    there.table, there.reference, there.cities = here.table, here.reference, here.cities
    return here, there


def test_engines_agree(worlds: tuple[World, World]) -> None:
    """Tables of this size have exact quantiles on both."""
    here, there = worlds
    expected = here.estimate(here.table)
    assert any(isinstance(e, Measurement) for e in expected)
    agree(expected, there.estimate(here.table))


def test_engines_agree_where_there_are_no_rows(worlds: tuple[World, World]) -> None:
    here, there = worlds
    empty = here.table.slice(0, 0)
    agree(here.estimate(empty), there.estimate(empty))


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
def test_whole_equals_merged_parts(name: str, conformance_tables: Any, frames: Frames) -> None:
    world = There(load_all()[name], conformance_tables)
    folds = [
        world.states(part, mergeable=True)
        for part in (world.table.slice(0, 200), world.table.slice(200), world.table)
    ]
    merged = merge(folds[0][1], folds[1][1])
    whole = world.fold(world.table, mergeable=True)
    of_parts = world.fold(world.table, mergeable=True, states=merged)
    agree(world.metric.estimate(whole, HOW), world.metric.estimate(of_parts, HOW), tolerance=1e-6)


def test_slices_agree(conformance_tables: Any, frames: Frames) -> None:
    """Aggregates of many metrics of the table's rows, by two slices, in one fold."""
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
                near = pytest.approx(one, rel=1e-9, abs=1e-6) if isinstance(one, float) else one
                assert other == near
