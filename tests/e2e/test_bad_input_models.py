"""Models and predictions that are not what a suite expects."""

from __future__ import annotations

import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Answer, Project

MODULE = """
    import sys
    import numpy as np

    class Model:
        classes_ = np.array(["no", "yes"])
        feature_names_in_ = np.array(["x"])

        def predict_proba(self, frame):
            p = 1 / (1 + np.exp(-np.asarray(frame["x"], dtype=float)))
            return np.column_stack([1 - p, p])

        def predict(self, frame):
            return self.classes_[(np.asarray(frame["x"], dtype=float) > 0).astype(int)]

    class SomeNaN(Model):
        def predict_proba(self, frame):
            scores = super().predict_proba(frame)
            scores[:3] = np.nan
            scores[3:5] = np.inf
            return scores

    class Raises(Model):
        def predict(self, frame):
            raise RuntimeError("the <b>GPU</b> is on fire")

    class Exits(Model):
        def predict(self, frame):
            sys.exit(0)

    class RunsOut(Model):
        def predict(self, frame):
            raise MemoryError

    class Short(Model):
        def predict(self, frame):
            return super().predict(frame)[:-1]

    class Other(Model):
        def predict(self, frame):
            labels = super().predict(frame).astype(object)
            labels[0] = "maybe"
            return labels

    good, nan, raises, exits, runs_out, short, other = (
        Model(), SomeNaN(), Raises(), Exits(), RunsOut(), Short(), Other()
    )
    number = 3
"""

SUITE = """
    suite: models
    subjects:
      data: {{table: data.parquet, unit: id}}
      model: {{model: "{model}", task: binary, target: y, positive: "yes", batch_size: 50}}
    checks:
      - row_count: {{on: data}}
        at_least: 0
      - classification.accuracy: {{on: model, data: data}}
        at_least: 0.5
      - classification.roc_auc: {{on: model, data: data}}
        at_least: 0.5
      - classification.log_loss: {{on: model, data: data}}
        at_most: 2
      - fairness.demographic_parity_difference: {{on: model, data: data, sensitive: [g]}}
        at_most: 0.9
"""
OF_MODEL = ("accuracy", "roc_auc", "log_loss")


def rows(n: int = 200, **columns: Any) -> pa.Table:
    rng = np.random.default_rng(0)
    x = rng.normal(size=n)
    y = np.where(rng.random(n) < 1 / (1 + np.exp(-2 * x)), "yes", "no")
    return pa.table({"id": np.arange(n), "x": x, "y": y, "g": rng.choice(["a", "b"], n)} | columns)


def run(project: Project, model: str, data: pa.Table, *options: str) -> Answer:
    """The answer, in which the check of the table has its verdict whatever the model does."""
    project.write("data.parquet", data)
    project.write(f"models_{project.folder.parent.name}.py", MODULE)
    name = model.replace("m:", f"models_{project.folder.parent.name}:")
    answer = project.run(SUITE.format(model=name), *options)
    assert answer.verdicts["data/row_count"] == "pass"
    return answer


def each(answer: Answer, verdict: str, *words: str) -> None:
    for metric in OF_MODEL:
        answer.judged(f"model@data/classification.{metric}", verdict, *words)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("raises", ["failed to predict: RuntimeError: the <b>GPU</b> is on fire"]),
        ("exits", ["SystemExit: the process was asked to end with 0"]),
        ("runs_out", ["MemoryError: (no message)"]),
        ("short", ["labels of shape (49,)", "one answer for each row"]),
        ("other", ["answered with 'maybe', which is none of its classes: 'no', 'yes'"]),
        ("number", ["is a int, not a model", "needs a method `predict`"]),
        ("god", ["no attribute 'god'", "Did you mean 'good'?"]),
    ],
)
def test_a_model_that_fails_costs_its_own_checks(project, name, words):
    answer = run(project, f"m:{name}", rows(), "--allow-code")
    assert answer.code == 1
    each(answer, "error", *words)


def test_code_is_not_imported_without_leave(project):
    answer = run(project, "m:good", rows())
    assert answer.code == 1
    each(answer, "error", "runs its code", "--allow-code")


def test_nan_and_infinity_in_scores(project):
    answer = run(project, "m:nan", rows(), "--allow-code")
    answer.judged("model@data/classification.accuracy", "pass")
    for metric in ("roc_auc", "log_loss"):
        name = f"model@data/classification.{metric}"
        answer.judged(name, "error", "20 of 200 rows have no usable score", "NaN")
        assert answer.results[name]["measurements"] == []
    assert answer.document["decision"] == "block"  # a model that answers NaN slips past nothing
    [note] = [
        e for e in answer.results["model@data/classification.accuracy"]["evidence"]
        if e["title"] == "About these predictions"
    ]  # fmt: skip
    assert "scores are not numbers from 0 to 1" in note["text"]


def test_one_class_only(project):
    answer = run(project, "m:good", rows(y=["yes"] * 200), "--allow-code")
    answer.judged("model@data/classification.roc_auc", "not_applicable", "target 'yes'")
    assert answer.verdicts["model@data/classification.log_loss"] == "pass"
    assert answer.document["decision"] != "pass"


def test_a_target_that_the_model_never_saw(project):
    y = ["maybe", *rows()["y"].to_pylist()[1:]]
    answer = run(project, "m:good", rows(y=y), "--allow-code")
    assert answer.code == 1
    each(answer, "error", "'maybe' in 1 rows", "its classes are 'no', 'yes'", "as at training?")


def test_a_category_that_the_encoder_never_saw(project):
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder
    from skops.io import dump

    data = rows()
    frame = data.select(["g", "x"]).to_pandas()
    encoder = make_column_transformer((OneHotEncoder(), ["g"]), remainder="passthrough")
    pipeline = make_pipeline(encoder, LogisticRegression()).fit(frame, data["y"].to_numpy())
    dump(pipeline, project.folder / "model.skops")
    assert run(project, "model.skops", data).code == 0
    unseen = ["z", *data["g"].to_pylist()[1:]]
    answer = run(project, "model.skops", rows(g=unseen))
    assert answer.code == 1
    each(answer, "error", "Found unknown categories ['z']", "categories that it was trained on?")


def test_rows_without_a_target_are_left_out_and_counted(project):
    y = [None] * 20 + rows()["y"].to_pylist()[20:]
    answer = run(project, "m:good", rows(y=y), "--allow-code")
    result = answer.results["model@data/classification.accuracy"]
    assert result["measurements"][0]["n"] == 180
    [note] = [e["text"] for e in result["evidence"] if e["title"] == "About these predictions"]
    assert "20 of 200 rows have no target" in note


def test_duplicate_ids_are_said(project):
    answer = run(project, "m:good", rows(id=np.zeros(200, int)), "--allow-code")
    result = answer.results["model@data/classification.accuracy"]
    assert result["verdict"] == "pass"
    [note] = [e["text"] for e in result["evidence"] if e["title"] == "About these predictions"]
    assert "'id' does not identify rows: 200 values, 1 of them different" in note


@pytest.mark.parametrize("n", [0, 1])
def test_hardly_any_rows(project, n):
    answer = run(project, "m:good", rows(n), "--allow-code")
    name = "model@data/classification.accuracy"
    if n == 0:
        answer.judged(name, "not_applicable", "no rows")
    else:
        answer.judged(name, "inconclusive", "1 row leaves room for the opposite")
        loss = answer.results["model@data/classification.log_loss"]
        if loss["verdict"] == "inconclusive":  # an interval without an end
            assert "so close to the bound" not in loss["reason"]
    assert answer.results["model@data/classification.roc_auc"]["measurements"] == []
    assert answer.code in (0, 1)


@pytest.mark.parametrize(
    ("drop", "words"),
    [
        ("x", ["no column 'x', which the model takes", "Its columns: id, y, g"]),
        ("y", ["no column 'y', the target of"]),
    ],
)
def test_a_column_that_is_not_there(project, drop, words):
    answer = run(project, "m:good", rows().drop_columns([drop]), "--allow-code")
    assert answer.code == 1
    each(answer, "error", *words)


class Bomb:
    """A pickle of it leaves a mark when it is loaded."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return __import__("os").system, ("touch ../opened",)


def packed(content: bytes) -> bytes:
    import io

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", content)
    return file.getvalue()


@pytest.mark.parametrize("name", ["m.pkl", "m.joblib", "m.skops", "m.onnx", "m.pt", "m.bin"])
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_pickle_is_refused_and_not_opened(project, name, protocol):
    content = pickle.dumps(Bomb(), protocol)
    project.write(name, packed(content) if name == "m.pt" else content)
    answer = run(project, name, rows())
    assert answer.code == 1
    assert not (project.folder.parent / "opened").exists()
    if protocol or name in ("m.pkl", "m.joblib", "m.pt"):
        words = [f"{name} is a pickle", "can run any code", "skops.io.dump", "ONNX"]
    else:  # a pickle of protocol 0 is text that could be anything
        words = [name]
    each(answer, "error", *words)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("m.skops", b"", ["m.skops is empty", "Save the model again"]),
        ("m.skops", b"PK\x03\x04 and more", ["cannot be read as a skops file", "skops.io.dump"]),
        ("m.onnx", b"nonsense", ["cannot be read as an ONNX model", "Export the model again"]),
        ("m.bin", b"nonsense", ["not that of a known kind of model", ".skops or .onnx"]),
    ],
)
def test_a_file_that_is_no_model(project, name, content, words):
    project.write(name, content)
    answer = run(project, name, rows())
    assert answer.code == 1
    each(answer, "error", *words)


def test_a_missing_model_names_the_nearest(project):
    project.write("model.skops", b"x")
    answer = run(project, "modle.skops", rows())
    each(answer, "error", "no file 'modle.skops'", "Did you mean 'model.skops'?")
