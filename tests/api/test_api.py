"""The Python interface without YAML: frames and models in, rich results out."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import assay
from assay.core import metric as registry
from assay.core.result import from_json
from assay.metrics import load_all
from assay.states import Count

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COLUMNS = {"age": [34.0, None, 51.0, 47.0], "name": ["a", "b", "b", "d"]}
FRAMES: dict[str, Callable[[], Any]] = {
    "pandas": lambda: pd.DataFrame(COLUMNS),
    "pandas with an index": lambda: pd.DataFrame(COLUMNS, index=["w", "x", "y", "z"]),
    "pandas nullable": lambda: pd.DataFrame(COLUMNS).convert_dtypes(),
    "polars": lambda: pl.DataFrame(COLUMNS),
    "polars lazy": lambda: pl.LazyFrame(COLUMNS),
    "arrow": lambda: pa.table(COLUMNS),
    "arrow batch": lambda: pa.RecordBatch.from_pydict(COLUMNS),
    "arrow stream": lambda: pa.table(COLUMNS).to_reader(),
}
CHECKS = [
    assay.check("row_count", equals=4),
    assay.check("completeness", column="age", at_least=0.9, id="ages"),
    assay.check("mean", column="age", between=[40, 50], severity="warn"),
    assay.check("mean", column="age", by="name", min_slice=1, at_least=0, id="by name"),
]


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_frames_of_every_library_give_the_same(frame):
    run = assay.run(CHECKS, on=frame())
    assert run.decision == "block"
    assert [r.verdict for r in run.results] == ["pass", "fail", "pass", "pass"]
    [measured] = run.result("data/mean/age").measurements
    assert (measured.value, measured.n) == (44.0, 3)
    assert run.subjects[0].columns == ["age", "name"]
    if not isinstance(frame(), pl.LazyFrame):  # which has no content until it is collected
        assert run.subjects[0].fingerprint.startswith("sha256:")


def test_a_path_is_a_table_too(tmp_path):
    path = tmp_path / "d.csv"
    pyarrow.csv.write_csv(pa.table(COLUMNS), path)
    for on in (path, str(path), {"data": path}):
        assert assay.run(CHECKS, on=on).result("data/row_count").verdict == "pass"


def test_the_caller_keeps_the_frame_as_it_was():
    frame = pd.DataFrame(COLUMNS)
    assay.run(CHECKS, on=frame)
    pd.testing.assert_frame_equal(frame, pd.DataFrame(COLUMNS))


def test_several_tables_by_name():
    checks = [
        assay.check("drift", on="new", against="old", column="age", at_most=1),
        assay.check(
            "references",
            on="new",
            foreign_key=["name"],
            to="old",
            key=["name"],
            at_least=1,
            id="names",
        ),
        assay.check("completeness", on="old", columns=["*"], at_least=0.5),
    ]
    run = assay.run(checks, on={"new": pl.DataFrame(COLUMNS), "old": pd.DataFrame(COLUMNS)})
    assert {s.name for s in run.subjects} == {"new", "old"}
    assert run.result("names").verdict == "pass"
    assert run.result("old/completeness/age").measurements[0].value == 0.75


@pytest.fixture(scope="module")
def trained() -> tuple[Any, pd.DataFrame]:
    """A scikit-learn model and rows it has not seen; ``group`` is not a feature of it."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=600), "z": rng.normal(size=600)})
    frame["y"] = np.where(rng.random(600) < 1 / (1 + np.exp(-2 * frame["x"])), "yes", "no")
    frame["group"] = rng.choice(["a", "b"], 600)
    model = LogisticRegression().fit(frame.loc[:299, ["x", "z"]], frame.loc[:299, "y"])
    return model, frame.loc[300:].reset_index(drop=True)


def test_a_model_of_scikit_learn(trained):
    from sklearn.metrics import accuracy_score, roc_auc_score

    model, test = trained
    run = assay.run(
        [
            assay.check("classification.roc_auc", on="model", data="test", at_least=0.5),
            assay.check("classification.accuracy", on="model", data="test", by=["group"],
                        at_least=0.5, id="by group"),
            assay.check("fairness.demographic_parity_difference", on="model", data="test",
                        sensitive=["group"], at_most=0.9),
            assay.check("inference.latency", on="model", data="test", repeats=10, at_most=5),
        ],
        on={"test": test, "model": assay.model(model, task="binary", target="y", positive="yes")},
    )  # fmt: skip
    assert run.decision == "pass", run.run.reason
    [auc] = run.result("model@test/classification.roc_auc").measurements
    scores = model.predict_proba(test[["x", "z"]])[:, 1]
    assert auc.value == pytest.approx(roc_auc_score(test["y"] == "yes", scores), abs=1e-12)
    found = {m.key["group"]: m.value for m in run.result("by group").measurements}
    right = model.predict(test[["x", "z"]])
    assert found == {
        group: pytest.approx(accuracy_score(part["y"], right[part.index]))
        for group, part in test.groupby("group")
    }
    [subject] = [s for s in run.subjects if s.name == "model"]
    assert subject.description == "LogisticRegression"


def test_a_function_is_a_model(trained):
    _, test = trained

    def always(frame: pd.DataFrame) -> list[str]:
        return ["yes"] * len(frame)

    run = assay.run(
        [assay.check("classification.recall", on="m", data="t", at_least=0.99)],
        on={"t": test, "m": assay.model(always, task="binary", target="y", positive="yes")},
    )
    assert run.results[0].measurements[0].value == 1.0


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (object(), "'object' is not a table"),
        ({"data": 3}, "'int' is not a table"),
        ("nothing.csv", "no file 'nothing.csv'"),
        (None, "nothing to check"),
        ({}, "nothing to check"),
    ],
)
def test_what_is_no_subject(on, words):
    with pytest.raises(assay.AssayError, match=words):
        assay.run([assay.check("row_count", equals=4)], on=on)


def test_a_frame_of_mixed_types():
    frame = pd.DataFrame({"a": [1, "x", None], "b": [1, 2, 3]})
    run = assay.run([assay.check("mean", column=c, at_least=0) for c in "ab"], on=frame)
    assert [r.verdict for r in run.results][1] == "pass"
    assert run.results[0].verdict in ("not_applicable", "error")
    assert "a" in run.results[0].reason


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"metric": "mean", "at_least": 1, "at_most": 2}, "one criterion"),
        ({"metric": "mean", "at_least": "1"}, "at_least must be a number"),
        ({"metric": "mean", "between": [2, 1]}, "lower end first"),
    ],
)
def test_a_check_that_cannot_be_meant(given, words):
    with pytest.raises(assay.SuiteError, match=words):
        assay.check(**given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"metric": "men", "column": "age", "at_least": 1}, "Did you mean 'mean'?"),
        ({"metric": "mean", "colum": "age", "at_least": 1}, "Did you mean 'column'?"),
        ({"metric": "mean", "column": "aeg", "at_least": 1}, "Did you mean 'age'?"),
        ({"metric": "mean", "column": "age", "on": "dta", "at_least": 1}, "Did you mean 'data'?"),
        ({"metric": "classification.roc_auc", "at_least": 1}, "'data' is not one"),
        ({"metric": "uniqueness", "key": "id", "at_least": 1}, "key must be a list"),
        ({"metric": "completeness", "column": "age", "no_worse_than": {"baseline": "main"}},
         "no run 'main'"),
        ({"metric": "mean", "column": "age", "no_worse_than": {"baseline": "main"}}, "direction"),
    ],
)  # fmt: skip
def test_a_wrong_check_beside_right_ones(given, words):
    run = assay.run([assay.check("row_count", equals=4), assay.check(**given)],
                    on=pa.table(COLUMNS))  # fmt: skip
    assert [r.verdict for r in run.results] == ["pass", "error"]
    assert words in run.results[1].reason
    assert run.decision == "block"


def test_require_lets_a_good_run_through_and_says_what_blocks():
    good = assay.run([assay.check("row_count", equals=4)], on=pa.table(COLUMNS))
    assert good.require() is good
    with pytest.raises(assay.GateBlockedError) as caught:
        assay.run(CHECKS, on=pa.table(COLUMNS)).require()
    assert isinstance(caught.value, AssertionError)
    message = str(caught.value)
    assert message.startswith("Blocked: 1 check failed (ages).")
    assert "ages: fail: It must be at least 0.9, and it is 0.75: 1 of 4 rows fail." in message
    assert "row_count" not in message


def test_a_warning_is_let_through():
    checks = [assay.check("mean", column="age", at_least=99, severity="warn")]
    run = assay.run(checks, on=pa.table(COLUMNS))
    assert run.decision == "warn"
    assert run.require() is run


def test_results_are_found_by_id():
    run = assay.run(CHECKS, on=pa.table(COLUMNS))
    assert run.result("ages").metric == "completeness"
    with pytest.raises(KeyError, match="nothing"):
        run.result("nothing")
    assert repr(run) == f"<assay.Run {run.run.id} of 'checks': block (3 pass, 1 fail)>"


@pytest.mark.parametrize("name", ["r.html", "r.xml", "r.md", "r.json", "new/folder/r.html"])
def test_reports_are_written(tmp_path, name):
    run = assay.run(CHECKS, on=pa.table(COLUMNS))
    path = run.write(tmp_path / name)
    assert path == tmp_path / name
    text = path.read_text(encoding="utf-8")
    assert "ages" in text
    if path.suffix == ".json":
        assert from_json(text).results == run.results
        assert json.loads(text)["schema"] == "assay.run/1"
    with pytest.raises(assay.AssayError, match=r"'\.pdf'"):
        run.write(tmp_path / "r.pdf")


def test_a_notebook_shows_the_report_in_a_frame_without_rights():
    checks = [assay.check("completeness", column='"><script>alert(1)</script>', at_least=1)]
    run = assay.run(checks, on=pa.table({'"><script>alert(1)</script>': [1.0, None]}))
    shown = run._repr_html_()
    assert shown.startswith("<iframe sandbox ")
    assert shown.count("<") == 2  # the frame and its end: the rest is one escaped attribute
    document = html.unescape(shown.split('srcdoc="')[1].split('"')[0])
    assert document.startswith("<!doctype html>")
    assert "<script" not in document


def test_nothing_is_kept_without_a_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    assay.run(CHECKS, on=pa.table(COLUMNS))
    assert not (tmp_path / ".assay").exists()
    assert not list((tmp_path / "tmp").iterdir())


def test_a_home_keeps_runs_names_and_baselines(tmp_path):
    from assay.api import baselines, compare, runs, stored_run

    table = pa.table(COLUMNS)
    first = assay.run(CHECKS, on=table, home=tmp_path / "home", name="main")
    check = assay.check("completeness", column="age", no_worse_than={"baseline": "main"}, id="ages")
    second = assay.run([check], on=table, home=tmp_path / "home")
    assert second.results[0].verdict == "pass"
    assert [run["id"] for run in runs(tmp_path / "home")] == [second.run.id, first.run.id]
    assert baselines(tmp_path / "home") == {"main": first.run.id}
    assert stored_run(tmp_path / "home", "main") == first
    assert compare(tmp_path / "home", "main", "latest").b.id == second.run.id


def test_a_suite_file_may_be_run_from_python_on_another_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pq.write_table(pa.table(COLUMNS), tmp_path / "d.parquet")
    (tmp_path / "suite.yaml").write_text(
        "suite: t\nsubjects:\n  d: {table: d.parquet}\nchecks:\n  - row_count: {on: d}\n"
        "    equals: 4\n"
    )
    assert assay.run("suite.yaml").decision == "pass"
    assert (tmp_path / ".assay" / "history.sqlite").exists()
    suite = assay.load("suite.yaml")
    shorter = pa.table(COLUMNS).slice(1)
    assert assay.run(suite, on={"d": shorter}).result("d/row_count").verdict == "fail"


def test_a_run_that_fails_can_be_resumed_in_the_same_process(tmp_path, monkeypatch):
    """A full disk (a file in place of a folder) ends a run; here, too, it can then go on."""
    from assay.api import interrupted_run

    monkeypatch.chdir(tmp_path)
    pq.write_table(pa.table({"x": np.arange(50.0), "y": np.arange(50.0)}), tmp_path / "d.parquet")
    (tmp_path / "twice.py").write_text("def model(frame):\n    return frame['x'] * 1.1\n")
    (tmp_path / "suite.yaml").write_text(
        "suite: t\nsubjects:\n  d: {table: d.parquet}\n"
        "  m: {model: 'twice:model', kind: python, task: regression, target: y}\n"
        "checks:\n  - regression.mae: {on: m, data: d}\n    at_most: 5\n"
    )

    def block(task: str, done: int, total: int | None, /) -> None:
        for run in (tmp_path / ".assay" / "runs").iterdir():
            if not (run / "observations").exists():
                (run / "observations").write_text("in the way")

    with pytest.raises(assay.AssayError, match="cannot be written"):
        assay.run("suite.yaml", allow_code=True, progress=block)
    run_id, suite = interrupted_run(tmp_path / ".assay", None)
    (tmp_path / ".assay" / "runs" / run_id / "observations").unlink()
    resumed = assay.run(suite or "", allow_code=True, resume=run_id)
    assert resumed.decision == "pass"
    assert resumed.run.id == run_id


@pytest.fixture
def longest(monkeypatch: pytest.MonkeyPatch) -> type[assay.Metric]:
    """A metric of the user's own."""
    load_all()
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))

    @assay.metric("own.share_of", unit="share", formula="matching / rows", interval="census",
                  reference="this test", example={"column": "name", "value": "a"})  # fmt: skip
    class ShareOf(assay.Metric):
        """Share of rows that hold a value."""

        column: str
        value: str = "a"

        def matching(self) -> Count:
            from assay.core.expr import Column, Literal, call

            return Count(where=call("eq", Column(self.column), Literal(self.value)))

        def aggregates(self, schema: object) -> tuple[Count, ...]:
            return Count(), self.matching()

        def estimate(self, fold: Any, how: assay.Estimation) -> tuple[assay.Measurement, ...]:
            n = fold[Count()].n
            share = fold[self.matching()].n / n
            return (assay.Measurement(value=share, low=share, high=share, level=None,
                                      method="census", n=n, unit="share"),)  # fmt: skip

    return ShareOf


def test_a_metric_of_ones_own(longest, tmp_path: Path):
    checks = [
        assay.check("own.share_of", column="name", value="b", at_least=0.5),
        assay.check("own.share_of", column="name", at_least=0.5, id="few"),
    ]
    run = assay.run(checks, on=pa.table(COLUMNS))
    assert [r.measurements[0].value for r in run.results] == [0.5, 0.25]
    assert [r.verdict for r in run.results] == ["pass", "fail"]
    assert run.results[0].params == {"column": "name", "value": "b"}
    pq.write_table(pa.table(COLUMNS), tmp_path / "d.parquet")
    (tmp_path / "suite.yaml").write_text(
        "suite: t\nsubjects:\n  d: {table: d.parquet}\nchecks:\n"
        "  - own.share_of: {on: d, columns: ['*'], value: b}\n    at_least: 0\n"
    )
    found = assay.run(assay.load(tmp_path / "suite.yaml"))
    assert [r.id for r in found.results] == ["d/own.share_of/age", "d/own.share_of/name"]


def test_a_name_is_given_once(longest):
    with pytest.raises(ValueError, match="'row_count' is already"):
        assay.metric("row_count", formula="", interval="", reference="", example={})(longest)
