"""Answers held to a JSON Schema, against the library; and where the schema comes from."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from assay.collect.score_manifest import scorer_digest
from assay.core.binding import bind
from assay.core.collection import Scores
from assay.core.errors import SubjectError, SuiteError
from assay.metrics import find
from assay.scorers.json_schema import ValidJson
from tests.scorers.asked import one

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "pattern": "^[A-Z]"},
        "people": {"type": "integer", "minimum": 1},
        "near": {"type": "array", "items": {"$ref": "#/$defs/name"}, "maxItems": 3},
    },
    "required": ["city"],
    "additionalProperties": False,
    "$defs": {"name": {"type": "string"}},
}
ANSWERS = {
    '{"city": "Rome"}': "",
    '{"city": "Rome", "people": 3, "near": ["Ostia"]}': "",
    '{"people": 3}': "'city' is a required property",
    '{"city": "rome"}': "'rome' does not match '^[A-Z]', at $.city",
    '{"city": "Rome", "people": 0}': "0 is less than the minimum of 1, at $.people",
    '{"city": "Rome", "near": ["Ostia", 3]}': "3 is not of type 'string', at $.near[1]",
    '{"city": "Rome", "more": 1}': "there must be no other properties: 'more'",
    '"Rome"': "'Rome' is not of type 'object'",
}


@pytest.mark.parametrize(("text", "reason"), ANSWERS.items())
def test_it_says_what_the_library_says_and_where(text: str, reason: str) -> None:
    found = one(ValidJson(schema=SCHEMA), text)
    assert found.value == float(jsonschema.Draft202012Validator(SCHEMA).is_valid(json.loads(text)))
    assert found.reason == reason


@pytest.mark.parametrize("text", ["", "Sure! {}", "NaN", "[" * 100_000, "{'city': 'Rome'}"])
def test_what_is_no_json_is_not_valid(text: str) -> None:
    found = one(ValidJson(schema=SCHEMA), text)
    assert found.value == 0
    assert "JSON" in found.reason or "deeply" in found.reason
    assert len(found.reason) < 300


def test_json_in_a_fence() -> None:
    text = '```json\n{"city": "Rome"}\n```'
    assert one(ValidJson(schema=SCHEMA), text).value == 0
    assert one(ValidJson(schema=SCHEMA, fenced=True), text).value == 1
    assert one(ValidJson(schema=SCHEMA, fenced=True), '{"city": "Rome"}').value == 1
    assert one(ValidJson(schema=SCHEMA, fenced=True), f"Here: {text}").value == 0


def test_a_schema_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "city.json").write_text(json.dumps(SCHEMA))
    asked = ValidJson(schema="city.json")
    ready = asked.opened(str(tmp_path), allow_code=False)
    assert one(ready, '{"city": "Rome"}').value == 1
    assert one(ready, "{}").value == 0
    # what the file holds decides the scores, so it is among the parameters that are hashed
    assert ready.parameters()["schema"] == SCHEMA


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        ("{", "is not JSON"),
        ("[]", "no JSON object"),
        ('{"type": "thing"}', "the schema cannot be used"),
        ('{"$ref": "https://example.com/s.json"}', "nothing is fetched"),
        ('{"pattern": "(?=x)"}', "lookaround"),
    ],
)
def test_a_file_that_is_no_schema(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "s.json").write_text(content)
    with pytest.raises(SubjectError, match=said):
        ValidJson(schema="s.json").opened(str(tmp_path), allow_code=False)


def test_a_schema_that_cannot_be_used_is_refused_with_the_suite() -> None:
    for schema in ({"type": "thing"}, {"$ref": "https://example.com/s.json"}):
        with pytest.raises(SuiteError, match="the schema cannot be used"):
            bind(find("llm.json_schema"), {"schema": schema})


def test_two_checks_of_one_schema_want_the_same_scores() -> None:
    metric = find("llm.json_schema")
    one_way, other_way = ({"a": 1, "b": [1]}, {"b": [1], "a": 1})
    wanted = [
        bind(metric, {"schema": {"enum": [value]}}).collection() for value in (one_way, other_way)
    ]
    assert len(set(wanted)) == 1
    assert wanted[0] != bind(metric, {"schema": {"enum": [2]}}).collection()


def test_scores_are_known_by_the_schema_however_it_is_written(tmp_path: Path) -> None:
    turned = dict(reversed(SCHEMA.items()))
    (tmp_path / "city.json").write_text(json.dumps(turned))
    read = ValidJson(schema="city.json").opened(str(tmp_path), allow_code=False)
    written = bind(find("llm.json_schema"), {"schema": SCHEMA}).collection()
    assert isinstance(written, Scores)
    assert scorer_digest(read) == scorer_digest(ValidJson(**dict(written.params)))


def test_a_pattern_takes_linear_time() -> None:
    begun = time.process_time()
    bad = json.dumps("a" * 50_000 + "b")
    assert one(ValidJson(schema={"pattern": "^(a+)+$"}), bad).value == 0
    assert time.process_time() - begun < 5
