"""The JSON Schema: valid itself, and of one mind with the loader about the shape of a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tests.suite.test_presets import GIVEN

from assay.core.binding import bind
from assay.core.collection import OfLanguage
from assay.core.errors import SuiteError
from assay.metrics import load_all
from assay.suite.load import loads
from assay.suite.nodes import plain
from assay.suite.presets import presets
from assay.suite.schema import ID, json_schema
from assay.suite.yaml import parse

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = json_schema()
HEAD = """\
suite: demo
subjects:
  train: {table: train.csv}
  test: {table: test.csv, unit: id}
  model: {model: m.skops, task: binary, target: deny, positive: "yes"}
"""


def valid(text: str) -> bool:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return validator.is_valid(plain(parse(text, file="s.yaml")))


def loaded(text: str, folder: Path) -> bool:
    try:
        loads(text, folder=str(folder))
    except SuiteError:
        return False
    return True


def test_it_is_a_schema_of_draft_2020_12_and_plain_json() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == json.loads(json.dumps(json_schema()))
    assert SCHEMA["$id"] == ID == "urn:assay:suite:1"


def test_it_knows_every_metric_with_its_parameters() -> None:
    for name, cls in load_all().items():
        assert {"$ref": f"#/$defs/metric.{name}"} == SCHEMA["$defs"]["check"]["properties"][name]
        shape = SCHEMA["$defs"][f"metric.{name}"]
        assert shape["description"].startswith((cls.__doc__ or "").strip().split("\n")[0])
        assert set(cls.example) <= set(shape["properties"])
    drift = SCHEMA["$defs"]["metric.drift"]["properties"]
    assert "psi" in drift["method"]["enum"]
    assert drift["method"]["default"] == "auto"
    assert drift["bins"]["default"] == 10
    assert drift["bins"]["minimum"] == 2


@pytest.mark.parametrize("name", sorted(load_all()))
def test_both_accept_the_example_of_every_metric(name: str, folder: Path) -> None:
    cls = load_all()[name]
    shape = SCHEMA["$defs"][f"metric.{name}"]["properties"]
    subjects = {"on": "model" if "data" in shape or name.startswith("model.") else "train"}
    subjects |= {"data": "test"} if "data" in shape else {}
    subjects |= {"against": "test"} if "against" in shape else {}
    head = HEAD
    if isinstance(bind(cls, cls.example).collection(), OfLanguage):
        subjects = {"on": "bot", "data": "qa"}
        for model in ("bot", "grader", "other"):
            head += f'  {model}: {{llm: "http://127.0.0.1/v1", model: m}}\n'
        head += "  qa: {samples: qa.jsonl}\n"
        (folder / "qa.jsonl").write_text('{"input": "x"}\n')
    body = json.dumps({**subjects, **cls.example}, default=list)
    text = f"{head}checks: [{{{name}: {body}, at_least: 0.5}}]"
    assert valid(text)
    loads(text, folder=str(folder))


@pytest.mark.parametrize("name", sorted(presets()))
def test_both_accept_every_preset(name: str, folder: Path) -> None:
    given = ", ".join(
        f"{key}: {'model' if key == 'model' else GIVEN[parameter.kind]}"
        for key, parameter in presets()[name].parameters.items()
    )
    text = f"{HEAD}checks: [{{preset: {name}, with: {{{given}}}}}]"
    assert valid(text)
    loads(text, folder=str(folder))


GOOD = [
    "checks: [{row_count: {on: train}, at_least: 1}]",
    "checks: [{row_count: {on: train}, severity: info, id: rows, description: d, family: f}]",
    "checks: [{completeness: {on: train, columns: [a, 'b*']}}]",
    "checks: [{completeness: {on: train, column: a, by: [a, [a, b]], min_slice: 5, where: a > 1}}]",
    "checks: [{drift: {on: train, against: test}, at_most: 0.1}]",
    "checks: [{drift: {on: train, against: test, method: psi, columns: [a]}, at_most: 1}]",
    "checks: [{in_range: {on: train, column: a, lower: '2024-01-01'}}]",
    "checks: [{matches_schema: {on: train, fields: {a: integer}}}]",
    "checks: [{model.size: {on: model}, between: [1, 2]}]",
    "checks: [{model.size: {on: model}, equals: {value: 1, tolerance: 1}}]",
    "checks: [{model.size: {on: model}, one_of: [1]}]",
    "checks: [{classification.recall: {on: model, data: test},"
    " no_worse_than: {baseline: main, margin: 0.1}}]",
    "gate: {inconclusive: pass, false_alarm: 0.01, correction: none}\nseed: 3\n"
    "checks: [{row_count: {on: train}, equals: 1}]",
    "engine: spark\nchecks: [{row_count: {on: train}, equals: 1, weight: 0.5}]",
    "engine: {spark: {master: 'local[2]'}}\nchecks: [{row_count: {on: train}, equals: 1}]",
    "notify: [{webhook: 'https://a.org', on: [block, pass], timeout: 3, attempts: 2}]\n"
    "checks: [{row_count: {on: train}, equals: 1}]",
    "notify: []\nchecks: [{row_count: {on: train}, equals: 1}]",
    "gate: {}\ndefaults: {}\nchecks: [{row_count: {on: train}, equals: 1}]",
    "defaults: {on: train, severity: warn, by: [a], parameters: {drift: {method: ks}}}\n"
    "checks: [{row_count: , at_least: 1}]",
    "checks: [{preset: data-quality, with: {table: train}, skip: [rows],"
    " override: {completeness: {at_least: 0.5, severity: warn}}}]",
]

BAD = [
    "checks: []",
    "checks: {}",
    "checks: [row_count]",
    "cheks: []\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "seed: -1\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "seed: 1.5\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "engine: duck\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "engine: {}\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "engine: {spark: {}, duckdb: {}}\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "engine: {spark: {threads: 2}}\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "notify: [{webhook: 'https://a.org', secret: abc}]\n"
    "checks: [{row_count: {on: train}, at_least: 1}]",
    "notify: [{webhook: 'https://a.org', on: []}]\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "notify: [{on: [block]}]\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "notify: {webhook: 'https://a.org'}\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "checks: [{row_count: {on: train}, at_least: 1, weight: -1}]",
    "gate: {inconclusive: no}\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "gate: {false_alarm: 1}\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "gate: {alarm: 1}\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "gate:\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "defaults: {id: x}\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "defaults: {parameters: {nothing: {}}}\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "defaults: {parameters: {drift: {methd: 1}}}\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "defaults: {parameters: {drift: {bins: 1}}}\nchecks: [{row_count: {on: train}, at_least: 1}]",
    "defaults: {parameters: {drift: {column: a}}}\nchecks: [{row_count: {on: train}, equals: 1}]",
    "checks: [{rowcount: {on: train}, at_least: 1}]",
    "checks: [{at_least: 1}]",
    "checks: [{row_count: {on: train}, completeness: {on: train, column: a}, at_least: 1}]",
    "checks: [{row_count: {on: train}, at_least: 1, at_most: 2}]",
    "checks: [{row_count: {on: train}, at_least: '1'}]",
    "checks: [{row_count: {on: train}, at_least: true}]",
    "checks: [{row_count: {on: train}, between: [1]}]",
    "checks: [{row_count: {on: train}, between: [1, 2, 3]}]",
    "checks: [{row_count: {on: train}, one_of: []}]",
    "checks: [{row_count: {on: train}, equals: {tolerance: 1}}]",
    "checks: [{row_count: {on: train}, equals: {value: 1, tolerance: -1}}]",
    "checks: [{mean: {on: train, column: a}, no_worse_than: main}]",
    "checks: [{row_count: {on: train}, at_least: 1, severity: bad}]",
    "checks: [{row_count: {on: train}, at_least: 1, claim: bad}]",
    "checks: [{row_count: {on: train}, at_least: 1, severty: warn}]",
    "checks: [{row_count: {on: train}, at_least: 1, id: ''}]",
    "checks: [{row_count: {on: train, x: 1}, at_least: 1}]",
    "checks: [{row_count: {on: 3}, at_least: 1}]",
    "checks: [{row_count: {on: train, by: a}, at_least: 1}]",
    "checks: [{row_count: {on: train, by: [[]]}, at_least: 1}]",
    "checks: [{row_count: {on: train, min_slice: 0}, at_least: 1}]",
    "checks: [{row_count: {on: train, data: test}, at_least: 1}]",
    "checks: [{row_count: {on: train, against: test}, at_least: 1}]",
    "checks: [{model.size: {on: model, data: test}, at_least: 1}]",
    "checks: [{inference.latency: {on: model, data: test, by: [a]}, at_least: 1}]",
    "checks: [{completeness: {on: train}}]",
    "checks: [{completeness: }]",
    "checks: [{completeness: {on: train, column: 3}}]",
    "checks: [{completeness: {on: train, columns: a}}]",
    "checks: [{completeness: {on: train, columns: []}}]",
    "checks: [{completeness: {on: train, column: a, columns: [a]}}]",
    "checks: [{drift: {on: train, against: test, method: x}, at_most: 1}]",
    "checks: [{quantile: {on: train, column: a}, at_most: 1}]",
    "checks: [{quantile: {on: train, column: a, q: 2}, at_most: 1}]",
    "checks: [{uniqueness: {on: train, key: []}}]",
    "checks: [{preset: nothing}]",
    "checks: [{preset: data-quality}]",
    "checks: [{preset: data-quality, with: {table: train, x: 1}}]",
    "checks: [{preset: data-quality, with: {table: train, key: id}}]",
    "checks: [{preset: data-quality, with: {table: train}, skip: [x]}]",
    "checks: [{preset: data-quality, with: {table: train}, override: {x: {}}}]",
    "checks: [{preset: data-quality, with: {table: train}, override: {rows: {at_least: x}}}]",
    "checks: [{preset: data-quality, with: {table: train}, severity: warn}]",
]


@pytest.mark.parametrize("rest", GOOD)
def test_both_accept(rest: str, folder: Path) -> None:
    assert valid(HEAD + rest)
    loads(HEAD + rest, folder=str(folder))


@pytest.mark.parametrize("rest", BAD)
def test_both_refuse(rest: str, folder: Path) -> None:
    assert not valid(HEAD + rest)
    assert not loaded(HEAD + rest, folder)


def _subject(subject: Any) -> str:
    return json.dumps(
        {"suite": "s", "subjects": subject, "checks": [{"row_count": {"on": "t"}, "at_least": 1}]}
    )


T = {"table": "train.csv"}
M = {"model": "m.skops", "task": "binary", "target": "y"}


@pytest.mark.parametrize(
    ("subjects", "good"),
    [
        ({"t": T}, True),
        ({"t": T | {"unit": "id"}}, True),
        ({"t": T, "m": M}, True),
        (
            {"t": T, "m": M | {"positive": 1, "features": ["a"], "trusted": [], "kind": "onnx"}},
            True,
        ),
        ({"t": T, "m.v-2_x": M | {"task": "regression", "batch_size": 1}}, True),
        ({}, False),
        ([], False),
        ({"t": "train.csv"}, False),
        ({"t": {}}, False),
        ({"t": T | {"x": 1}}, False),
        ({"t": T | {"unit": 3}}, False),
        ({"t": {"table": ""}}, False),
        ({"t": {"table": 3}}, False),
        ({"t": {"table": {"sqlite": "x.db"}}}, False),
        ({"t": {"table": {"mysql": "x", "table": "t"}}}, False),
        ({"t": T | M}, False),
        ({"t": T, "a/b": T}, False),
        ({"t": T, "a..b": T}, False),
        ({"t": T, "m": {"model": "m.skops", "task": "binary"}}, False),
        ({"t": T, "m": M | {"task": "ternary"}}, False),
        ({"t": T, "m": M | {"task": "regression", "positive": 1}}, False),
        ({"t": T, "m": M | {"positive": [1]}}, False),
        ({"t": T, "m": M | {"features": []}}, False),
        ({"t": T, "m": M | {"batch_size": 0}}, False),
        ({"t": T, "m": M | {"kind": "pickle"}}, False),
    ],
)
def test_both_say_the_same_of_subjects(subjects: Any, good: bool, folder: Path) -> None:
    text = _subject(subjects)
    assert valid(text) is good
    assert loaded(text, folder) is good
