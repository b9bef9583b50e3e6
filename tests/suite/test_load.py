"""Suite files: what a good one means, and what is said about a bad one, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.core.check import CheckSpec, GatePolicy, ModelSpec, Suite, TableSpec
from assay.core.criterion import AtLeast, AtMost, Between, Equals, NoWorseThan, OneOf
from assay.core.errors import Location, SuiteError, SuiteErrors
from assay.core.source import Files
from assay.suite.load import load, loads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Good = Callable[..., Suite]
    Wrong = Callable[..., str]


def test_a_whole_suite(folder: Path) -> None:
    text = """\
suite: mortgage
subjects:
  train: {table: train.csv}
  test: {table: test.csv, unit: id}
  model:
    model: m.skops
    task: binary
    target: deny
    positive: "yes"
    features: [age, income]
    batch_size: 500
    trusted: [my.Type]
  live: {model: "python:pkg.module:Predictor.make", task: regression, target: income}
gate: {inconclusive: warn, false_alarm: 0.1, correction: none}
seed: 7
checks:
  - completeness: {on: train, columns: [age, inc*]}
    at_least: 0.99
    severity: warn
  - classification.recall: {on: model, data: test, by: [deny, [deny, age]], min_slice: 50}
    no_worse_than: {baseline: main, margin: 0.01}
    claim: batch
    family: quality
    id: recall-by-group
    description: It finds those it should.
  - drift: {on: test, against: train, where: age > 18, method: psi}
    at_most: 0.1
  - row_count: {on: train}
    severity: info
"""
    path = folder / "suite.yaml"
    path.write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    suite = load(path)
    assert suite.name == "mortgage"
    assert suite.seed == 7
    assert suite.gate == GatePolicy(inconclusive="warn", false_alarm=0.1, correction="none")
    assert suite.folder == str(folder)
    assert suite.file == str(path)
    assert suite.text == text.replace("\n", "\r\n")
    train, test, model, live = suite.subjects.values()
    assert isinstance(train, TableSpec)
    assert train.source == Files((str(folder / "train.csv"),), "csv")
    assert train.unit is None
    assert isinstance(test, TableSpec)
    assert test.unit == "id"
    at = Location(str(path), 6, 5)
    assert model == ModelSpec(
        path="m.skops",
        task="binary",
        target="deny",
        positive="yes",
        features=("age", "income"),
        batch_size=500,
        trusted=("my.Type",),
        location=at,
    )
    assert isinstance(live, ModelSpec)
    assert (live.kind, live.path) == ("python", "pkg.module:Predictor.make")
    first, second, third, fourth = suite.checks
    assert first == CheckSpec(
        metric="completeness",
        params={"columns": ["age", "inc*"]},
        on="train",
        criterion=AtLeast(0.99),
        severity="warn",
        location=Location(str(path), 17, 5),
    )
    assert second == CheckSpec(
        metric="classification.recall",
        on="model",
        data="test",
        by=(("deny",), ("deny", "age")),
        min_slice=50,
        criterion=NoWorseThan("main", 0.01),
        claim="batch",
        family="quality",
        id="recall-by-group",
        description="It finds those it should.",
        location=Location(str(path), 20, 5),
    )
    assert (third.on, third.against, third.where) == ("test", "train", "age > 18")
    assert third.params == {"method": "psi"}
    assert (fourth.criterion, fourth.severity) == (None, "info")


@pytest.mark.parametrize(
    ("written", "criterion"),
    [
        ("at_least: 1", AtLeast(1.0)),
        ("at_most: -0.5", AtMost(-0.5)),
        ("between: [1, 2]", Between(1.0, 2.0)),
        ("equals: 3", Equals(3.0)),
        ("equals: {value: 3, tolerance: 0.1}", Equals(3.0, 0.1)),
        ("one_of: [1, 2]", OneOf((1.0, 2.0))),
        ("no_worse_than: {baseline: main}", NoWorseThan("main")),
    ],
)
def test_criteria(good: Good, written: str, criterion: object) -> None:
    suite = good(f"checks:\n  - classification.f_beta: {{on: model, data: test}}\n    {written}\n")
    assert suite.checks[0].criterion == criterion


def test_defaults_fill_what_checks_leave_out(good: Good) -> None:
    suite = good("""\
defaults:
  on: model
  data: test
  against: train
  by: [deny]
  severity: warn
  min_slice: 10
  parameters: {drift: {method: psi, bins: 5}}
checks:
  - classification.recall:
    at_least: 0.5
  - classification.recall: {by: []}
    at_least: 0.5
    severity: block
  - drift: {on: test, bins: 7}
    at_most: 0.1
""")
    first, second, third = suite.checks
    assert (first.on, first.data, first.against) == ("model", "test", None)
    assert (first.by, first.min_slice, first.severity) == ((("deny",),), 10, "warn")
    assert (second.by, second.severity) == ((), "block")
    assert (third.on, third.data, third.against) == ("test", None, "train")
    assert third.params == {"method": "psi", "bins": 7}


def test_paths_start_at_the_folder_of_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "s.yaml").write_text(
        "suite: s\nsubjects: {t: {table: ../train.csv}}\n"
        "checks: [{completeness: {on: t, column: id}}]"
    )
    monkeypatch.chdir(folder)
    table = load("in/s.yaml").subjects["t"]
    assert isinstance(table, TableSpec)
    assert isinstance(table.source, Files)
    assert table.source.paths == ("in/../train.csv",)


CHECKS = [
    ("completness: {on: train, column: age}",
     "8:5: There is no metric 'completness'. Did you mean 'completeness'? "
     "`assay list` names them all."),
    ("completeness: {on: trian, column: age}",
     "8:24: The suite has no subject 'trian'. Did you mean 'train'?"),
    ("completeness: {column: age}",
     "8:5: completeness needs the key 'on': completeness measures a table. One of: train, test."),
    ("completeness: {on: model, column: age}",
     "8:24: on must be a table, and 'model' is a model: completeness measures a table."),
    ("completeness: {on: train}",
     "8:5: completeness needs the parameter 'column', or 'columns'."),
    ("completeness:",
     "8:5: completeness needs the parameter 'column', or 'columns'.\n"
     "s.yaml:8:5: completeness needs the key 'on': completeness measures a table."
     " One of: train, test."),
    ("completeness: {on: train, colum: age}",
     "8:5: completeness needs the parameter 'column', or 'columns'.\n"
     "s.yaml:8:31: 'colum' is not a parameter of completeness. Did you mean 'column'?"),
    ("completeness: {on: train, column: 3}",
     "8:39: completeness: column must be text, not 3."),
    ("completeness: {on: train, column: a, columns: [b]}",
     "8:42: Give either 'column' or 'columns', not both."),
    ("completeness: {on: train, columns: age}",
     "8:40: columns must be a list, not 'age'. Write ['age']."),
    ("completeness: {on: train, columns: []}",
     "8:40: columns must name at least one column."),
    ("completeness: {on: train, columns: [age, 3]}",
     "8:46: each item of columns must be text, not 3. Put it in quotes."),
    ("completeness: train",
     "8:19: completeness must be a mapping, not 'train'."),
    ("completeness: {on: train, column: age, data: test}",
     "8:44: 'data' has no place here: completeness measures the table that 'on' names."),
    ("completeness: {on: train, column: age, against: test}",
     "8:44: 'against' has no place here: completeness does not compare two tables."),
    ("completeness: {on: train, column: age, min_slice: 0}",
     "8:55: min_slice must be 1 or more, not 0."),
    ("completeness: {on: train, column: age, min_slice: 2.5}",
     "8:55: min_slice must be a whole number, not 2.5."),
    ("completeness: {on: train, column: age, by: age}",
     "8:48: by must be a list, not 'age'. Write ['age']."),
    ("completeness: {on: train, column: age, by: [[]]}",
     "8:49: by: an empty list crosses nothing."),
    ("completeness: {on: train, column: age, where: 3}",
     "8:51: where must be text, not 3. Put it in quotes."),
    ("drift: {on: test}\n    at_most: 1",
     "8:5: drift needs the key 'against': drift compares two tables. One of: train, test."),
    ("drift: {on: test, against: model}\n    at_most: 1",
     "8:32: against must be a table, and 'model' is a model: drift compares two tables."),
    ("drift: {on: test, against: train, method: kss}\n    at_most: 1",
     "8:47: drift: method must be one of auto, chi_square, hellinger, "
     "jensen_shannon, kl, ks, psi,"
     " total_variation, wasserstein, not 'kss'. Did you mean 'ks'?"),
    ("quantile: {on: train, column: age, q: 2}\n    at_most: 1",
     "8:43: quantile: q must be a number <= 1.0, not 2."),
    ("quantile: {on: train, column: age}\n    at_most: 1",
     "8:5: quantile needs the parameter 'q'."),
    ("in_set: {on: train, column: age, values: [[1]]}",
     "8:47: in_set: values[0] must be true or false, a number or text, not a list."),
    ("in_range: {on: train, column: age, lower: 2, upper: 1}",
     "8:5: in_range: no value lies between 2 and 1."),
    ("classification.recall: {on: test, data: test}\n    at_least: 1",
     "8:33: on must be a model, and 'test' is a table: classification.recall measures a model."),
    ("classification.recall: {on: model}\n    at_least: 1",
     "8:5: classification.recall needs the key 'data': a model is fed with a table."
     " One of: train, test."),
    ("classification.recall: {on: model, data: model}\n    at_least: 1",
     "8:46: data must be a table, and 'model' is a model: a model is fed with a table."),
    ("model.size: {on: model, data: test}\n    at_most: 1",
     "8:29: 'data' has no place here: model.size measures the model's files."),
    ("inference.latency: {on: model, data: test, by: [age]}\n    at_most: 1",
     "8:48: 'by' has no place here: inference.latency is not measured on rows of a table."),
    ("quantile: {on: train, column: age, q: 0.5}",
     "8:5: quantile has no criterion of its own: one of at_least, at_most, between, equals,"
     " one_of, no_worse_than is needed."
     " Write `severity: info` beside it to report the value only."),
    ("row_count: {on: train}\n    no_worse_than: {baseline: main}",
     "9:5: no_worse_than does not fit row_count: neither direction of it is better."
     " Use `between` or `equals`."),
    ("at_least: 0.5",
     "8:5: A check must have a metric as a key. For example `completeness: {on: train}`."),
    ("row_count: {on: train}\n    completeness: {on: train, column: age}\n    at_least: 1",
     "9:5: A check has one metric; 'row_count' and 'completeness' are two."
     " Start a new item with '-'."),
    ("row_count: {on: train}\n    at_least: 1\n    severty: warn",
     "10:5: 'severty' is neither a metric nor a key of a check. Did you mean 'severity'?"),
    ("row_count:\n    on: train\n    at_least: 1",
     "8:5: row_count needs the key 'on': row_count measures a table. One of: train, test.\n"
     "s.yaml:9:5: 'on' belongs inside the metric's mapping. Write `row_count: {on: …}`."),
    ("row_count: {on: train}\n    at_least: 1\n    at_most: 2",
     "10:5: A check has one criterion; 'at_least' and 'at_most' are two."
     " Write `between: [a, b]`."),
    ("row_count: {on: train}\n    at_least: 95%",
     "9:15: at_least must be a number, not '95%'. Write 0.95."),
    ("row_count: {on: train}\n    at_least: '95'",
     "9:15: at_least must be a number, not '95'. Write 95, without quotes."),
    ("row_count: {on: train}\n    at_least: many",
     "9:15: at_least must be a number, not 'many'."),
    ("row_count: {on: train}\n    at_least: true",
     "9:15: at_least must be a number, not true."),
    ("row_count: {on: train}\n    at_least:",
     "9:5: at_least must be a number, not nothing."),
    ("row_count: {on: train}\n    at_least: .inf",
     "9:15: .inf is not a finite number. Leave a bound out where there is none;"
     " write quotes where text is meant."),
    ("row_count: {on: train}\n    between: [1]",
     "9:14: between must be a list of two numbers, not of 1."),
    ("row_count: {on: train}\n    between: [3, 1]",
     "9:14: between must have its lower end first, not 3 before 1. Write [1, 3]."),
    ("row_count: {on: train}\n    equals: {tolerance: 1}",
     "9:13: equals needs the key 'value'."),
    ("row_count: {on: train}\n    equals: {value: 1, tolerance: -1}",
     "9:35: tolerance must be 0 or more, not -1."),
    ("row_count: {on: train}\n    one_of: []",
     "9:13: one_of needs at least one number."),
    ("row_count: {on: train}\n    one_of: [1, x]",
     "9:17: each item of one_of must be a number, not 'x'."),
    ("mean: {on: train, column: age}\n    no_worse_than: main",
     "9:20: no_worse_than must be a mapping, not 'main'."),
    ("classification.recall: {on: model, data: test}\n    no_worse_than: {basline: main}",
     "9:20: no_worse_than needs the key 'baseline'. It is the name or id of a stored run.\n"
     "s.yaml:9:21: no_worse_than has no key 'basline'. Did you mean 'baseline'?"),
    ("row_count: {on: train}\n    at_least: 1\n    severity: fatal",
     "10:15: severity must be one of block, warn, info, not 'fatal'."),
    ("row_count: {on: train}\n    at_least: 1\n    id: ../x",
     "10:9: An id must not hold an empty part, '.' or '..' between slashes."),
    ("row_count: {on: train}\n    at_least: 1\n    id: \"a\\nb\"",
     "10:9: An id must not hold control characters."),
    ("row_count: {on: train}\n    at_least: 1\n    description: ''",
     "10:18: description must not be empty."),
    ("drift: {on: train, against: test, column: age, weights: fee}",
     "8:52: 'weights' is not a parameter of drift. Rows have no weights: each counts once."),
    ("drift: {on: train, against: test, column: age}\n    weights: fee",
     "9:5: 'weights' is neither a metric nor a key of a check. Rows have no weights: each counts"
     " once."),
    ("[1]", "8:5: A check must be a mapping, not a list."),
]  # fmt: skip


@pytest.mark.parametrize(("check", "message"), CHECKS, ids=[c[0][:50] for c in CHECKS])
def test_what_is_said_about_a_check(wrong: Wrong, check: str, message: str) -> None:
    assert wrong(f"seed: 1\nchecks:\n  - {check}\n") == f"s.yaml:{message}"


SUITES = [
    ("3", "1:1: The suite must be a mapping, not 3."),
    ("suite: s\nsubjets: {}\n",
     "1:1: The suite has no 'subjects'. Add `subjects:`.\n"
     "s.yaml:1:1: The suite has no 'checks'. Add `checks:`.\n"
     "s.yaml:2:1: The suite has no key 'subjets'. Did you mean 'subjects'?"),
    ("suite: 3\nsubjects: {t: {table: train.csv}}\nchecks: [{row_count: {on: t}, at_least: 1}]",
     "1:8: suite must be text, not 3. Put it in quotes."),
    ("suite: s\nsubjects: {}\nchecks: []",
     "2:11: subjects must name at least one table or model.\n"
     "s.yaml:3:9: checks must list at least one check."),
    ("suite: s\nsubjects: {t: {table: train.cvs}}\nchecks: [{row_count: {on: t}, at_least: 1}]",
     "2:23: There is no file 'train.cvs' for this table. Did you mean 'train.csv'?"),
    ("suite: s\nsubjects: {t: {tabel: train.csv}}\nchecks: [{row_count: {on: t}, at_least: 1}]",
     "2:15: The subject 't' must have one of the keys 'table', 'query', 'model', 'llm',"
     " 'answers' and 'samples'. For example {table: data/train.parquet}."),
    ("suite: s\nsubjects: {t: {table: train.csv, untit: id}}\n"
     "checks: [{row_count: {on: t}, at_least: 1}]",
     "2:34: The subject 't' has no key 'untit'. Did you mean 'unit'?"),
    ("suite: s\nsubjects: {t: {table: train.csv, weights: fee}}\n"
     "checks: [{row_count: {on: t}, at_least: 1}]",
     "2:34: The subject 't' has no key 'weights'. Rows have no weights: each counts once."),
    ("suite: s\nsubjects: {a/b: {table: train.csv}}\n"
     "checks: [{row_count: {on: a/b}, at_least: 1}]",
     "2:12: The name of a subject must be letters, digits, '_', '-' and single dots, at most 60 of"
     " them; not 'a/b'."),
    ("suite: s\nsubjects: {m: {model: m.skops, task: binry, positive: [1], batch_size: 0}}\n"
     "checks: [{model.size: {on: m}, at_most: 1}]",
     "2:15: The subject 'm' needs the key 'target'.\n"
     "s.yaml:2:38: task must be one of binary, multiclass, regression, not 'binry'."
     " Did you mean 'binary'?\n"
     "s.yaml:2:55: positive must be a label, not a list.\n"
     "s.yaml:2:72: batch_size must be 1 or more, not 0."),
    ("suite: s\nsubjects: {m: {model: m.skops, task: regression, target: y, positive: 1}}\n"
     "checks: [{model.size: {on: m}, at_most: 1}]",
     "2:71: positive is for binary models; this one's task is regression."),
    ("suite: s\nsubjects: {m: {model: 'python:os', task: regression, target: y}}\n"
     "checks: [{model.size: {on: m}, at_most: 1}]",
     "2:23: a model in Python must be written python:module:attribute, not 'python:os'."),
    ("suite: s\nsubjects: {t: {table: {sqlite: x.db, table: t, query: q}}}\n"
     "checks: [{row_count: {on: t}, at_least: 1}]",
     "2:23: A table in sqlite needs either `table` or `query`."),
    ("suite: s\nsubjects: {t: {table: train.csv}}\ngate: {inconclusive: blok, false_alarm: 5%}\n"
     "checks: [{row_count: {on: t}, at_least: 1}]",
     "3:22: inconclusive must be one of block, warn, pass, draw_more, not 'blok'. "
     "Did you mean 'block'?\n"
     "s.yaml:3:41: false_alarm must be a number, not '5%'. Write 0.05."),
    ("suite: s\nsubjects: {t: {table: train.csv}}\ngate: {false_alarm: 1e-300}\n"
     "checks: [{row_count: {on: t}, at_least: 1}]",
     "3:21: false_alarm must be between 0 and 1, both excluded, not 1e-300."),
    ("suite: s\nsubjects: {t: {table: train.csv}}\ngate: {false_alarm: 1}\nseed: -1\n"
     "checks: [{row_count: {on: t}, at_least: 1}]",
     "3:21: false_alarm must be between 0 and 1, both excluded, not 1.\n"
     "s.yaml:4:7: seed must be 0 or more, not -1."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), SUITES)
def test_what_is_said_about_a_suite(wrong: Wrong, text: str, message: str) -> None:
    assert wrong(text, head="") == f"s.yaml:{message}"


def test_defaults_are_checked_used_or_not(wrong: Wrong) -> None:
    text = """\
defaults:
  severity: wrn
  on: trian
  id: x
  parameters:
    drift: {methd: psi, bins: 1}
    qantile: {}
    quantile: {q: 0.5}
checks:
  - completeness: {on: train, column: age}
    severity: warn
"""
    assert wrong(text).splitlines() == [
        "s.yaml:7:13: severity must be one of block, warn, info, not 'wrn'. Did you mean 'warn'?",
        "s.yaml:8:7: The suite has no subject 'trian'. Did you mean 'train'?",
        "s.yaml:9:3: defaults has no key 'id'. Known: on, data, against, by, min_slice, where,"
        " severity, claim, family, parameters.",
        "s.yaml:11:13: 'methd' is not a parameter of drift. Did you mean 'method'?",
        "s.yaml:11:31: drift: bins must be a whole number >= 2, not 1.",
        "s.yaml:12:5: There is no metric 'qantile'. Did you mean 'quantile'?"
        " `assay list` names them all.",
        "s.yaml:13:16: 'q' is stated in each check, not under defaults.",
    ]


def test_a_default_subject_of_the_other_kind_is_named_at_the_check(wrong: Wrong) -> None:
    text = "defaults: {on: model}\nchecks:\n  - completeness: {column: age}\n"
    assert wrong(text) == (
        "s.yaml:8:5: on must be a table, and 'model' is a model: completeness measures a table."
    )


def test_all_errors_come_at_once_in_the_order_of_the_file(wrong: Wrong, folder: Path) -> None:
    text = "seed: x\nchecks:\n  - completness: {on: train}\n  - drift: {on: tset}\n    at_most: 1\n"
    places = [line.split(": ")[0] for line in wrong(text).splitlines()]
    assert places == ["s.yaml:6:7", "s.yaml:8:5", "s.yaml:9:5", "s.yaml:9:17"]
    with pytest.raises(SuiteErrors) as caught:
        loads("a: 1", file="s.yaml", folder=str(folder))
    assert len(caught.value.errors) == 4
    assert all(type(error) is SuiteError for error in caught.value.errors)
    assert caught.value.location == Location("s.yaml", 1, 1)


def test_very_many_errors_are_cut_off(wrong: Wrong) -> None:
    lines = wrong("checks:\n" + "  - nothing: {}\n" * 200).splitlines()
    assert len(lines) == SuiteErrors.SHOWN + 1
    assert lines[-1] == "… and 150 more errors"


def test_one_id_twice(wrong: Wrong) -> None:
    check = "  - row_count: {on: train}\n    at_least: 1\n    id: rows\n"
    assert wrong("checks:\n" + check * 2) == (
        "s.yaml:10:5: The check in s.yaml:7:5 has the same id."
    )


def test_an_alias_to_a_faulty_check_is_one_error(wrong: Wrong) -> None:
    assert wrong("checks:\n  - &a {nothing: {}}\n  - *a\n").count("\n") == 0


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"There is no suite file .*assay init") as caught:
        load(tmp_path / "no.yaml")
    assert caught.value.location is None
    with pytest.raises(SuiteError, match="cannot be read: Is a directory"):
        load(tmp_path)
    with pytest.raises(SuiteError, match="cannot be read"):
        load("a\0b")


_items = st.recursive(
    st.sampled_from(
        ["train", "model", "test", "age", "completeness", "drift", "classification.recall", "95%",
         "at_least", "on", "*", "", "python:a:b", "data-quality", "${HOME}", "$table"]
    )
    | st.none() | st.booleans() | st.integers(-2, 10**12)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["suite", "subjects", "checks", "gate", "defaults", "on", "data", "against", "by",
             "column", "columns", "completeness", "drift", "quantile", "in_set", "matches_schema",
             "references", "classification.recall", "at_least", "between", "equals", "one_of",
             "no_worse_than", "preset", "with", "override", "skip", "severity", "id", "table",
             "model", "task", "values", "fields", "q", "parameters", "rows", "drift", "baseline"]
        ),
        inner, max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(checks=st.lists(_items, max_size=3), defaults=_items, subject=_items)
def test_no_suite_of_any_shape_gives_anything_but_a_suite_error(
    folder: Path, checks: object, defaults: object, subject: object
) -> None:
    import json

    text = json.dumps(
        {
            "suite": "s",
            "subjects": {"train": {"table": "train.csv"}, "model": subject},
            "defaults": defaults,
            "checks": checks,
        },
        ensure_ascii=False,
    )
    found: tuple[SuiteError, ...] = ()
    try:
        loads(text, folder=str(folder))
    except SuiteErrors as errors:
        found = errors.errors
    except SuiteError as error:
        found = (error,)
    assert all(error.location is not None and error.location.line == 1 for error in found)
