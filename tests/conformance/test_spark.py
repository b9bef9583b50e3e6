"""Every metric measures the same on Spark as in DuckDB, by discovery, on its own example.

The tables are spread over four partitions. One Spark session serves all tests.
"""

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
    schemas_and_failing_rows_agree(*worlds)


@pytest.mark.parametrize("name", MERGING)
def test_whole_equals_merged_parts(name: str, conformance_tables: Any, frames: Frames) -> None:
    whole_equals_merged_parts(There(load_all()[name], conformance_tables))


def test_slices_agree(conformance_tables: Any, frames: Frames) -> None:
    cls = load_all()["mean"]
    slices_agree(World(cls, conformance_tables), There(cls, conformance_tables))


def test_foremost_keys_agree(frames: Frames) -> None:
    table = of_many_keys()
    There.engine.attach("people", frames.source(table))
    foremost_keys_agree(There.engine, "people", table, mosts=(40,))  # each is five jobs
