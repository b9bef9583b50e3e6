"""The halves of a table: blocks in turn, every row once, nothing lost but what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.progress import silent
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.profiling import halves as module
from assay.profiling.halves import halves

if TYPE_CHECKING:
    from pathlib import Path


def _split(rows: int, folder: Path) -> tuple[int, bool, list[int], list[int]]:
    table = pa.table({"i": range(rows), "odd": [{"a": i} for i in range(rows)]})
    with DuckDBEngine() as engine:
        engine.attach("t", Memory(table))
        found = halves(engine, "t", rows, folder=str(folder), progress=silent)
    assert found is not None
    parts = [pq.read_table(path) for path in found.paths]
    assert all(part.schema.field("odd").type == pa.string() for part in parts)
    first, second = (part["i"].to_pylist() for part in parts)
    return found.block, found.whole, first, second


def test_blocks_go_to_the_halves_in_turn(tmp_path: Path) -> None:
    block, whole, first, second = _split(1_010, tmp_path)
    assert (block, whole) == (5, True)
    assert first == [i for i in range(1_010) if i // 5 % 2 == 0]
    assert second == [i for i in range(1_010) if i // 5 % 2 == 1]


def test_of_a_long_table_blocks_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROWS", 600)
    monkeypatch.setattr(module, "_GROUP", 40)
    block, whole, first, second = _split(2_000, tmp_path)
    assert (block, whole) == (10, False)
    taken = [b for b in range(200) if b % 4 == 0]
    rows = {h: [b * 10 + i for b in taken if b // 4 % 2 == h for i in range(10)] for h in (0, 1)}
    assert (first, second) == (rows[0], rows[1])


def test_few_rows_are_not_split(tmp_path: Path) -> None:
    with DuckDBEngine() as engine:
        engine.attach("t", Memory(pa.table({"i": range(79)})))
        assert halves(engine, "t", 79, folder=str(tmp_path), progress=silent) is None
