"""The run document, its schema and its page in the reference agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
from tests.report.example_run import example_run

from assay.core.result import SCHEMA, from_json, to_json
from assay.report.json_schema import run_schema

if TYPE_CHECKING:
    from assay.core.result import Run

PAGE = Path(__file__).parents[2] / "docs/reference/run-json.md"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = run_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture(scope="module")
def document(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(to_json(run))
    return found


def test_real_documents_are_valid(
    validator: jsonschema.Draft202012Validator, document: dict[str, Any], earlier: Run
) -> None:
    validator.validate(document)
    validator.validate(json.loads(to_json(earlier)))
    validator.validate(json.loads(to_json(example_run([]))))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("decision"),
        lambda d: d.update(decision="maybe"),
        lambda d: d.update(schema="assay.run/2"),
        lambda d: d["results"][0].pop("reason"),
        lambda d: d["results"][0].update(verdict="passed"),
        lambda d: d["results"][2]["measurements"][0].update(value="high"),
        lambda d: d["results"][2]["evidence"][0].update(kind="script"),
        lambda d: d["run"].update(exit_code="1"),
    ],
)
def test_other_documents_are_not(
    validator: jsonschema.Draft202012Validator, document: dict[str, Any], change: Any
) -> None:
    broken = json.loads(json.dumps(document))
    change(broken)
    assert not validator.is_valid(broken)


def test_what_is_added_later_is_let_pass(
    validator: jsonschema.Draft202012Validator, document: dict[str, Any]
) -> None:
    later = {**document, "new": 1, "results": [{**r, "new": 1} for r in document["results"]]}
    validator.validate(later)
    assert from_json(json.dumps(later)) == from_json(json.dumps(document))


def test_version_and_shape() -> None:
    schema = run_schema()
    run = schema["$defs"]["Run"]
    assert run["properties"]["schema"] == {"const": SCHEMA}
    assert set(run["required"]) == {
        "schema", "run", "suite", "decision", "started", "duration_s", "environment", "subjects",
        "results",
    }  # fmt: skip
    assert {
        "id", "metric", "params", "severity", "verdict", "reason", "criterion", "measurements",
        "evidence",
    } <= set(schema["$defs"]["Result"]["required"])  # fmt: skip
    assert set(schema["$defs"]["Measurement"]["properties"]) == {
        "key", "value", "low", "high", "level", "method", "n", "unit",
    }  # fmt: skip


def test_the_page_names_every_field_and_its_example_is_valid(
    validator: jsonschema.Draft202012Validator,
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, definition in run_schema()["$defs"].items():
        for field in definition.get("properties", {}):
            assert f"`{field}`" in page, f"{name}.{field} is not in {PAGE.name}"
    example = page.split("```json\n")[1].split("```")[0]
    validator.validate(json.loads(example))
    assert msgspec.json.decode(example.encode(), type=type(example_run([]))).schema == SCHEMA
