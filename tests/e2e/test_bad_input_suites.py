"""Suite files that are wrong: where, what was expected, what to do; and nothing is judged."""

from __future__ import annotations

import numpy as np
import pytest

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
HEAD = "suite: t\nsubjects:\n  d: {table: d.parquet}\nchecks:\n"
COUNT = "  - row_count: {on: d}\n    at_least: 1\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["suite.yaml:1:1", "empty"]),
        (BOMB, ["more than 100,000 values", "aliases written out"]),
        ("suite: t\nsubjects: &a {d: *a}\n", ["suite.yaml:2:18", "inside its own anchor: a loop"]),
        ("suite: t\nsuite: u\n", ["suite.yaml:2:1", "'suite' is given twice", "in line 1"]),
        ("suite: t\nsubjects:\n\td: 1\n", ["suite.yaml:3:1", "A tab", "by spaces"]),
        ("suite: [t]\nsubjects: 3\nchecks: {}\n",
         ["1:8: suite must be text, not a list", "2:11: subjects must be a mapping, not 3",
          "3:9: checks must be a list, not a mapping"]),
        ("- a\n", ["suite.yaml:1:1", "must be a mapping, not a list"]),
        ("suite: !!python/object/apply:os.system ['touch ../opened']\n", ["1:8", "not allowed"]),
        ("suite: " + "[" * 100 + "]" * 100, ["nested more than 40 deep"]),
        ("suite: \x01\n", ["U+0001 is not allowed"]),
        ("suite: t\nsubjects: {}\nchecks: []\n", ["subjects must name at least one"]),
        (HEAD + "  []\n", ["checks must list at least one check"]),
    ],
)  # fmt: skip
def test_yaml_that_is_no_suite(project, text, words):
    project.write("d.parquet", {"a": [1.0]})
    project.run(text).refused(*words)


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ("row_cout: {on: d}", ["5:5", "no metric 'row_cout'", "Did you mean 'row_count'?"]),
        ("roc_auc: {on: d}", ["5:5", "Did you mean 'classification.roc_auc'?"]),
        ("row_count: {onn: d}", ["5:17", "onn", "Did you mean 'on'?"]),
        ("row_count: {on: dd}", ["5:21", "no subject 'dd'", "Did you mean 'd'?"]),
        ("mean: {on: d}", ["needs the parameter 'column'"]),
        ("quantile: {on: d, column: a, q: 2}", ["5:37", "q must be a number <= 1.0, not 2"]),
        ("in_range: {on: d, column: a, lower: 5, upper: 1}", ["no value lies between 5 and 1"]),
        ("matches: {on: d, column: a, pattern: '(a+'}", ["'(' is never closed"]),
        ("matches: {on: d, column: a, pattern: '(a)\\1'}", ["backreference", "RE2"]),
        ("satisfies: {on: d, predicate: ''}", ["predicate is empty"]),
        ("classification.roc_auc: {on: d, data: d}", ["'d' is a table", "measures a model"]),
        ("drift: {on: d, column: a}", ["against"]),
    ],
)
def test_a_check_that_cannot_be_meant(project, check, words):
    project.write("d.parquet", {"a": [1.0]})
    text = f"{HEAD}  - {check}\n    at_least: 0\n"
    project.run(text).refused("suite.yaml:5:", *words)


@pytest.mark.parametrize(
    ("criterion", "words"),
    [
        ("at_least: lots", ["6:15", "must be a number, not 'lots'"]),
        ("at_least: '0.9'", ["6:15", "Write 0.9, without quotes"]),
        ("at_least: 90%", ["6:15", "Write 0.9"]),
        ("at_least: .nan", ["6:15", "not a finite number"]),
        ("at_least: 99999999999999999999999", ["6:15", "more than 64 bits"]),
        ("at_least: [1]", ["6:15", "must be a number, not a list"]),
        ("between: [2, 1]", ["lower end first", "Write [1, 2]"]),
        ("between: 1", ["must be a list"]),
        ("atleast: 1", ["'atleast' is neither", "Did you mean 'at_least'?"]),
        ("at_least: 1\n    at_most: 2", ["one criterion", "between: [a, b]"]),
        ("no_worse_than: {baseline: main}", ["neither direction", "Use `between` or `equals`"]),
        ("severity: bad", ["6:15", "one of block, warn, info"]),
        ("description: x", ["no criterion of its own", "severity: info"]),
    ],
)
def test_a_criterion_that_does_not_fit(project, criterion, words):
    project.write("d.parquet", {"a": [1.0]})
    text = f"{HEAD}  - mean: {{on: d, column: a}}\n    {criterion}\n"
    project.run(text).refused("suite.yaml:", *words)


def test_every_error_of_a_suite_is_told_at_once(project):
    project.write("d.parquet", {"a": [1.0]})
    text = HEAD + "  - men: {on: d}\n    at_least: 0\n  - mean: {on: e}\n    at_least: x\n"
    answer = project.run(text)
    answer.refused("5:5", "7:16", "8:15")
    assert len(answer.err.strip().splitlines()) >= 3


def test_a_suite_that_is_not_there_or_no_file(project):
    project.assay("run", "suite.yaml").refused("no suite file 'suite.yaml'", "assay init")
    (project.folder / "folder").mkdir()
    project.assay("run", "folder").refused("'folder' cannot be read", "Is a directory")


def test_a_variable_that_is_not_set(project, monkeypatch):
    monkeypatch.delenv("WHERE", raising=False)
    text = HEAD.replace("d.parquet", '"${WHERE}.parquet"') + COUNT
    project.run(text).refused("suite.yaml:3:", "WHERE is not set", "${WHERE:-a default}")


def test_a_byte_order_mark_and_line_ends_of_windows_are_no_error(project):
    project.write("d.parquet", {"a": np.arange(3.0)})
    project.write("suite.yaml", ("\ufeff" + HEAD + COUNT).replace("\n", "\r\n").encode())
    assert project.assay("run", "suite.yaml").code == 0


def test_the_same_check_twice_is_an_error_of_the_second(project):
    project.write("d.parquet", {"a": [1.0]})
    answer = project.run(HEAD + COUNT + COUNT)
    assert answer.code == 1
    assert answer.verdicts["d/row_count"] == "pass"
    answer.judged("d/row_count#2", "error", "just like this one", "`id:`")


def test_a_baseline_that_nobody_has_stored(project):
    project.write("d.parquet", {"a": [1.0]})
    text = HEAD + COUNT + "  - completeness: {on: d, column: a}\n    no_worse_than: {baseline: b}\n"
    answer = project.run(text)
    assert answer.code == 1
    assert answer.verdicts["d/row_count"] == "pass"
    answer.judged("d/completeness/a", "error", "no run 'b'", "assay list runs")
