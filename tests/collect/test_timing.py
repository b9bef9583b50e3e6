"""Timed calls and the files of a model."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.collect.artefact import collect_artefact
from assay.collect.latency import collect_latency
from assay.core.check import ModelSpec
from assay.core.collection import Latency
from assay.core.errors import SubjectError
from assay.core.schema import BYTES, SECONDS, UNIT
from assay.subjects.predictor import open_model
from tests.collect.engine import ArrowEngine
from tests.subjects.models import applicants, arrow, classifier, saved


def seconds(model: Any, table: pa.Table, wish: Latency, folder: Path, **rest: Any) -> list[float]:
    spec = ModelSpec(instance=model, target="deny", positive="yes")
    predictor = open_model(spec, folder=".", allow_code=False)
    files = collect_latency(
        ArrowEngine(data=table), "data", predictor, spec, wish, folder=folder, **rest
    )
    return pq.read_table(files.paths[0]).column(SECONDS).to_pylist()


def test_calls_are_counted_cycled_and_timed(tmp_path: Path) -> None:
    seen: list[tuple[int, ...]] = []

    def model(frame: Any) -> list[str]:
        seen.append(tuple(frame["loan"]))
        time.sleep(0.004)
        return ["no"] * len(frame)

    told: list[tuple[str, int, int | None]] = []
    table = arrow(applicants(5))
    found = seconds(
        model, table, Latency(2, 6, 3), tmp_path, progress=lambda *a: told.append(a)
    )  # fmt: skip
    assert len(found) == 6
    assert len(seen) == 9
    assert seen[:4] == [(1000, 1001), (1002, 1003), (1000, 1001), (1002, 1003)]
    assert all(0.004 <= s < 1 for s in found)
    assert told[-1] == ("latency", 6, 6)


def test_a_batch_larger_than_the_data(tmp_path: Path) -> None:
    sizes: list[int] = []
    table = arrow(applicants(3))
    seconds(lambda f: sizes.append(len(f)), table, Latency(10, 4, 1), tmp_path)
    assert sizes == [10] * 5


def test_no_row_no_call(tmp_path: Path) -> None:
    assert seconds(classifier(), arrow(applicants(3)).slice(0, 0), Latency(1, 5, 1), tmp_path) == []


def test_a_model_that_fails(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="ZeroDivisionError"):
        seconds(lambda f: 1 / 0, arrow(applicants(3)), Latency(1, 5, 1), tmp_path)


def test_timings_of_the_same_file_are_kept(tmp_path: Path) -> None:
    saved(classifier(), tmp_path)
    spec = ModelSpec(path="model.skops", target="deny")
    engine = ArrowEngine(data=arrow(applicants(50)))

    def timed(wish: Latency) -> list[float]:
        model = open_model(spec, folder=str(tmp_path), allow_code=False)
        files = collect_latency(engine, "data", model, spec, wish, folder=tmp_path / "o")
        return pq.read_table(files.paths[0]).column(SECONDS).to_pylist()

    first = timed(Latency(1, 20, 2))
    assert timed(Latency(1, 20, 2)) == first
    assert len(timed(Latency(1, 10, 2))) == 10
    saved(classifier("grade"), tmp_path)
    assert timed(Latency(1, 20, 2)) != first


def test_the_files_of_a_model(tmp_path: Path) -> None:
    saved(classifier(), tmp_path)
    stored = open_model(ModelSpec(path="model.skops"), folder=str(tmp_path), allow_code=False)
    table = pq.read_table(collect_artefact(stored, folder=tmp_path / "a").paths[0])
    assert table.to_pydict() == {
        UNIT: ["model.skops"], BYTES: [(tmp_path / "model.skops").stat().st_size],
    }  # fmt: skip
    live = open_model(ModelSpec(instance=classifier()), folder=".", allow_code=False)
    empty = pq.read_table(collect_artefact(live, folder=tmp_path / "b").paths[0])
    assert (empty.num_rows, empty.schema.field(BYTES).type) == (0, pa.int64())
