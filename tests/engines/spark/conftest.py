"""Both engines over one table, and what they must say alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pytest

from assay.core.expr import Expr
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine


class Pair:
    """The engine under test and the one that it must agree with, over the same tables."""

    def __init__(self, spark: Any, embedded: DuckDBEngine) -> None:
        self.spark = spark
        self.embedded = embedded

    def attach(self, table: Any, name: str = "t") -> Pair:
        for engine in (self.spark, self.embedded):
            engine.attach(name, Memory(table))
        return self

    def values(self, expressions: Mapping[str, Expr]) -> tuple[pa.Table, pa.Table]:
        """The values of expressions, row by row: of Spark, and of the embedded engine."""
        found = [
            pa.Table.from_batches(
                list(engine.batches("t", batch_size=100_000, columns=[], added=expressions))
            )
            for engine in (self.spark, self.embedded)
        ]
        return found[0], found[1]


@pytest.fixture
def pair(spark: Any) -> Iterator[Pair]:
    with DuckDBEngine() as embedded:
        yield Pair(spark, embedded)
        for name in ("t", "other", "derived"):
            spark.detach(name)
