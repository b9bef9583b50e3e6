"""What a prediction costs, as a suite states it."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

import assay
from assay.core.check import ModelSpec
from assay.core.errors import SuiteError
from assay.suite.load import load
from assay.suite.schema import json_schema

SUITE = """
suite: s
subjects:
  t: {{table: t.csv}}
  m: {{model: m.skops, task: binary, target: y, {costs}}}
checks:
  - classification.accuracy: {{on: m, data: t}}
    at_least: 0.8
"""


@pytest.fixture
def written(tmp_path: Path):
    (tmp_path / "t.csv").write_text("y\n1\n")

    def write(costs: str) -> Path:
        path = tmp_path / "suite.yaml"
        path.write_text(SUITE.format(costs=costs))
        return path

    return write


def test_costs_are_read(written):
    model = load(written("cost_per_row: 0.0001, cost_per_call: 2")).subjects["m"]
    assert isinstance(model, ModelSpec)
    assert (model.cost_per_row, model.cost_per_call) == (0.0001, 2.0)


def test_without_costs_there_are_none(written):
    model = load(written("batch_size: 5")).subjects["m"]
    assert isinstance(model, ModelSpec)
    assert (model.cost_per_row, model.cost_per_call) == (None, None)


@pytest.mark.parametrize("value", ["-1", "much", "'0.1'", "true", "null"])
def test_a_cost_that_is_none(written, value):
    with pytest.raises(SuiteError, match=r"suite\.yaml:5:\d+: cost_per_row must be"):
        load(written(f"cost_per_row: {value}"))


@pytest.mark.parametrize(("cost", "good"), [(0, True), (0.5, True), (-1, False), ("1", False)])
def test_the_schema_says_the_same(cost, good):
    model = {"model": "m.skops", "task": "binary", "target": "y", "cost_per_call": cost}
    suite = {
        "suite": "s",
        "subjects": {"t": {"table": "t.csv"}, "m": model},
        "checks": [{"classification.accuracy": {"on": "m", "data": "t"}, "at_least": 0.8}],
    }
    assert jsonschema.Draft202012Validator(json_schema()).is_valid(suite) is good


def test_costs_in_python():
    spec = assay.model(lambda frame: frame, task="binary", target="y", cost_per_row=0.5)
    assert spec.cost_per_row == 0.5
    with pytest.raises(SuiteError, match="0 or more"):
        assay.model(lambda frame: frame, task="binary", target="y", cost_per_call=-1)
