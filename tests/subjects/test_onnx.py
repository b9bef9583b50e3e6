"""ONNX models against the scikit-learn models that they were made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pytest
from onnx import TensorProto, helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import (
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assay.core.check import ModelSpec
from assay.core.errors import SubjectError
from assay.subjects.predictor import Predictor, open_model
from tests.subjects.models import FEATURES, applicants, arrow, classifier


def opened(
    folder: Path, model: Any, inputs: list[Any], task: str = "binary", **how: Any
) -> Predictor:
    """The model, exported and opened."""
    graph = convert_sklearn(model, initial_types=inputs, target_opset=17, **how)
    (folder / "model.onnx").write_bytes(graph.SerializeToString())
    spec = ModelSpec(path="model.onnx", task=task)  # type: ignore[arg-type]
    return open_model(spec, folder=str(folder), allow_code=False)


def matrix(values: np.ndarray) -> pa.Table:
    return pa.table({f"x{i}": values[:, i] for i in range(values.shape[1])})


@pytest.mark.parametrize("zipmap", [True, False])
@pytest.mark.parametrize("labels", [np.array(["no", "yes"]), np.array([0, 1]), np.array([5, 3])])
def test_a_binary_classifier(tmp_path: Path, zipmap: bool, labels: np.ndarray) -> None:
    x, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, labels[y])
    onnx_model = opened(
        tmp_path, model, [("X", FloatTensorType([None, 30]))],
        options={id(model): {"zipmap": zipmap}},
    )  # fmt: skip
    predicted = onnx_model.predict(matrix(x))
    assert predicted.classes == onnx_model.classes == tuple(model.classes_.tolist())
    assert (predicted.values == model.predict(x)).all()
    assert predicted.scores is not None
    assert np.abs(predicted.scores - model.predict_proba(x)).max() < 1e-5
    assert onnx_model.features is None


def test_several_classes(tmp_path: Path) -> None:
    x, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])
    model = RandomForestClassifier(20, random_state=0).fit(x.astype(np.float32), names[y])
    onnx_model = opened(tmp_path, model, [("X", FloatTensorType([None, 4]))], "multiclass")
    predicted = onnx_model.predict(matrix(x))
    assert predicted.classes == tuple(names)
    assert (predicted.values == model.predict(x.astype(np.float32))).all()
    assert predicted.scores is not None
    assert np.abs(predicted.scores - model.predict_proba(x.astype(np.float32))).max() < 1e-5


def test_a_regression(tmp_path: Path) -> None:
    x, _ = load_iris(return_X_y=True)
    model = LinearRegression().fit(x[:, 1:], x[:, 0])
    onnx_model = opened(tmp_path, model, [("X", FloatTensorType([None, 3]))], "regression")
    predicted = onnx_model.predict(matrix(x[:, 1:]))
    assert np.allclose(predicted.values, model.predict(x[:, 1:]), rtol=1e-5)
    assert onnx_model.classes == ()


def named(folder: Path) -> tuple[Any, Predictor]:
    model = classifier()
    inputs = [
        ("ratio", FloatTensorType([None, 1])),
        ("score", Int64TensorType([None, 1])),
        ("single", StringTensorType([None, 1])),
        ("afam", StringTensorType([None, 1])),
    ]
    return model, opened(folder, model, inputs)


def test_inputs_by_name(tmp_path: Path) -> None:
    model, onnx_model = named(tmp_path)
    frame = applicants(30, seed=2)
    assert onnx_model.features == tuple(FEATURES)
    for order in (FEATURES, FEATURES[::-1]):
        predicted = onnx_model.predict(arrow(frame[order]))
        assert list(predicted.values) == list(model.predict(frame))
        assert predicted.scores is not None
        assert np.abs(predicted.scores - model.predict_proba(frame)).max() < 1e-5


def test_inputs_by_place_where_the_names_differ(tmp_path: Path) -> None:
    model, onnx_model = named(tmp_path)
    frame = applicants(30, seed=2)
    renamed = arrow(frame[FEATURES]).rename_columns(["debt ratio", "s", "t", "u"])
    assert list(onnx_model.predict(renamed).values) == list(model.predict(frame))


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("single", [None] * 3, "'single' has 3 nulls"),
        ("score", pa.array([1, None, 2]), "'score' has 1 nulls"),
        ("score", [1.5, 2.0, 3.0], "'score' holds numbers that tensor.int64. cannot"),
        ("ratio", ["a", "b", "c"], "'ratio' holds string, not numbers"),
    ],
)
def test_columns_that_cannot_be_fed(
    tmp_path: Path, column: str, values: object, words: str
) -> None:
    _, onnx_model = named(tmp_path)
    rows = arrow(applicants(3)[FEATURES])
    rows = rows.set_column(rows.column_names.index(column), column, pa.array(values))
    with pytest.raises(SubjectError, match=words):
        onnx_model.predict(rows)


def test_a_wrong_number_of_features(tmp_path: Path) -> None:
    x, y = load_iris(return_X_y=True)
    onnx_model = opened(
        tmp_path, LogisticRegression(max_iter=500).fit(x, y), [("X", FloatTensorType([None, 4]))],
        "multiclass",
    )  # fmt: skip
    with pytest.raises(SubjectError, match="takes 4 features, and the data gives 3: x0, x1, x2"):
        onnx_model.predict(matrix(x[:, :3]))
    _, onnx_model = named(tmp_path)
    with pytest.raises(SubjectError, match="takes 4 columns, not 3"):
        onnx_model.predict(matrix(x[:, :3]))


def network(folder: Path, activation: str, k: int, name: str = "model.onnx") -> Predictor:
    """A network of one layer whose only output is a matrix of floats."""
    weights = np.linspace(-1, 1, 2 * k, dtype=np.float32).reshape(2, k)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "w"], ["z"]),
            helper.make_node(activation, ["z"], ["out"]),
        ],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [None, k])],
        [helper.make_tensor("w", TensorProto.FLOAT, [2, k], weights.ravel())],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / name)
    return open_model(ModelSpec(path=name), folder=str(folder), allow_code=False)


def test_networks_have_classes_by_number(tmp_path: Path) -> None:
    rows = matrix(np.array([[0.5, 2.0], [-1.0, 0.3]]))
    three = network(tmp_path, "Softmax", 3).predict(rows)
    assert three.classes == (0, 1, 2)
    assert three.scores is not None
    assert np.allclose(three.scores.sum(axis=1), 1)
    assert list(three.values) == list(three.scores.argmax(axis=1))
    one = network(tmp_path, "Sigmoid", 1).predict(rows)
    assert one.classes == (0, 1)
    assert one.scores is not None
    expected = 1 / (1 + np.exp(-(rows.to_pandas().to_numpy() @ [-1, 1])))
    assert np.allclose(one.scores[:, 1], expected, rtol=1e-6)
    with pytest.raises(SubjectError, match=r"outside 0 to 1.*sigmoid"):
        network(tmp_path, "Identity", 1).predict(rows)


def test_weights_beside_the_model_belong_to_it(tmp_path: Path) -> None:
    before = network(tmp_path, "Softmax", 3)
    (tmp_path / "model.onnx.data").write_bytes(b"weights")
    after = network(tmp_path, "Softmax", 3)
    assert [name for name, _ in after.files] == ["model.onnx", "model.onnx.data"]
    assert before.fingerprint != after.fingerprint


def test_damaged_files(tmp_path: Path) -> None:
    network(tmp_path, "Softmax", 3)
    whole = (tmp_path / "model.onnx").read_bytes()
    for content in (b"\x08", b"not onnx", whole[:50], b"\xff" * 200, b"{}"):
        (tmp_path / "bad.onnx").write_bytes(content)
        with pytest.raises(SubjectError, match=r"bad.onnx cannot be read as an ONNX model"):
            open_model(ModelSpec(path="bad.onnx"), folder=str(tmp_path), allow_code=False)


def test_infinities_and_nan_pass_through(tmp_path: Path) -> None:
    predicted = network(tmp_path, "Softmax", 3).predict(matrix(np.array([[np.nan, 1], [1, 1.0]])))
    assert predicted.scores is not None
    assert np.isnan(predicted.scores[0]).all()
    assert np.isfinite(predicted.scores[1]).all()
