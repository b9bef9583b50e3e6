"""model.size against the file system."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from tests.subjects.models import classifier, saved

from assay.collect.artefact import collect_artefact
from assay.core.aggregate import Fold
from assay.core.check import ModelSpec
from assay.core.collection import Artefact
from assay.core.measurement import Estimation, Measurement, Unmeasured
from assay.core.schema import BYTES, ColumnInfo, Schema
from assay.metrics.model.size import Size
from assay.states import SampleState
from assay.subjects.predictor import open_model

SCHEMA = Schema((ColumnInfo(BYTES, "integer", "BIGINT"),))


def measure(sizes: np.ndarray, how: Estimation) -> object:
    metric = Size()
    (aggregate,) = metric.aggregates(SCHEMA)
    (found,) = metric.estimate(
        Fold(SCHEMA, {aggregate: {(): SampleState.of(sizes)}} if len(sizes) else
             {aggregate: {(): SampleState()}}), how,
    )  # fmt: skip
    return found


def test_the_size_of_a_stored_model(tmp_path: Path) -> None:
    name = saved(classifier(), tmp_path)
    model = open_model(ModelSpec(path=name), folder=str(tmp_path), allow_code=False)
    (path,) = collect_artefact(model, folder=tmp_path / "o").paths
    sizes = pq.read_table(path).column(BYTES).to_numpy().astype(float)
    for how in (Estimation(), Estimation(census=True)):
        found = measure(sizes, how)
        assert isinstance(found, Measurement)
        assert found.value == found.low == found.high == (tmp_path / name).stat().st_size
        assert (found.method, found.unit, found.level) == ("census", "bytes", None)


def test_several_files_and_none() -> None:
    found = measure(np.array([2.0**52, 1.0]), Estimation())
    assert isinstance(found, Measurement)
    assert (found.value, found.n) == (2**52 + 1, 2)
    none = measure(np.empty(0), Estimation())
    assert isinstance(none, Unmeasured)
    assert "not stored in a file" in none.reason
    assert Size().collection() == Artefact()
