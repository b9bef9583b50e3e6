"""The prediction pass: what it stores, and what it says of data and models that do not fit."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from assay.collect.predictions import Collected, collect_predictions
from assay.core.check import ModelSpec
from assay.core.errors import AssayError, SubjectError
from assay.core.schema import PREDICTION, TARGET, UNIT, Prediction
from assay.core.source import Files
from assay.subjects.predictor import open_model
from tests.collect.engine import ArrowEngine
from tests.subjects.models import (
    FEATURES,
    applicants,
    arrow,
    classifier,
    pipeline,
    regressor,
    saved,
)


def collect(
    model: Any, frame: pd.DataFrame | pa.Table, folder: Path, *, unit: str | None = None,
    carry: tuple[str, ...] = (), target: str = "deny", **spec: Any,
) -> tuple[pa.Table, Collected]:  # fmt: skip
    """Collect from a live model; the observations and what is said of them."""
    asked = ModelSpec(instance=model, kind="object", target=target, **spec)
    table = frame if isinstance(frame, pa.Table) else arrow(frame)
    collected = collect_predictions(
        ArrowEngine(data=table), "data", open_model(asked, folder=".", allow_code=False), asked,
        folder=folder / "observations", unit=unit, carry=carry,
    )  # fmt: skip
    return read(collected), collected


def read(collected: Collected) -> pa.Table:
    assert isinstance(collected.source, Files)
    return pa.concat_tables([pq.read_table(path) for path in collected.source.paths])


def binary(model: Any, frame: Any, folder: Path, **rest: Any) -> tuple[pa.Table, Collected]:
    return collect(model, frame, folder, **{"positive": "yes", **rest})


@pytest.mark.parametrize("batch_size", [1, 7, 100, 250, 251, 10_000])
def test_a_binary_pass_at_any_batch_size(tmp_path: Path, batch_size: int) -> None:
    model, frame = classifier(), applicants()
    rows, collected = binary(
        model, frame, tmp_path, batch_size=batch_size, unit="loan", carry=("afam",)
    )
    assert rows.column_names == [
        UNIT, TARGET, PREDICTION, "assay.score.0", "assay.score.1", "afam",
    ]  # fmt: skip
    assert rows.column(UNIT).to_pylist() == list(frame["loan"])
    assert rows.column(TARGET).to_pylist() == list(frame["deny"])
    assert rows.column(PREDICTION).to_pylist() == list(model.predict(frame))
    assert np.allclose(rows.column("assay.score.1"), model.predict_proba(frame)[:, 1], rtol=1e-12)
    assert rows.column("afam").to_pylist() == list(frame["afam"])
    assert collected.prediction == Prediction("binary", ("no", "yes"), "yes", has_scores=True)
    assert (collected.rows, collected.left_out, collected.notes) == (250, 0, ())
    assert len(collected.source.paths) == -(-250 // batch_size)


def test_several_classes_and_a_regression(tmp_path: Path) -> None:
    frame = applicants()
    model = pipeline(RandomForestClassifier(10, random_state=0)).fit(
        frame[FEATURES], frame["grade"]
    )
    rows, collected = collect(model, frame, tmp_path / "m", target="grade", task="multiclass")
    assert collected.prediction == Prediction("multiclass", ("a", "b", "c"), None, has_scores=True)
    assert rows.column(PREDICTION).to_pylist() == list(model.predict(frame))
    assert rows.column(UNIT).to_pylist() == list(range(250))
    linear = regressor()
    rows, collected = collect(linear, frame, tmp_path / "r", target="loss", task="regression")
    assert collected.prediction == Prediction("regression")
    assert rows.column_names == [UNIT, TARGET, PREDICTION]
    assert np.allclose(rows.column(PREDICTION), linear.predict(frame), rtol=1e-12)


def test_rows_without_a_target_are_left_out_and_keep_their_neighbours_numbers(
    tmp_path: Path,
) -> None:
    frame = applicants(20)
    frame["deny"] = frame["deny"].astype(object)
    frame.loc[[0, 5, 6, 7, 8, 9], "deny"] = None
    rows, collected = binary(classifier(), frame, tmp_path, batch_size=5)
    assert rows.column(UNIT).to_pylist() == [*range(1, 5), *range(10, 20)]
    assert (collected.rows, collected.left_out) == (14, 6)
    assert collected.notes == ("6 of 20 rows have no target ('deny' is null) and were left out.",)
    frame["loss"] = np.where(frame.index < 3, np.nan, frame["loss"])
    _, collected = collect(regressor(), frame, tmp_path / "r", target="loss", task="regression")
    assert (collected.rows, collected.left_out) == (17, 3)


@pytest.mark.parametrize("rows", [0, 1])
def test_no_row_and_one_row(tmp_path: Path, rows: int) -> None:
    table = arrow(applicants(5)).slice(0, rows)
    seen, collected = binary(classifier(), table, tmp_path, unit="loan", carry=("afam", "ratio"))
    assert seen.num_rows == collected.rows == rows
    assert collected.prediction.labels == ("no", "yes")
    assert {"assay.unit", "assay.target", "assay.prediction", "afam", "ratio"} <= set(
        seen.column_names
    )
    assert seen.schema.field(UNIT).type == pa.int64()


@pytest.mark.parametrize(
    ("classes", "targets", "positive"),
    [
        ([0, 1], [True, False], None),
        ([0, 1], ["1", "0"], "1"),
        ([0, 1], [1.0, 0.0], 1.0),
        ([False, True], [1, 0], True),
        ([False, True], ["true", "False"], "true"),
        (["0", "1"], [1, 0], 1),
        ([0.0, 1.0], [1, 0], "1"),
        ([1, 2], [2, 1], 2),
    ],
)
def test_labels_are_matched_across_types(
    tmp_path: Path, classes: list[Any], targets: list[Any], positive: Any
) -> None:
    x = np.array([[0.0], [1.0], [0.2], [0.8]])
    model = LogisticRegression(C=1e6).fit(x, np.array([classes[0], classes[1]] * 2))
    table = pa.table({"x": [1.0, 0.0], "y": targets})
    rows, collected = collect(model, table, tmp_path, target="y", positive=positive)
    assert collected.prediction.labels == tuple(classes)
    assert collected.prediction.positive == classes[1]
    assert type(collected.prediction.positive) is type(classes[1])
    assert rows.column(TARGET).to_pylist() == rows.column(PREDICTION).to_pylist() == classes[::-1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"positive": None}, "Which label is positive is not said: 'no', 'yes'"),
        ({"positive": "yess"}, "'yess' is none of 'no', 'yes'.*Did you mean 'yes'"),
        ({"target": "denied"}, "no column 'denied'.*Did you mean 'deny'"),
        ({"target": "grade"}, "'grade' is 'a' in .* rows.*classes are 'no', 'yes'"),
        ({"unit": "laon"}, "no column 'laon'.*Did you mean 'loan'"),
        ({"carry": ("afma",)}, "no column 'afma'.*Did you mean 'afam'"),
        ({"features": ("ratios", "score")}, "no column 'ratios'.*Did you mean 'ratio'"),
        ({"features": ("ratio", "score")}, "failed to predict: ValueError"),
        ({"task": "regression", "target": "grade"}, "'grade' holds string .*predicts numbers"),
        ({"task": "regression", "target": "loss"}, "task: regression"),
    ],
)
def test_what_does_not_go_together(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(SubjectError, match=words):
        binary(classifier(), applicants(), tmp_path, **change)


def test_a_feature_that_the_data_lacks(tmp_path: Path) -> None:
    frame = applicants().rename(columns={"ratio": "ratios"})
    with pytest.raises(SubjectError, match=r"no column 'ratio', which the model takes.*'ratios'"):
        binary(classifier(), frame, tmp_path)


def test_reserved_names_are_refused(tmp_path: Path) -> None:
    frame = applicants().assign(**{"assay.score.1": 1.0})
    with pytest.raises(SubjectError, match="reserved"):
        binary(classifier(), frame, tmp_path, carry=("assay.score.1",))


def test_three_classes_are_not_binary(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match=r"has 3 classes.*multiclass"):
        collect(classifier("grade"), applicants(), tmp_path, target="grade", positive="a")


def test_too_many_targets_are_no_classes(tmp_path: Path) -> None:
    frame = applicants(1_200).assign(number=range(1_200))
    with pytest.raises(SubjectError, match=r"1,200 different values.*regression"):
        collect(classifier(), frame, tmp_path, target="number", task="multiclass")


def test_a_target_that_the_model_does_not_know_is_a_label_with_score_0(tmp_path: Path) -> None:
    frame = applicants()
    frame.loc[[2, 3], "grade"] = "d"
    rows, collected = collect(
        classifier("grade"), frame, tmp_path, target="grade", task="multiclass"
    )
    assert collected.prediction.labels == ("a", "b", "c", "d")
    assert rows.column(TARGET).to_pylist() == list(frame["grade"])
    assert set(rows.column("assay.score.3").to_pylist()) == {0.0}
    assert any(
        "2 rows have a target that the model does not know ('d')" in n for n in collected.notes
    )


def test_an_unknown_target_of_another_type_makes_all_labels_text(tmp_path: Path) -> None:
    model = LogisticRegression().fit([[0.0], [1.0], [2.0]], [1, 2, 3])
    table = pa.table({"x": [0.0, 1.0], "y": ["1", "none"]})
    rows, collected = collect(model, table, tmp_path, target="y", task="multiclass")
    assert collected.prediction.labels == ("1", "2", "3", "none")
    assert rows.column(TARGET).to_pylist() == ["1", "none"]
    assert rows.column(PREDICTION).type == pa.string()


def test_repeated_and_missing_units_are_told(tmp_path: Path) -> None:
    frame = applicants(10)
    frame["loan"] = [1, 1, 2, 3, 4, 5, 6, 7, None, 9]
    _, collected = binary(classifier(), frame, tmp_path, unit="loan")
    assert "'loan' is null in 1 of 10 rows" in collected.notes[0]
    assert "9 values, 8 of them different" in collected.notes[1]


def test_strange_scores_are_kept_and_told(tmp_path: Path) -> None:
    def scores(frame: pd.DataFrame) -> dict[str, Any]:
        return {"no": [np.nan, 0.5, -np.inf], "yes": [0.1, 7.0, 0.2]}

    rows, collected = binary(scores, applicants(3), tmp_path)
    assert np.array_equal(rows.column("assay.score.0"), [np.nan, 0.5, -np.inf], equal_nan=True)
    assert collected.notes == ("3 scores are not numbers from 0 to 1.",)


def test_a_function_that_gives_labels_only(tmp_path: Path) -> None:
    frame = applicants(60)

    def rule(rows: pd.DataFrame) -> Any:
        return np.where(rows["ratio"] > 0.3, "z", np.where(rows["ratio"] > 0.25, "b", "a"))

    rows, collected = collect(
        rule, frame, tmp_path, target="grade", task="multiclass", batch_size=7
    )
    assert collected.prediction == Prediction("multiclass", ("a", "b", "c", "z"), None)
    assert rows.column_names == [UNIT, TARGET, PREDICTION]
    assert rows.column(PREDICTION).to_pylist() == list(rule(frame))
    with pytest.raises(SubjectError, match="beyond the two"):
        binary(rule, frame, tmp_path / "two")


def test_probabilities_in_place_of_labels(tmp_path: Path) -> None:
    table = arrow(applicants(50).assign(deny=lambda f: (f["deny"] == "yes").astype(int)))
    with pytest.raises(SubjectError, match=r"like .*scores as {label: scores}"):
        collect(lambda f: f["ratio"], table, tmp_path)


def test_answers_of_mixed_types_mean_the_same_labels(tmp_path: Path) -> None:
    table = pa.table({"x": [1.0, 2.0, 3.0], "y": [1, 0, 1]})
    mixed = np.array([1, "0", 1.0], dtype=object)
    rows, collected = collect(lambda f: mixed, table, tmp_path, target="y")
    assert rows.column(PREDICTION).to_pylist() == [1, 0, 1]
    assert collected.prediction == Prediction("binary", (0, 1), 1)
    missing = np.array([1, None, 1], dtype=object)
    with pytest.raises(SubjectError, match="answered with None"):
        collect(lambda f: missing, table, tmp_path, target="y")


def test_scores_by_name_come_in_any_order(tmp_path: Path) -> None:
    calls = iter(range(100))

    def scores(frame: pd.DataFrame) -> dict[str, Any]:
        both = {"yes": frame["ratio"], "no": 1 - frame["ratio"]}
        return dict(sorted(both.items(), reverse=next(calls) % 2 == 0))

    frame = applicants(20)
    rows, collected = binary(scores, frame, tmp_path, batch_size=6)
    at = collected.prediction.labels.index("yes")
    assert np.array_equal(rows.column(f"assay.score.{at}"), frame["ratio"])


def test_one_class_only(tmp_path: Path) -> None:
    frame = applicants(50).query("deny == 'no'")
    _, collected = binary(classifier(), frame, tmp_path / "a")
    assert collected.prediction.labels == ("no", "yes")
    _, collected = binary(lambda f: ["no"] * len(f), frame, tmp_path / "b")
    assert collected.prediction == Prediction("binary", ("no", "yes"), "yes")


def test_awkward_column_names_and_types(tmp_path: Path) -> None:
    frame = applicants(30)
    names = ['"; drop table x; --', "a b", "naïve", "select", "e\u0301"]
    table = arrow(frame.assign(**dict.fromkeys(names, frame["single"])))
    table = table.append_column("kind", table.column("afam").dictionary_encode())
    seen, _ = binary(classifier(), table, tmp_path, carry=(*names, "kind"), target="deny")
    for name in names:
        assert seen.column(name).to_pylist() == list(frame["single"])
    assert seen.column("kind").to_pylist() == list(frame["afam"])


def test_a_model_that_raises_keeps_its_words(tmp_path: Path) -> None:
    def broken(frame: pd.DataFrame) -> Any:
        raise KeyError("no embedding for 'Zürich'")

    with pytest.raises(SubjectError, match=r"KeyError: .*no embedding for 'Zürich'"):
        binary(broken, applicants(5), tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "observations").write_text("a file")
    with pytest.raises(AssayError, match="cannot be written"):
        binary(classifier(), applicants(5), tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are POSIX")
def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk: writing fails in the same place."""
    saved(classifier(), tmp_path)
    pq.write_table(arrow(applicants(5_000)), tmp_path / "data.parquet")
    program = textwrap.dedent(
        """
        import resource, sys
        import pyarrow.parquet as pq
        from assay.collect.predictions import collect_predictions
        from assay.core.check import ModelSpec
        from assay.core.errors import AssayError
        from assay.subjects.predictor import open_model
        from tests.collect.engine import ArrowEngine

        folder, size, limit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
        spec = ModelSpec(path="model.skops", target="deny", positive="yes", batch_size=size)
        model = open_model(spec, folder=folder, allow_code=False)
        engine = ArrowEngine(data=pq.read_table(folder + "/data.parquet"))
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            print(collect_predictions(engine, "data", model, spec, folder=folder + "/o").reused)
        except AssayError as error:
            print(error)
        """
    )

    def run(size: int, limit: int) -> str:
        command = [sys.executable, "-c", program, str(tmp_path), str(size), str(limit)]
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": os.getcwd()}
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    said = run(4_000, 20_000)
    assert "cannot be written" in said
    assert "resume" in said
    assert [p.name for p in (tmp_path / "o").iterdir()] == ["manifest.json"]  # nothing torn
    assert run(4_000, 0) == "0\n"
