"""Models by import path, functions and live objects."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest

from assay.core.check import ModelSpec
from assay.core.errors import SubjectError, UntrustedError
from assay.subjects.predictor import open_model
from tests.subjects.models import FEATURES, applicants, arrow, classifier, saved

ROWS = arrow(applicants(6)[FEATURES])


def module(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.py").write_text(text)


def test_import_needs_permission(tmp_path: Path) -> None:
    module(tmp_path, "assay_test_refused", "raise SystemExit('this must never run')\n")
    spec = ModelSpec(path="assay_test_refused:model", target="deny")
    with pytest.raises(UntrustedError, match="--allow-code"):
        open_model(spec, folder=str(tmp_path), allow_code=False)


def test_an_object_and_a_function(tmp_path: Path) -> None:
    text = """
class Model:
    classes_ = ["no", "yes"]
    def predict(self, frame):
        return ["yes" if r > 0.3 else "no" for r in frame["ratio"]]
    def predict_proba(self, frame):
        return [[1 - r, r] for r in frame["ratio"]]
class holder:
    model = Model()
def scores(frame):
    return {"yes": frame["ratio"], "no": 1 - frame["ratio"]}
scores.features = ["ratio"]
"""
    module(tmp_path, "assay_test_models", text)
    opened = open_model(
        ModelSpec(path="assay_test_models:holder.model"), folder=str(tmp_path), allow_code=True
    )
    predicted = opened.predict(ROWS)
    ratio = ROWS.column("ratio").to_numpy()
    assert predicted.scores is not None
    assert np.array_equal(predicted.scores[:, 1], ratio)
    assert opened.classes == ("no", "yes")
    assert opened.files == ()
    function = open_model(
        ModelSpec(path="assay_test_models:scores"), folder=str(tmp_path), allow_code=True
    )
    assert function.features == ("ratio",)
    answer = function.predict(ROWS.select(["ratio"]))
    assert answer.classes == ("yes", "no")
    assert list(answer.values) == ["yes" if r > 0.5 else "no" for r in ratio]
    before = function.fingerprint
    assert before.startswith("sha256:")
    assert opened.fingerprint == before  # one source file


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("assay_test_bad:nothing", "has no attribute"),
        ("assay_test_bad:modle", "Did you mean 'model'"),
        ("assay_test_bad:Model", "is a class"),
        ("assay_test_bad:number", "not a model"),
        ("assay_test_none:model", "cannot be imported"),
        ("assay_test_raises:model", "RuntimeError: boom"),
    ],
)
def test_what_is_no_model(tmp_path: Path, path: str, words: str) -> None:
    module(tmp_path, "assay_test_bad", "number = 5\nclass Model: pass\ndef model(f): return []\n")
    module(tmp_path, "assay_test_raises", "raise RuntimeError('boom')\n")
    with pytest.raises(SubjectError, match=words):
        open_model(ModelSpec(path=path), folder=str(tmp_path), allow_code=True)


def test_live_objects() -> None:
    model = classifier()
    opened = open_model(ModelSpec(instance=model, kind="object"), folder=".", allow_code=False)
    assert opened.fingerprint == ""
    assert list(opened.predict(ROWS).values) == list(model.predict(ROWS.to_pandas()))
    assert open_model(ModelSpec(instance=len), folder=".", allow_code=False).description == "len"
    with pytest.raises(SubjectError, match="not a model"):
        open_model(ModelSpec(instance=5), folder=".", allow_code=False)


N = ROWS.num_rows


@pytest.mark.parametrize(
    ("task", "answer", "words"),
    [
        ("binary", ["no"] * (N - 1), r"labels of shape \(5,\); \(6,\)"),
        ("binary", "no", r"shape \(\)"),
        ("binary", None, r"shape \(\)"),
        ("binary", [["no", "yes"]] * N, r"shape \(6, 2\)"),
        ("binary", [["no"], ["a", "b"]], "shape"),
        ("binary", {}, "no class at all"),
        ("binary", {"no": [0.1] * N, "yes": [0.2] * (N + 1)}, r"shape \(7,\)"),
        ("binary", {"no": ["x"] * N, "yes": ["y"] * N}, "not numbers"),
        ("regression", ["no"] * N, "task: regression"),
        ("regression", [1.0] * (N + 1), r"shape \(7,\)"),
    ],
)
def test_answers_of_the_wrong_shape(task: str, answer: object, words: str) -> None:
    spec = ModelSpec(instance=lambda frame: answer, task=task)  # type: ignore[arg-type]
    with pytest.raises(SubjectError, match=words):
        open_model(spec, folder=".", allow_code=False).predict(ROWS)


def test_objects_whose_probabilities_do_not_fit() -> None:
    model = SimpleNamespace(
        predict=lambda f: ["no"] * len(f), predict_proba=lambda f: np.zeros((len(f), 3))
    )
    opened = open_model(ModelSpec(instance=model), folder=".", allow_code=False)
    with pytest.raises(SubjectError, match="classes_"):
        opened.predict(ROWS)
    model.classes_ = ["no", "yes"]
    with pytest.raises(SubjectError, match=r"shape \(6, 3\); \(6, 2\)"):
        opened.predict(ROWS)


def test_numbers_that_are_not_finite_are_kept() -> None:
    values = [1.0, np.nan, np.inf, -np.inf, 0.0, 2.0]
    spec = ModelSpec(instance=lambda frame: values, task="regression")
    predicted = open_model(spec, folder=".", allow_code=False).predict(ROWS)
    assert np.array_equal(predicted.values, values, equal_nan=True)


def test_without_pandas_the_model_is_fed_arrow(tmp_path: Path) -> None:
    """scikit-learn takes Arrow tables since 1.9; pandas is not a dependency."""
    model, frame = classifier(), applicants(20)
    saved(model, tmp_path, "m.skops")
    pq.write_table(arrow(frame[FEATURES]), tmp_path / "rows.parquet")
    program = f"""
import sys
class NoPandas:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pandas":
            raise ImportError(name)
sys.meta_path.insert(0, NoPandas())
import pyarrow.parquet as pq
from assay.core.check import ModelSpec
from assay.subjects.predictor import open_model
opened = open_model(ModelSpec(path="m.skops"), folder={str(tmp_path)!r}, allow_code=False)
rows = pq.read_table({str(tmp_path / "rows.parquet")!r})
assert "pyarrow" in type(opened.prepare(rows)).__module__
print(",".join(opened.predict(rows).values))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip().split(",") == list(model.predict(frame[FEATURES]))
